"""The stock of refunded goods: what was stopped is free again, what came back is on the shelf. Transactional.

Goods that the warehouse had sent before it could be stopped move nothing: they went, and nobody has seen them return.
"""

from orders.models import FulfillmentOrder, RefundLine
from orders.pipeline.engine.context import Context
from orders.pipeline.engine.graph import Output
from shop.services import stock


def act(ctx: Context) -> Output:
    rows = RefundLine.objects.filter(refund__run=ctx.run).select_related("order_line").order_by("order_line__variant")
    stopped = rows.filter(
        is_recalled=True, order_line__fulfillment_line__fulfillment_order__state=FulfillmentOrder.State.CANCELLED
    )
    stock.uncommit(references=[row.order_line.reference for row in stopped], now=ctx.now)
    back = list(rows.filter(is_restocked=True))
    for row in back:
        stock.put_back(
            reference=row.order_line.reference,
            quantity=row.quantity,
            key=f"returned:{ctx.run.pk}:{row.pk}",
            now=ctx.now,
            reason=f"{ctx.run.order.number} refund {ctx.run.generation}",
        )
    return {"freed": len(stopped), "returned": sum(row.quantity for row in back)}
