"""発送指示 → 外部流通サービス: the warehouse is told what to send.

Technique `reference`: the warehouse keeps our reference unique and answers a repeated one with the first instruction.
A refusal (out of stock there, an address it does not take) stops at a person; the rest of the run goes on.
"""

from orders.models import FulfillmentOrder
from orders.pipeline.engine.context import Context
from orders.pipeline.engine.graph import Output
from orders.services import fulfilment
from orders.warehouses import warehouse_system


def act(ctx: Context) -> Output:
    system = warehouse_system()
    answer = ctx.perform(
        receiver="warehouse",
        operation="instruct",
        request=fulfilment.instruction(_fulfillment_order(ctx)),
        call=system.instruct,
        look_up=system.look_up,
    )
    return {"instruction": answer["id"]}


def record(ctx: Context, output: Output) -> None:
    fulfilment.note_accepted(_fulfillment_order(ctx), output["instruction"])


def _fulfillment_order(ctx: Context) -> FulfillmentOrder:
    return FulfillmentOrder.objects.select_related("order__ship_to").get(
        order=ctx.order, placement__handler_id=ctx.item
    )
