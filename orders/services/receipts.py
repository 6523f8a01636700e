"""領収書: issued by the buyer, or by staff for them, as often as it is asked for; all but the first are marked."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import User
from config.lib.locks import lock_one
from orders.models import Order, Payment, ReceiptIssue, TaxDocument
from orders.services import events

Kind = TaxDocument.Kind
PAID = (Order.State.PLACED, Order.State.COMPLETED)
MOST_BY_BUYER = 10
FRESH = timedelta(days=1)  # in which the buyer may fetch the same issue again; after that it is a reissue


class NoReceipt(Exception):
    """The order is not paid, or its whole payment is given back."""


class TooMany(Exception):
    """The buyer has issued it often enough; staff may still."""


class OutOfTurn(Exception):
    """The page was old: that issue is neither there nor the next one."""


class NoAddressee(Exception):
    """The first issue says to whom it is made out, and for what."""


@transaction.atomic
def issue(
    order: Order,
    *,
    sequence: int,
    actor: User,
    now: datetime,
    addressee: str = "",
    honorific: str = ReceiptIssue.Honorific.SAMA,
    proviso: str = "",
) -> ReceiptIssue:
    """Issue the receipt for the `sequence`th time; one that is there already is returned, since a form is sent twice.

    From the second on, addressee, honorific and proviso are those of the first, whatever is given. Raises `NoReceipt`,
    `OutOfTurn`, `TooMany`, `NoAddressee`.
    """
    order = lock_one(Order.objects.all(), pk=order.pk)
    documents = list(TaxDocument.objects.standing().filter(order=order).order_by("pk"))
    document = invoice_of(documents)
    issues = issues_of(order)
    if 1 <= sequence <= len(issues):
        return issues[sequence - 1]
    if document is None or not is_possible(order, documents) or _is_being_cancelled(order):
        raise NoReceipt(f"{order.number} has no receipt")
    if sequence != len(issues) + 1:
        raise OutOfTurn(f"Issue {sequence} of {document.number} is not the next one")
    if actor.pk == order.user_id and len(issues) >= MOST_BY_BUYER:
        raise TooMany(f"{document.number} was issued {len(issues)} times")
    if not issues and not (addressee and proviso):
        raise NoAddressee
    first = issues[0] if issues else ReceiptIssue(addressee=addressee, honorific=honorific, proviso=proviso)
    made = ReceiptIssue.objects.create(
        document=document,
        sequence=sequence,
        addressee=first.addressee,
        honorific=first.honorific,
        proviso=first.proviso,
        method=paid_by(order),
        given_back=_given_back(documents),
        issued_by=actor,
        issued_at=now,
    )
    events.record(order, "orders.receipt.issued", now=now, actor=actor, number=made.number)
    return made


def is_possible(order: Order, documents: Iterable[TaxDocument]) -> bool:
    """Whether a receipt can be issued, from the order's own documents: it is paid, and something of it was kept."""
    documents = list(documents)
    invoice = invoice_of(documents)
    if invoice is None or order.state not in PAID:
        return False
    return sum(one.total for one in documents if one.kind == Kind.CORRECTION) < invoice.total


def issues_of(order: Order) -> list[ReceiptIssue]:
    """Every issue of an order's receipt, the first one first, each with its document and order."""
    rows = ReceiptIssue.objects.filter(document__order=order, document__kind=Kind.SIMPLIFIED_INVOICE)
    return list(rows.select_related("document__order").order_by("sequence"))


def invoice_of(documents: Iterable[TaxDocument]) -> TaxDocument | None:
    """The simplified qualified invoice among the documents of an order."""
    return next((one for one in documents if one.kind == Kind.SIMPLIFIED_INVOICE), None)


def is_fresh(issue: ReceiptIssue, *, now: datetime) -> bool:
    """Whether the buyer may still fetch this very issue: it is the last, and of today."""
    is_last = not ReceiptIssue.objects.filter(document=issue.document_id, sequence__gt=issue.sequence).exists()
    return is_last and now < issue.issued_at + FRESH


def paid_by(order: Order) -> str:
    """How it was paid, as a receipt says it. Cards, also those in a wallet, are the one way to pay that is offered."""
    if not order.payments.filter(state=Payment.State.SUCCEEDED).exists():
        raise NoReceipt(f"{order.number} is not paid")
    return "クレジットカード"


def proviso_for(document: TaxDocument) -> str:
    """What to suggest as the proviso: the one thing that was bought, else a word for all of it."""
    names = [str(line["name"]) for line in document.lines]
    return names[0] + "代" if len(names) == 1 and len(names[0]) < 30 else "お品代"


def _is_being_cancelled(order: Order) -> bool:
    return order.runs.filter(pipeline="cancel", finished_at__isnull=True).exists()


def _given_back(documents: Iterable[TaxDocument]) -> list[dict[str, object]]:
    return [
        {"number": one.number, "issued_at": one.issued_at.isoformat(), "total": one.total}
        for one in documents
        if one.kind == Kind.CORRECTION
    ]
