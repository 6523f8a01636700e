"""The money is given back once the provider says so: what it has only taken on may take days, and may yet fail.

A wait: an event of the provider wakes it, and it asks by itself, so that one that never came is made good. A card's
refund is there at once, and nothing is waited for.
"""

from datetime import timedelta

from orders.models import Refund
from orders.pipeline.engine.context import Context
from orders.pipeline.engine.errors import Refused, Uncertain
from orders.pipeline.engine.graph import Output, Wait
from orders.services import refunding, refunds

DEADLINE = timedelta(days=60)  # a buyer without a card has to name an account first
LOOK = timedelta(hours=6)


def act(ctx: Context) -> Output | Wait:
    refund = Refund.objects.filter(key=refunding.key_of(ctx.run)).select_related("payment__order").first()
    if refund is None:
        return {"amount": 0}
    if refund.state == Refund.State.FAILED:
        raise Refused(f"The money came back: {refund.failure}")
    if refund.is_pending:
        assert refund.provider_ref is not None
        status = refunds.settle(refund, refund.provider_ref, now=ctx.now)
        if status.is_failed:
            raise Refused(f"The money came back: {status.reason}")
        if status.is_pending and ctx.is_past_deadline:
            raise Uncertain(f"The payment service has not said within {DEADLINE.days} days that the money arrived")
        if status.is_pending:
            return Wait(until=ctx.now + DEADLINE, check_at=ctx.now + LOOK)
    return {"amount": refund.amount}
