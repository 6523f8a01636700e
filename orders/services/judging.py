"""What a line of the provider's books and a row of ours say together: nothing, or that they do not agree.

Nothing here asks the provider or writes; each function reads what belongs to a whole page in a fixed number of queries.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from orders.models import Discrepancy, Order, Payment, ProviderEntry, Refund

Kind = Discrepancy.Kind
GIVEN_UP = (Order.State.CANCELLED, Order.State.EXPIRED)


@dataclass(frozen=True)
class Finding:
    """A disagreement about one charge or refund: how much money it is about, and what either side says."""

    kind: str
    about: str
    subject: str
    amount: int
    currency: str
    found: dict[str, Any]
    payment: Payment | None = None
    refund: Refund | None = None


def charges(code: str, lines: Sequence[ProviderEntry]) -> list[Finding]:
    """What is wrong with these charges of provider `code`."""
    ours = _payments_of(code, lines)
    return _only(charge(line, ours.get(line.ref)) for line in lines)


def refunds(code: str, lines: Sequence[ProviderEntry]) -> list[Finding]:
    """What is wrong with these refunds of provider `code`; those of charges that are not ours say nothing."""
    refs, keys = [line.ref for line in lines], [line.key for line in lines if line.key]
    rows = Refund.objects.filter(payment__provider=code).select_related("payment__order")
    known = list(rows.filter(Q(provider_ref__in=refs) | Q(key__in=keys)))
    by_ref = {row.provider_ref: row for row in known}
    by_key = {row.key: row for row in known if row.provider_ref is None}
    paid = Payment.objects.filter(provider=code, charge_ref__in=[line.source for line in lines])
    by_charge = {payment.charge_ref: payment for payment in paid.select_related("order")}
    return _only(
        refund(line, by_ref.get(line.ref) or by_key.get(line.key), by_charge.get(line.source)) for line in lines
    )


def _only(found: Iterable[Finding | None]) -> list[Finding]:
    return [one for one in found if one]


def _payments_of(code: str, lines: Sequence[ProviderEntry]) -> dict[str, Payment]:
    """Our payment by the charge it was made by: the one that holds it, else the one that it names and that fits it."""
    refs, pks = [line.ref for line in lines], [line.payment_pk for line in lines if line.payment_pk]
    opened = [line.source for line in lines if line.source]
    asked = Q(charge_ref__in=refs) | Q(pk__in=pks) | Q(provider_ref__in=opened)
    rows = list(Payment.objects.filter(asked, provider=code).select_related("order").prefetch_related("refunds"))
    by_charge = {row.charge_ref: row for row in rows if row.charge_ref}
    by_pk, by_opened = {row.pk: row for row in rows}, {row.provider_ref: row for row in rows if row.provider_ref}
    found = {}
    for line in lines:
        named = by_opened.get(line.source) or by_pk.get(line.payment_pk or 0)
        if named and line.order_number not in ("", named.order.number):
            named = None  # it names a payment of another house that shares the provider's account
        if ours := by_charge.get(line.ref) or named:
            found[line.ref] = ours
    return found


def charge(line: ProviderEntry, payment: Payment | None) -> Finding | None:
    """What is wrong with one charge and the payment that it belongs to; the payment's refunds are read too."""
    is_ours = payment is not None and payment.state == Payment.State.SUCCEEDED and payment.charge_ref == line.ref
    if line.state != ProviderEntry.State.SUCCEEDED:
        return _charge_finding(Kind.ORDER_WITHOUT_MONEY, line, payment) if is_ours else None
    if payment is None or not is_ours:
        if line.refunded >= line.amount:
            return None
        is_open = payment is not None and payment.state in Payment.LIVE
        if is_open and (line.amount, line.currency) != (payment.amount, payment.currency):  # type: ignore[union-attr]
            return _charge_finding(Kind.OTHER_AMOUNT, line, payment)
        return _charge_finding(Kind.MONEY_WITHOUT_ORDER, line, payment)
    if (line.amount, line.currency) != (payment.captured, payment.currency):
        return _charge_finding(Kind.OTHER_AMOUNT, line, payment)
    is_given_up = payment.order.state in GIVEN_UP
    if is_given_up and not (line.refunded or payment.refunded or payment.refunds.all()):
        return _charge_finding(Kind.MONEY_WITHOUT_ORDER, line, payment)
    return None


def unknown_charge(payment: Payment) -> Finding | None:
    """What is wrong with a payment of ours whose charge the provider does not know."""
    if payment.state != Payment.State.SUCCEEDED:
        return None
    ref = payment.charge_ref or f"payment {payment.pk}"
    found = {"here": _payment_told(payment), "there": None}
    about = ProviderEntry.Kind.CHARGE
    return Finding(Kind.ORDER_WITHOUT_MONEY, about, ref, payment.captured, payment.currency, found, payment=payment)


def refund(line: ProviderEntry, ours: Refund | None, payment: Payment | None) -> Finding | None:
    """What is wrong with one refund of the provider, ours if there is one, and the payment of its charge."""
    has_failed = line.state == ProviderEntry.State.FAILED
    if ours is None:
        is_ours = payment is not None and payment.state == Payment.State.SUCCEEDED
        return _refund_finding(Kind.REFUND_THERE_ONLY, line, None, payment) if is_ours and not has_failed else None
    if has_failed:
        succeeded = ours.state == Refund.State.SUCCEEDED
        return _refund_finding(Kind.REFUND_FAILED_THERE, line, ours, ours.payment) if succeeded else None
    if ours.state != Refund.State.SUCCEEDED:
        return _refund_finding(Kind.REFUND_THERE_ONLY, line, ours, ours.payment)
    if (line.amount, line.currency) != (ours.amount, ours.payment.currency):
        return _refund_finding(Kind.OTHER_AMOUNT, line, ours, ours.payment)
    return None


def unknown_refund(ours: Refund) -> Finding | None:
    """What is wrong with a refund of ours that the provider does not know."""
    if ours.state != Refund.State.SUCCEEDED:
        return None
    found = {"here": _refund_told(ours), "there": None}
    about, ref = ProviderEntry.Kind.REFUND, ours.provider_ref or f"refund {ours.pk}"
    currency = ours.payment.currency
    return Finding(Kind.REFUND_HERE_ONLY, about, ref, ours.amount, currency, found, payment=ours.payment, refund=ours)


def _charge_finding(kind: str, line: ProviderEntry, payment: Payment | None) -> Finding:
    found = {"here": _payment_told(payment) if payment else None, "there": _line_told(line)}
    left = line.amount - line.refunded
    return Finding(kind, line.kind, line.ref, left, line.currency, found, payment=payment)


def _refund_finding(kind: str, line: ProviderEntry, ours: Refund | None, payment: Payment | None) -> Finding:
    found = {"here": _refund_told(ours) if ours else None, "there": _line_told(line)}
    return Finding(kind, line.kind, line.ref, line.amount, line.currency, found, payment=payment, refund=ours)


def _line_told(line: ProviderEntry) -> dict[str, Any]:
    told = {"state": line.state, "amount": line.amount, "currency": line.currency, "refunded": line.refunded}
    return told | {"at": line.happened_at.isoformat(), "order": line.order_number}


def _payment_told(payment: Payment) -> dict[str, Any]:
    told = {"state": payment.state, "amount": payment.captured or payment.amount, "currency": payment.currency}
    return told | {"refunded": payment.refunded, "order": payment.order.number, "order_state": payment.order.state}


def _refund_told(ours: Refund) -> dict[str, Any]:
    return {"state": ours.state, "amount": ours.amount, "key": ours.key, "order": ours.payment.order.number}
