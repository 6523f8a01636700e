"""An order that is cancelled takes no money any more: what the buyer could still pay is given up at the provider.

Technique `reference`: giving up one and the same payment twice is giving it up once. One that was faster counts: the
purchase is told of it, and pays it back when it is taken back.
"""

from datetime import timedelta

from orders.models import Payment
from orders.payments import provider
from orders.pipeline.engine.context import Context
from orders.pipeline.engine.errors import Uncertain
from orders.pipeline.engine.graph import Output, Wait
from orders.services import cancelling, payments
from orders.services.payments import apply_status, current_payment

DEADLINE = timedelta(days=3)
LOOK = timedelta(minutes=1)


def act(ctx: Context) -> Output | Wait:
    cancelling.withdraw_unopened(ctx.order)
    payment = current_payment(ctx.order)
    if payment and payment.state == Payment.State.PENDING:
        payment = apply_status(payment, provider(payment.provider).cancel(payment), now=ctx.now)
    if payment and payment.state == Payment.State.PENDING:  # the provider works on it: it may still be paid
        if ctx.is_past_deadline:
            raise Uncertain("The payment service has not said whether it was paid")
        return Wait(until=ctx.now + DEADLINE, check_at=ctx.now + LOOK)
    if payment is None:
        return {"paid": 0}
    payments.look_again(ctx.order, now=ctx.now)  # the buyer was faster: the purchase is told, and pays it back
    return {"paid": payment.captured}
