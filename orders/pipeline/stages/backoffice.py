"""kintone 用保存: the placement is kept in the back office.

Technique `reference`: an upsert by the placement's reference, so writing it again changes nothing.
"""

from orders.backoffices import backoffice
from orders.models import Placement
from orders.pipeline.engine.context import Context
from orders.pipeline.engine.graph import Output
from orders.services import fulfilment


def act(ctx: Context) -> Output:
    placement = Placement.objects.select_related("order__ship_to", "order__user", "handler").get(
        order=ctx.order, handler_id=ctx.item
    )
    answer = ctx.perform(
        receiver="backoffice",
        operation="upsert",
        request=fulfilment.backoffice_record(placement),
        call=backoffice().upsert,
    )
    return {"record": answer["id"]}


def record(ctx: Context, output: Output) -> None:
    Placement.objects.filter(order=ctx.order, handler_id=ctx.item).update(backoffice_record=output["record"])
