"""適格簡易請求書: the tax document is issued. Transactional, hence exactly once."""

from orders.models import Refund
from orders.pipeline.engine.context import Context
from orders.pipeline.engine.graph import Output
from orders.services import documents, refunding


def act(ctx: Context) -> Output:
    return {"number": documents.issue_invoice(ctx.order, now=ctx.now).number}


def undo(ctx: Context) -> Output:
    """Correct it by what is given back of the purchase that is taken back; the first one is never changed."""
    refund = refunding.whole_rest(ctx.run, now=ctx.now)
    return {"number": documents.issue_correction(refund, now=ctx.now).number} if refund else {}


def correct(ctx: Context) -> Output:
    """適格返還請求書 for what one refund gave back."""
    refund = Refund.objects.select_related("payment__order").get(run=ctx.run)
    return {"number": documents.issue_correction(refund, now=ctx.now).number}
