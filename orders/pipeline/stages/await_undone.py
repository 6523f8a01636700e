"""The cancellation waits until the purchase has undone what it did; the end of that wakes it."""

from datetime import timedelta

from orders.models import PipelineRun
from orders.pipeline.engine.context import Context
from orders.pipeline.engine.errors import Uncertain
from orders.pipeline.engine.graph import Output, Wait

DEADLINE = timedelta(days=14)
LOOK = timedelta(hours=1)


def act(ctx: Context) -> Output | Wait:
    if "refused" in ctx.output_of("stop"):
        return {}
    assert ctx.run.parent_id is not None
    purchase = PipelineRun.objects.get(pk=ctx.run.parent_id)
    if purchase.finished_at:
        return {"purchase": purchase.state}
    if ctx.is_past_deadline:
        raise Uncertain(f"What the purchase did is not undone after {DEADLINE.days} days")
    return Wait(until=ctx.now + DEADLINE, check_at=ctx.now + LOOK)
