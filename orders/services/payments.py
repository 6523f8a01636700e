"""What becomes of a payment: one way to open it, one way to apply the provider's answer, under the order's lock.

A webhook, the page the buyer comes back to and a poll only wake the stage that calls these; none of them is believed.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from config.lib.locks import lock_one
from orders.models import Order, Payment, PipelineRun, StageRun
from orders.payments import provider
from orders.payments.base import PaymentStatus, Standing
from orders.pipeline.engine.errors import Uncertain
from orders.pipeline.engine.execute import advance
from orders.pipeline.engine.wake import wake
from orders.services import events

State = Payment.State


class NotPayable(Exception):
    """The order does not wait for a payment any more."""


def current_payment(order: Order) -> Payment | None:
    """The payment that succeeded, else the one that is live."""
    payments = {payment.state: payment for payment in order.payments.order_by("generation")}
    return payments.get(State.SUCCEEDED) or payments.get(State.PENDING) or payments.get(State.CREATED)


@transaction.atomic
def note_opened(payment: Payment, ref: str) -> None:
    """Keep the provider's reference; from now on the buyer can pay, unless another way was chosen meanwhile."""
    lock_one(Order.objects.all(), pk=payment.order_id)
    payment.refresh_from_db()
    if payment.state == State.CREATED:
        payment.move_to(State.PENDING, provider_ref=ref)


@transaction.atomic
def apply_status(payment: Payment, status: PaymentStatus, *, now: datetime) -> Payment:
    """Write what the provider said, as far as it leads forward.

    Applying the same answer twice, or an older one after a newer, changes nothing. What was paid is written down
    whatever it is: whether it is what the order comes to is asked before anything is given for it.
    """
    lock_one(Order.objects.all(), pk=payment.order_id)
    payment = Payment.objects.select_related("order").get(pk=payment.pk)
    if payment.state == State.SUCCEEDED:
        return payment
    if status.standing == Standing.SUCCEEDED:
        _succeed(payment, status, now)
    elif status.standing == Standing.CANCELLED and payment.state != State.CANCELLED:
        payment.move_to(State.CANCELLED)
    elif status.decline_code and status.decline_code != payment.decline_code:
        payment.decline_code = status.decline_code
        payment.save(update_fields=["decline_code"])
        events.record(payment.order, "orders.payment.declined", now=now, code=status.decline_code)
    return payment


def _succeed(payment: Payment, status: PaymentStatus, now: datetime) -> None:
    paid = {"captured": status.amount, "currency": status.currency, "charge_ref": status.charge_ref}
    payment.move_to(State.SUCCEEDED, decline_code="", succeeded_at=now, **paid)
    events.record(payment.order, "orders.payment.succeeded", now=now, payment=payment.pk, amount=status.amount)


def refuse_to_forget(payment: Payment) -> None:
    """Raise `Uncertain` where the provider was paid for an order whose charge is over without it: money without order.

    No run would ever ask again, so the event that told of it stays open until a person has given the money back.
    """
    payment.refresh_from_db()
    stages = StageRun.objects.filter(run__order=payment.order_id, name="charge")
    if payment.state == State.SUCCEEDED or stages.exclude(state=StageRun.State.CANCELLED).exists():
        return
    if provider(payment.provider).status(payment).standing == Standing.SUCCEEDED:
        raise Uncertain(f"Payment {payment.pk} was made after its order was given up: give it back by hand")


def look_again(order: Order, *, now: datetime) -> None:
    """Wake the charge and go through it here and now; the page waits for no worker."""
    run = PipelineRun.objects.filter(order=order, pipeline="purchase").first()
    if run:
        wake(run.pk, "charge", now=now, announce=False)
        advance(run.pk, only="charge", clock=lambda: now)


@dataclass(frozen=True)
class Payable:
    """What a page needs to let the buyer pay: the attempt and the provider's answer about it."""

    payment: Payment
    status: PaymentStatus


def payable(order: Order, *, now: datetime) -> Payable | None:
    """The live attempt as the provider sees it now; None when there is none, or it is no longer live.

    Raises `Transient` when the provider cannot be asked.
    """
    payment = current_payment(order)
    if payment is None or payment.state != State.PENDING:
        return None
    status = provider(payment.provider).status(payment)
    if status.standing == Standing.OPEN:
        return Payable(payment, status)
    look_again(order, now=now)
    return None


def switch_method(order: Order, *, method: str, return_url: str, now: datetime) -> Payment:
    """Pay another way: the live attempt is given up at the provider first, then a new one is opened.

    An attempt that the provider does not give up, since it is working on it, stays the live one and is returned.
    Raises `NotPayable` when the order is paid or has lapsed by then.
    """
    live = current_payment(order)
    if live and live.state == State.PENDING and live.method != method:
        apply_status(live, provider(live.provider).cancel(live), now=now)
    payment = _new_attempt(order, method=method, return_url=return_url, now=now)
    look_again(order, now=now)
    payment.refresh_from_db()
    return payment


@transaction.atomic
def _new_attempt(order: Order, *, method: str, return_url: str, now: datetime) -> Payment:
    order = lock_one(Order.objects.all(), pk=order.pk)
    if order.state != Order.State.PENDING_PAYMENT:
        raise NotPayable(f"{order.number} is {order.get_state_display()}")
    if order.runs.filter(pipeline="cancel", finished_at__isnull=True).exists():
        raise NotPayable(f"{order.number} is being cancelled")
    live = current_payment(order)
    if live and live.state == State.SUCCEEDED:
        raise NotPayable(f"{order.number} is paid")
    if live and (live.method == method or live.state == State.PENDING):
        return live  # one that can be paid ends by the provider's word alone, or the buyer could pay twice
    if live:
        live.move_to(State.CANCELLED)
    return Payment.objects.create(
        order=order,
        generation=order.payments.count() + 1,
        method=method,
        provider=order.payments.latest("generation").provider,
        amount=order.total,
        currency=order.currency,
        return_url=return_url,
        created_at=now,
    )
