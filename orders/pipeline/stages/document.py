"""適格簡易請求書: the tax document is issued. Transactional, hence exactly once."""

from orders.pipeline.engine.context import Context
from orders.pipeline.engine.graph import Output
from orders.services import documents


def act(ctx: Context) -> Output:
    return {"number": documents.issue_invoice(ctx.order, now=ctx.now).number}


def undo(ctx: Context) -> Output:
    """Issue the document that corrects it; the first one is never changed."""
    return {"number": documents.issue_correction(ctx.order, now=ctx.now).number}
