"""kintone 用保存: the placement is kept in the back office.

Technique `reference`: an upsert by the placement's reference, so writing it again changes nothing.
"""

from orders.backoffices import backoffice
from orders.backoffices.base import Json
from orders.models import Placement
from orders.pipeline.engine.context import Context
from orders.pipeline.engine.graph import Output
from orders.services import fulfilment


def act(ctx: Context) -> Output:
    return _write(ctx, "upsert", fulfilment.backoffice_record(_placement(ctx)))


def cancel(ctx: Context) -> Output:
    """The record of a purchase that was taken back says so; it is kept, since the department may have seen it."""
    return _write(ctx, "cancel", fulfilment.backoffice_record(_placement(ctx)) | {"status": fulfilment.CANCELLED})


def _placement(ctx: Context) -> Placement:
    found = Placement.objects.select_related("order__ship_to", "order__user", "handler")
    return found.get(order=ctx.order, handler_id=ctx.item)


def _write(ctx: Context, operation: str, request: Json) -> Output:
    answer = ctx.perform(receiver="backoffice", operation=operation, request=request, call=backoffice().upsert)
    return {"record": answer["id"]}


def record(ctx: Context, output: Output) -> None:
    Placement.objects.filter(order=ctx.order, handler_id=ctx.item).update(backoffice_record=output["record"])
