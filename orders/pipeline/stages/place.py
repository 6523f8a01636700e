"""発注履歴 / 社内用保存: for each handler, holds become allocations and the placement is written. Transactional."""

from orders.models import Handler
from orders.pipeline.engine.context import Context
from orders.pipeline.engine.errors import Refused
from orders.pipeline.engine.graph import Output
from orders.services import fulfilment
from shop.services import stock


def act(ctx: Context) -> Output:
    """A hold that lapsed and cannot be taken anew is refused: the run is taken back and the money with it."""
    handler = Handler.objects.get(pk=ctx.item)
    try:
        placement = fulfilment.place(ctx.order, handler, now=ctx.now)
    except stock.StockShort as short:
        raise Refused(f"The stock is gone: {short}") from short
    return {"placement": placement.pk, "reference": str(placement.reference)}


def undo(ctx: Context) -> Output:
    handler = Handler.objects.get(pk=ctx.item)
    references = [line.reference for line in fulfilment.lines_of(ctx.order, handler) if line.is_goods]
    stock.uncommit(references=references, now=ctx.now)
    return {"uncommitted": [str(reference) for reference in references]}
