"""注文履歴 update: the warehouse reports what it has sent, in parts, until all of it is.

A wait: a signed report wakes it. Every hour it also asks, so that a report that never came is made good.
"""

import logging
from datetime import timedelta

from orders.models import FulfillmentOrder
from orders.pipeline.engine.context import Context
from orders.pipeline.engine.errors import Transient, Uncertain
from orders.pipeline.engine.graph import Output, Wait
from orders.pipeline.engine.wake import wake
from orders.services import fulfilment
from orders.warehouses import warehouse_system

log = logging.getLogger(__name__)
DEADLINE = timedelta(days=14)
LOOK = timedelta(hours=1)
OVER = (FulfillmentOrder.State.SHIPPED, FulfillmentOrder.State.CANCELLED)  # all of it is sent, or was stopped


def act(ctx: Context) -> Output | Wait:
    made = FulfillmentOrder.objects.get(order=ctx.order, placement__handler_id=ctx.item)
    if made.state not in OVER:
        made = _ask(made, ctx)
    if made.state in OVER:
        return {"shipments": list(made.shipments.values_list("external_id", flat=True))}
    if ctx.is_past_deadline:
        raise Uncertain(f"The warehouse has not sent everything within {DEADLINE.days} days")
    return Wait(until=ctx.now + DEADLINE, check_at=ctx.now + LOOK)


def _ask(made: FulfillmentOrder, ctx: Context) -> FulfillmentOrder:
    """What was sent so far; a warehouse that does not answer just now is asked again later."""
    try:
        shipments = warehouse_system().shipments(str(made.reference))
    except Transient as error:
        log.warning("%s: asked again in an hour, or when it reports", error)
        return made
    known = made.shipments.count()
    for shipment in shipments:
        made = fulfilment.record_shipment(reference=str(made.reference), shipment=shipment, now=ctx.now)
    if len(shipments) > known:
        wake(ctx.run.pk, "mail_shipped", item=ctx.item, now=ctx.now)
    return made
