"""ユーザ向けデータ保存: the order is paid, and what was bought can be watched. Transactional, hence exactly once.

Nothing is given for another sum than the order comes to: it is refused, and the purchase pays back what came in.
"""

from config.lib.locks import lock_one
from orders.models import Order, Payment
from orders.pipeline.engine.context import Context
from orders.pipeline.engine.errors import Refused
from orders.pipeline.engine.graph import Output
from orders.services import events
from vod.models import Entitlement
from vod.services import entitlements


def act(ctx: Context) -> Output:
    order = lock_one(Order.objects.all(), pk=ctx.order.pk)
    _refuse_another_sum(order)
    if order.state == Order.State.PENDING_PAYMENT:
        order.move_to(Order.State.PLACED, paid_at=ctx.now)
        events.record(order, "orders.order.paid", now=ctx.now, is_public=True)
    granted = [
        entitlements.grant(
            user=order.user,
            title=line.offer.title,
            source=Entitlement.Source.RENTAL,
            reference=line.reference,
            now=ctx.now,
            start_within_days=line.start_within_days or 0,
            viewing_hours=line.viewing_hours or 0,
        )
        for line in order.lines.filter(offer__isnull=False).select_related("offer__title")
        if line.offer
    ]
    return {"entitlements": [entitlement.pk for entitlement in granted]}


def _refuse_another_sum(order: Order) -> None:
    paid = order.payments.filter(state=Payment.State.SUCCEEDED).values_list("captured", "currency").get()
    if paid != (order.total, order.currency):
        raise Refused(f"{order.total} {order.currency} are to be paid, and {paid[0]} {paid[1]} were paid")


def undo(ctx: Context) -> Output:
    """Take the rights back that this order gave."""
    references = ctx.order.lines.filter(offer__isnull=False).values_list("reference", flat=True)
    return {"revoked": sum(entitlements.revoke(reference=reference, now=ctx.now) for reference in references)}
