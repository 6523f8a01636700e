"""配送業者用保存 / 発送リスト: the goods of a handler go on its shipping list of the day. Transactional."""

from orders.models import Placement
from orders.pipeline.engine.context import Context
from orders.pipeline.engine.graph import Output
from orders.services import fulfilment


def act(ctx: Context) -> Output:
    placement = Placement.objects.select_related("order", "handler__warehouse").get(
        order=ctx.order, handler_id=ctx.item
    )
    made = fulfilment.list_for_shipping(placement, now=ctx.now)
    return {"fulfillment_order": made.pk, "shipping_list": made.shipping_list_id}
