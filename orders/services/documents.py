"""適格簡易請求書: the tax document of an order, made once from the stored lines and never changed."""

from datetime import datetime

from django.conf import settings

from config.lib import tax
from config.lib.locks import lock_one
from orders.models import Order, Refund, RefundLine, TaxDocument, TaxDocumentSummary


def issue_invoice(order: Order, *, now: datetime) -> TaxDocument:
    """The simplified qualified invoice of a paid order; asked twice, it is the same document."""
    return _issue(order, TaxDocument.Kind.SIMPLIFIED_INVOICE, now=now)


def issue_correction(refund: Refund, *, now: datetime) -> TaxDocument:
    """適格返還請求書 for exactly what one refund gives back; its order is locked, since the numbers of one follow."""
    order = lock_one(Order.objects.all(), pk=refund.payment.order_id)
    return _issue(order, TaxDocument.Kind.CORRECTION, now=now, refund=refund)


def _issue(order: Order, kind: str, *, now: datetime, refund: Refund | None = None) -> TaxDocument:
    known = TaxDocument.objects.filter(order=order, kind=kind, refund=refund).first()
    if known:
        return known
    suffix = 2 + order.tax_documents.filter(kind=kind).count() if refund else 1
    document = TaxDocument.objects.create(
        number=f"{order.number}-{suffix}",
        order=order,
        kind=kind,
        refund=refund,
        issuer=settings.INVOICE_ISSUER,
        registration_number=settings.INVOICE_REGISTRATION_NUMBER,
        lines=_lines_of(refund) if refund else _lines(order),
        total=refund.amount if refund else order.total,
        issued_at=now,
    )
    amounts = [(line["rate"], line["amount"]) for line in document.lines]
    TaxDocumentSummary.objects.bulk_create(
        TaxDocumentSummary(document=document, rate=summary.rate, gross=summary.gross, tax=summary.tax)
        for summary in tax.summarise(amounts)
    )
    return document


def _lines(order: Order) -> list[dict[str, object]]:
    lines: list[dict[str, object]] = [
        {
            "name": line.name,
            "name_en": line.name_en,
            "unit_price": line.unit_price,
            "quantity": line.quantity,
            "amount": line.amount,
            "rate": line.tax_rate,
        }
        for line in order.lines.all()
    ]
    return lines + _shipping(order.shipping_fee, order)


def _lines_of(refund: Refund) -> list[dict[str, object]]:
    """What was given back of each line, and of the shipping fee."""
    rows = refund.lines.filter(amount__gte=1).select_related("order_line")
    return [_given_back(row) for row in rows] + _shipping(refund.shipping, refund.payment.order)


def _given_back(row: RefundLine) -> dict[str, object]:
    """A quantity stands for itself where its price is the line's; else it, or the reduction, is part of the name."""
    line, is_plain = row.order_line, row.amount == row.order_line.unit_price * row.quantity
    is_off = row.quantity == 0
    pieces = "" if is_plain or row.quantity < 2 else f" × {row.quantity}"
    return {
        "name": line.name + (" 値引き" if is_off else pieces),
        "name_en": (line.name_en or line.name) + (", price reduction" if is_off else pieces),
        "unit_price": line.unit_price if is_plain else row.amount,
        "quantity": row.quantity if is_plain else 1,
        "amount": row.amount,
        "rate": line.tax_rate,
    }


def _shipping(fee: int, order: Order) -> list[dict[str, object]]:
    if not fee:
        return []
    rate = order.shipping_tax_rate
    return [{"name": "送料", "name_en": "Shipping", "unit_price": fee, "quantity": 1, "amount": fee, "rate": rate}]
