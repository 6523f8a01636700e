"""The cancellation waits until the purchase has undone what it did, but not for what only closes the purchase."""

from datetime import timedelta

from orders.models import Order
from orders.pipeline.engine.context import Context
from orders.pipeline.engine.errors import Uncertain
from orders.pipeline.engine.graph import Output, Wait

DEADLINE = timedelta(days=14)
LOOK = timedelta(hours=1)


def act(ctx: Context) -> Output | Wait:
    if "refused" in ctx.output_of("stop"):
        return {}
    state = Order.objects.values_list("state", flat=True).get(pk=ctx.run.order_id)
    if state in (Order.State.CANCELLED, Order.State.EXPIRED):
        return {"order": state}
    if ctx.is_past_deadline:
        raise Uncertain(f"What the purchase did is not undone after {DEADLINE.days} days")
    return Wait(until=ctx.now + DEADLINE, check_at=ctx.now + LOOK)
