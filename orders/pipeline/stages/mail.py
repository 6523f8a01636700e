"""メール送信: the buyer is told, once.

Technique `none`: SMTP keeps no key and cannot be asked. The mail's own row is the journal of the hand-over; one that
was cut off in the middle is uncertain, stops at a person, and is never sent again by itself.
"""

from orders import queries
from orders.carriers import parcels
from orders.models import TaxDocument
from orders.pipeline.engine.context import Context
from orders.pipeline.engine.graph import Output
from orders.services import mails


def confirmation(ctx: Context) -> Output:
    document = TaxDocument.objects.filter(order=ctx.order, kind=TaxDocument.Kind.SIMPLIFIED_INVOICE).first()
    summaries = list(document.summaries.all()) if document else []
    videos = queries.videos_of(ctx.order)
    return _send(ctx, "order_confirmed", document=document, summaries=summaries, videos=videos)


def shipped(ctx: Context) -> Output:
    made = ctx.order.fulfillment_orders.get(placement__handler_id=ctx.item)
    return _send(ctx, "order_shipped", parcels=parcels(made.shipments.prefetch_related("lines__order_line")))


def taken_back(ctx: Context) -> Output:
    return _send(ctx, "order_refunded", reason=ctx.run.failure)


def _send(ctx: Context, kind: str, **context: object) -> Output:
    key = ":".join(part for part in (kind, ctx.order.number, ctx.item) if part)
    mail = mails.compose(kind, ctx.order, key=key, now=ctx.now, **context)
    ctx.keep_lease()  # whoever lost the lease must not hand it over any more
    return {"mail": mails.deliver(mail).pk}
