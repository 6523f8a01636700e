"""What becomes of money that is given back. A refund that succeeded may still fail: the buyer's bank sends it back."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from config.lib.locks import lock_one
from orders.models import Payment, Refund
from orders.payments import provider
from orders.payments.base import RefundStatus
from orders.pipeline.engine.wake import wake
from orders.services import events

State = Refund.State


class NotWritten(Exception):
    """The provider knows a refund whose end has not been written here yet; look again in a moment."""


@transaction.atomic
def note_taken_on(*, pk: int, ref: str, is_pending: bool, now: datetime) -> None:
    """The provider has taken the refund on as `ref`. One that is pending there has not arrived, and may yet fail."""
    if not is_pending:
        note_succeeded(pk=pk, ref=ref, now=now)
        return
    _, refund = _locked(pk)
    if refund.state == State.REQUESTED and refund.provider_ref is None:
        refund.provider_ref = ref
        refund.save(update_fields=["provider_ref"])


@transaction.atomic
def note_succeeded(*, pk: int, ref: str, now: datetime) -> None:
    """The money is given back, as far as the provider can tell; noting it twice counts it once."""
    payment, refund = _locked(pk)
    if refund.state != State.REQUESTED:
        return
    refund.move_to(State.SUCCEEDED, provider_ref=ref)
    payment.refunded += refund.amount
    payment.save(update_fields=["refunded"])
    events.record(payment.order, "orders.refund.succeeded", now=now, is_public=True, amount=refund.amount)


def look_again(*, code: str, ref: str, key: str, now: datetime) -> None:
    """Ask provider `code` what became of its refund `ref`, which it was given under our `key`.

    Raises `NotWritten` where it failed before its success was written; one that is not ours changes nothing.
    """
    ours = Refund.objects.filter(payment__provider=code)
    refund = ours.filter(Q(provider_ref=ref) | Q(key=key, provider_ref=None)).first()
    if refund is None or refund.state in Refund.VOID:
        return
    status = settle(refund, ref, now=now)
    if refund.run_id and not status.is_pending:
        wake(refund.run_id, "await_refund", now=now)


def settle(refund: Refund, ref: str, *, now: datetime) -> RefundStatus:
    """Ask the provider for its refund `ref`, and write what became of it; raises as `look_again` and the port do."""
    status = provider(refund.payment.provider).refund_status(ref)
    if status.is_failed:
        _note_failed(refund.pk, status, now)
    elif refund.is_pending and not status.is_pending:
        note_succeeded(pk=refund.pk, ref=ref, now=now)
    return status


@transaction.atomic
def _note_failed(pk: int, status: RefundStatus, now: datetime) -> None:
    """The money is ours again, and owed: what was given back is less, and staff are shown the refund."""
    payment, refund = _locked(pk)
    if refund.state == State.REQUESTED and refund.provider_ref is None:
        raise NotWritten(f"Refund {refund.key} failed before it was written down as given back")
    if refund.state in Refund.VOID:
        return
    if refund.state == State.SUCCEEDED:
        payment.refunded -= refund.amount
        payment.save(update_fields=["refunded"])
    refund.move_to(State.FAILED, failure=status.reason[:60])
    events.record(payment.order, "orders.refund.failed", now=now, amount=refund.amount, reason=status.reason)


def _locked(pk: int) -> tuple[Payment, Refund]:
    """A refund read under the lock of its payment."""
    payment = lock_one(Payment.objects.select_related("order"), refunds=pk)
    return payment, Refund.objects.get(pk=pk)
