"""適格簡易請求書: the tax document of an order, made once from the stored lines and never changed."""

from datetime import datetime

from django.conf import settings

from config.lib import tax
from orders.models import Order, TaxDocument, TaxDocumentSummary


def issue_invoice(order: Order, *, now: datetime) -> TaxDocument:
    """The simplified qualified invoice of a paid order; asked twice, it is the same document."""
    return _issue(order, TaxDocument.Kind.SIMPLIFIED_INVOICE, now=now)


def issue_correction(order: Order, *, now: datetime) -> TaxDocument:
    """適格返還請求書 for an order that was taken back whole."""
    return _issue(order, TaxDocument.Kind.CORRECTION, now=now)


def _issue(order: Order, kind: str, *, now: datetime) -> TaxDocument:
    known = TaxDocument.objects.filter(order=order, kind=kind).first()
    if known:
        return known
    suffix = "1" if kind == TaxDocument.Kind.SIMPLIFIED_INVOICE else "2"
    document = TaxDocument.objects.create(
        number=f"{order.number}-{suffix}",
        order=order,
        kind=kind,
        issuer=settings.INVOICE_ISSUER,
        registration_number=settings.INVOICE_REGISTRATION_NUMBER,
        lines=_lines(order),
        total=order.total,
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
    if order.shipping_fee:
        lines.append(
            {
                "name": "送料",
                "name_en": "Shipping",
                "unit_price": order.shipping_fee,
                "quantity": 1,
                "amount": order.shipping_fee,
                "rate": order.shipping_tax_rate,
            }
        )
    return lines
