"""発注履歴 / 社内用保存: holds become allocations, and for each handler the placement is written. Transactional.

Whichever handler comes first commits the stock of the whole order, so that it is taken back before anything of it has
been sent, or not at all.
"""

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
    """The stock is free again, and nobody sends the goods from a shipping list."""
    fulfilment.uncommit_stock(ctx.order, now=ctx.now)
    fulfilment.take_off_the_lists(ctx.order)
    return {}
