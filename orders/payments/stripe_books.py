"""Stripe's objects as lines of its books."""

from datetime import UTC, datetime
from typing import Any

from orders.payments.base import Json
from orders.payments.books import PAGE, Line, ListedCharge, ListedMovement, ListedRefund, Outcome, Page, Period

_CHARGES = {"succeeded": Outcome.SUCCEEDED, "pending": Outcome.PENDING, "failed": Outcome.FAILED}
# `requires_action`: the buyer has to say where the money goes, as after a payment in a shop.
_REFUNDS = {
    "succeeded": Outcome.SUCCEEDED,
    "pending": Outcome.PENDING,
    "requires_action": Outcome.PENDING,
    "failed": Outcome.FAILED,
    "canceled": Outcome.FAILED,
}


def asked(period: Period, after: str, size: int = PAGE) -> Json:
    """The parameters of one page of any list."""
    created = {"gte": int(period.since.timestamp()), "lt": int(period.until.timestamp())}
    return {"created": created, "limit": size} | ({"starting_after": after} if after else {})


def page(lines: list[Line], has_more: bool) -> Page[Line]:
    return Page(tuple(lines), lines[-1].ref if has_more and lines else "")


def charge(found: Any) -> ListedCharge:
    metadata = _metadata(found)
    pk = str(metadata.get("payment", ""))
    return ListedCharge(
        **_line(found),
        outcome=_CHARGES[found.status],
        refunded=found.amount_refunded,
        opened_ref=_ref(found.payment_intent),
        payment_pk=int(pk) if pk.isdecimal() and len(pk) < 19 else None,
        order_number=str(metadata.get("order", "")),
    )


def refund(found: Any) -> ListedRefund:
    return ListedRefund(
        **_line(found),
        outcome=_REFUNDS[found.status],
        charge_ref=_ref(found.charge),
        key=str(_metadata(found).get("key", "")),
    )


def movement(found: Any) -> ListedMovement:
    return ListedMovement(**_line(found), kind=found.type, source=_ref(found.source), fee=found.fee)


def _line(found: Any) -> Json:
    return {
        "ref": found.id,
        "happened_at": datetime.fromtimestamp(found.created, UTC),
        "amount": found.amount,
        "currency": found.currency.upper(),
    }


def _metadata(found: Any) -> Json:
    return found.metadata.to_dict() if found.metadata else {}


def _ref(named: Any) -> str:
    """An id, or the id of an object that stands in its place."""
    return named if isinstance(named, str) else getattr(named, "id", None) or ""
