"""Goods that are refunded before they have left are stopped at the warehouse, each instruction whole.

Technique `reference`: the warehouse is asked about our reference first, and an instruction that is cancelled stays so.
"Sent already" stops at a person, since nobody gives money back for goods that are on their way without having thought
of it: skipped, the refund goes on and the goods stay with the buyer; taken back, it is asked for once they have come
back. What was stopped is written down at once, so that no parcel is waited for whatever becomes of the rest.
"""

from django.db import transaction

from orders.models import FulfillmentOrder, Refund
from orders.pipeline.engine.context import Context
from orders.pipeline.engine.graph import Output
from orders.pipeline.engine.wake import wake
from orders.services import fulfilment
from orders.warehouses import warehouse_system
from orders.warehouses.base import AlreadySent


def act(ctx: Context) -> Output:
    refund = Refund.objects.get(run=ctx.run)
    refunded = refund.lines.filter(is_recalled=True).values("order_line__fulfillment_line__fulfillment_order")
    stopped, sent = [], []
    for made in FulfillmentOrder.objects.filter(pk__in=refunded).select_related("placement").order_by("pk"):
        try:
            _stop(ctx, made)
        except AlreadySent as error:
            _wake_purchase(ctx, made)  # it asks for the parcels
            sent.append(error)
        else:
            stopped.append(made.pk)
    if sent:
        raise AlreadySent("; ".join(str(error) for error in sent))
    return {"stopped": stopped}


def _stop(ctx: Context, made: FulfillmentOrder) -> None:
    ctx.perform(
        receiver="warehouse",
        operation=f"cancel-{made.pk}",
        request={"reference": str(made.reference), "id": made.external_id},
        call=warehouse_system().cancel,
    )
    _note(ctx, made)


@transaction.atomic
def _note(ctx: Context, made: FulfillmentOrder) -> None:
    _wake_purchase(ctx, made)  # before the order is locked, as a stage of the purchase does that ends its run
    fulfilment.note_recalled(made)


def _wake_purchase(ctx: Context, made: FulfillmentOrder) -> None:
    assert ctx.run.parent_id is not None
    for stage in ("mail_shipped", "await_shipment"):
        wake(ctx.run.parent_id, stage, item=str(made.placement.handler_id), now=ctx.now)
