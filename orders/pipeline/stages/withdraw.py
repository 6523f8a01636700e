"""Films that are refunded can be watched no more. Transactional, hence exactly once."""

from datetime import datetime
from uuid import UUID

from orders.models import RefundLine
from orders.pipeline.engine.context import Context
from orders.pipeline.engine.graph import Output
from vod.services import entitlements


def act(ctx: Context) -> Output:
    films = RefundLine.objects.filter(refund__run=ctx.run, quantity__gte=1, order_line__offer__isnull=False)
    references = films.order_by("pk").values_list("order_line__reference", flat=True)
    revoked = [str(one) for one in references if entitlements.revoke(reference=one, now=ctx.now)]
    return {"revoked": revoked, "at": ctx.now.isoformat()}


def undo(ctx: Context) -> Output:
    """Give back the rights that this run took, and no others."""
    taken = ctx.output_of("withdraw")
    at = datetime.fromisoformat(taken["at"])
    return {"restored": sum(entitlements.restore(reference=UUID(one), revoked_at=at) for one in taken["revoked"])}
