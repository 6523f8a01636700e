"""Tax documents and receipts as PDF, made from their stored rows alone: nothing is computed, nothing looked up.

A document is Japanese, whatever language its reader has chosen: its words are those of the tax law. It states what
the order's page and the mail state, since all of them read the same rows and write money by the same function.
"""

from datetime import datetime
from typing import Any

from django.utils import timezone, translation

from config.lib import typeset
from config.lib.money import yen
from orders.models import ReceiptIssue, TaxDocument
from orders.services.receipts import invoice_of

REDUCED_RATE = 8
MARK = "※"
TITLES = {TaxDocument.Kind.SIMPLIFIED_INVOICE: "適格簡易請求書", TaxDocument.Kind.CORRECTION: "適格返還請求書"}
RECEIPT = "領収書"


def tax_document(document: TaxDocument) -> bytes:
    """適格簡易請求書 or 適格返還請求書 as PDF; the order's documents must belong to it."""
    return typeset.pdf("tax_document", tax_document_data(document), at=document.issued_at)


def receipt(issue: ReceiptIssue) -> bytes:
    """領収書 as PDF; the issue's document must be loaded."""
    return typeset.pdf("receipt", receipt_data(issue), at=issue.issued_at)


def file_name(paper: TaxDocument | ReceiptIssue) -> str:
    title = RECEIPT if isinstance(paper, ReceiptIssue) else TITLES[TaxDocument.Kind(paper.kind)]
    return f"{title}_{paper.number}.pdf"


def tax_document_data(document: TaxDocument) -> dict[str, Any]:
    """What `tax_document.typ` says. A correction names the number and the date of what it corrects."""
    is_correction = document.kind == TaxDocument.Kind.CORRECTION
    invoice = invoice_of(document.order.tax_documents.all()) if is_correction else None
    said = f"{_day(invoice.issued_at)}付の適格簡易請求書 {invoice.number} を訂正するものです。" if invoice else ""
    return _contents(document) | {
        "title": TITLES[TaxDocument.Kind(document.kind)],
        "number": document.number,
        "facts": [
            ["番号", document.number],
            *([["取引日", _day(invoice.issued_at)]] if invoice else []),
            ["返還日" if is_correction else "取引日", _day(document.issued_at)],
            ["注文番号", document.order.number],
        ],
        "total_label": "返還金額（税込）" if is_correction else "お買上げ金額（税込）",
        "said": said,
    }


def receipt_data(issue: ReceiptIssue) -> dict[str, Any]:
    """What `receipt.typ` says: the whole sum that was received, and what of it was given back by then."""
    document = issue.document
    return _contents(document) | {
        "title": RECEIPT,
        "number": issue.number,
        "facts": [
            ["番号", issue.number],
            ["発行日", _day(issue.issued_at)],
            ["注文番号", document.order.number],
            ["適格簡易請求書", document.number],
        ],
        "is_reissue": issue.is_reissue,
        "addressee": issue.addressee,
        "honorific": issue.honorific,
        "proviso": issue.proviso,
        "paid": [["領収日", _day(document.issued_at)], ["お支払方法", issue.method]],
        "given_back": [
            f"このうち {_money(one['total'])}は {_day(datetime.fromisoformat(one['issued_at']))}に返金しました"
            f"（適格返還請求書 {one['number']}）。"
            for one in issue.given_back
        ],
    }


def _contents(document: TaxDocument) -> dict[str, Any]:
    summaries = list(document.summaries.all())
    return {
        "issuer": document.issuer,
        "registration_number": document.registration_number,
        "lines": [_line(line) for line in document.lines],
        "has_reduced": any(one.rate == REDUCED_RATE for one in summaries),
        "summaries": [
            {"rate": f"{_mark(one.rate)} {one.rate}%対象".strip(), "gross": _money(one.gross), "tax": _money(one.tax)}
            for one in summaries
        ],
        "total": _money(document.total),
        "tax": _money(sum(one.tax for one in summaries)),
    }


def _line(line: dict[str, Any]) -> dict[str, str]:
    quantity, unit_price = line.get("quantity"), line.get("unit_price")
    return {
        "name": str(line["name"]),
        "mark": f" {_mark(line['rate'])}" if _mark(line["rate"]) else "",
        "unit_price": _money(unit_price) if unit_price else "",
        "quantity": f"{quantity:,}" if quantity else "",
        "rate": f"{line['rate']}%",
        "amount": _money(line["amount"]),
    }


def _mark(rate: int) -> str:
    return MARK if rate == REDUCED_RATE else ""


def _money(amount: int) -> str:
    with translation.override("ja"):
        return yen(amount)


def _day(moment: datetime) -> str:
    day = timezone.localtime(moment)
    return f"{day.year}年{day.month}月{day.day}日"
