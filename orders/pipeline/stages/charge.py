"""決済処理: the buyer is charged. The pivot: before it the run can only be taken back, after it it goes forward.

Technique `key`: Stripe keeps our key for 24 hours. A forgotten first intent does no harm after that either, since only
the intent whose reference we have written down is ever shown to a buyer, and an intent succeeds once.
"""

from datetime import datetime, timedelta

from orders.models import Payment
from orders.payments import provider
from orders.payments.base import PaymentStatus, Standing
from orders.pipeline.engine.context import Context
from orders.pipeline.engine.errors import Refused
from orders.pipeline.engine.graph import Output, Wait
from orders.services.checkout import payment_deadline
from orders.services.payments import apply_status, current_payment, note_opened

# A lost webhook is made good by asking: after 1, 3, 10, then every 30 minutes.
LOOKS = (timedelta(minutes=1), timedelta(minutes=3), timedelta(minutes=10), timedelta(minutes=30))


def act(ctx: Context) -> Output | Wait:
    """Open the payment, ask where it stands, and wait for the buyer as long as the stock is held."""
    deadline = payment_deadline(ctx.order)
    is_over = ctx.now >= deadline
    payment = current_payment(ctx.order)
    if payment is None:
        return _given_up(ctx, deadline)
    if payment.state == Payment.State.CREATED:
        _open(ctx, payment)
    if payment.state == Payment.State.CANCELLED:  # another way of paying was chosen while this one was opened
        return Wait(until=ctx.now)
    status = _ask(ctx, payment, is_over)
    payment = apply_status(payment, status, now=ctx.now)
    if payment.state == Payment.State.SUCCEEDED:
        return {"payment": payment.pk, "amount": payment.captured, "charge": payment.charge_ref}
    if is_over and payment.state == Payment.State.PENDING:  # the provider works on it: it may still be paid
        return Wait(until=ctx.now + _pause(ctx))
    return _given_up(ctx, deadline)


def _ask(ctx: Context, payment: Payment, is_over: bool) -> PaymentStatus:
    port = provider(payment.provider)
    status = port.status(payment)
    return port.cancel(payment) if is_over and status.standing == Standing.OPEN else status


def _open(ctx: Context, payment: Payment) -> None:
    port = provider(payment.provider)
    answer = ctx.perform(
        receiver=port.code,
        operation=f"open-payment-{payment.generation}",
        request=port.opening_request(payment),
        call=port.open,
    )
    note_opened(payment, answer["id"])


def _given_up(ctx: Context, deadline: datetime) -> Wait:
    """Wait for the buyer, or end it when the time is over."""
    if ctx.now >= deadline:
        raise Refused("The order was not paid in time")
    return Wait(until=deadline, check_at=ctx.now + _pause(ctx))


def _pause(ctx: Context) -> timedelta:
    age = ctx.now - ctx.order.created_at
    return next((look for look in LOOKS if look > age), LOOKS[-1])
