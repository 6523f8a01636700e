"""The decision: under the lock of the purchase it is stopped and taken back, or found to be on its way already.

Transactional: a worker that would tell the warehouse at the same moment finds nothing to do, or has the order refused
here.
"""

from config.lib.locks import lock_one
from orders.models import Order, PipelineRun
from orders.pipeline.engine import operate, settle
from orders.pipeline.engine.context import Context
from orders.pipeline.engine.errors import Transient
from orders.pipeline.engine.graph import Output
from orders.pipeline.engine.operate import NotPossible
from orders.services import cancelling
from orders.services.cancelling import Reason


def act(ctx: Context) -> Output:
    assert ctx.run.parent_id is not None
    asked = cancelling.asked(ctx.run)
    purchase = settle.lock(ctx.run.parent_id)
    if purchase.state in (PipelineRun.State.COMPENSATING, PipelineRun.State.COMPENSATED):
        return {"taken_back": "by itself"}
    order = lock_one(Order.objects.all(), pk=ctx.run.order_id)
    if why := cancelling.why_not(order, purchase, is_by_buyer=asked.is_by_buyer):
        return _refused(why)
    if not cancelling.money_is_settled(order, purchase):
        raise Transient("A payment has just arrived and is being written down")
    try:
        operate.undo(purchase, reason=asked.reason, now=ctx.now)
    except NotPossible:
        return _refused(Reason.SENT)
    return {"taken_back": asked.reason}


def _refused(why: Reason) -> Output:
    return {"refused": str(why)}
