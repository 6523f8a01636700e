"""メール送信: the buyer is told, once.

Technique `none`: SMTP keeps no key and cannot be asked. The mail's own row is the journal of the hand-over; one that
was cut off in the middle is uncertain, stops at a person, and is never sent again by itself.
"""

from orders.models import TaxDocument
from orders.pipeline.engine.context import Context
from orders.pipeline.engine.graph import Output
from orders.services import mails


def confirmation(ctx: Context) -> Output:
    document = TaxDocument.objects.filter(order=ctx.order, kind=TaxDocument.Kind.SIMPLIFIED_INVOICE).first()
    summaries = list(document.summaries.all()) if document else []
    return _send(ctx, "order_confirmed", document=document, summaries=summaries)


def shipped(ctx: Context) -> Output:
    made = ctx.order.fulfillment_orders.get(placement__handler_id=ctx.item)
    shipments = made.shipments.prefetch_related("lines__order_line")
    return _send(ctx, "order_shipped", shipments=list(shipments))


def taken_back(ctx: Context) -> Output:
    return _send(ctx, "order_refunded", reason=ctx.run.failure)


def _send(ctx: Context, kind: str, **context: object) -> Output:
    key = ":".join(part for part in (kind, ctx.order.number, ctx.item) if part)
    mail = mails.compose(kind, ctx.order, key=key, now=ctx.now, **context)
    ctx.keep_lease()  # whoever lost the lease must not hand it over any more
    return {"mail": mails.deliver(mail).pk}
