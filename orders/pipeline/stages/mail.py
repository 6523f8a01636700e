"""メール送信: the buyer is told, once.

Technique `none`: SMTP keeps no key and cannot be asked. The mail's own row is the journal of the hand-over; one that
was cut off in the middle is uncertain, stops at a person, and is never sent again by itself.
"""

from orders import queries
from orders.carriers import parcels
from orders.models import OutboundMail, TaxDocument
from orders.pipeline.engine.context import Context
from orders.pipeline.engine.graph import Output
from orders.services import cancelling, mails


def confirmation(ctx: Context) -> Output:
    document = TaxDocument.objects.filter(order=ctx.order, kind=TaxDocument.Kind.SIMPLIFIED_INVOICE).first()
    summaries = list(document.summaries.all()) if document else []
    videos = queries.videos_of(ctx.order)
    return _send(ctx, "order_confirmed", document=document, summaries=summaries, videos=videos)


def shipped(ctx: Context) -> Output:
    made = ctx.order.fulfillment_orders.get(placement__handler_id=ctx.item)
    return _send(ctx, "order_shipped", parcels=parcels(made.shipments.prefetch_related("lines__order_line")))


def taken_back(ctx: Context) -> Output:
    return _send(ctx, "order_refunded", asked_by=cancelling.asked_by(ctx.order))


def cancelled(ctx: Context) -> Output:
    """What became of a cancellation, unless the mail about the refund has said so, or nobody is left to be told."""
    refused = ctx.output_of("stop").get("refused", "")
    if refused:
        is_wanted = cancelling.asked(ctx.run).is_by_buyer
        return _send(ctx, "order_not_cancelled", why=refused) if is_wanted else {}
    if OutboundMail.objects.filter(order=ctx.order, kind="order_refunded").exists():
        return {"said_by": "order_refunded"}
    return _send(ctx, "order_cancelled")


def _send(ctx: Context, kind: str, **context: object) -> Output:
    key = ":".join(part for part in (kind, ctx.order.number, ctx.item) if part)
    mail = mails.compose(kind, ctx.order, key=key, now=ctx.now, **context)
    ctx.keep_lease()  # whoever lost the lease must not hand it over any more
    return {"mail": mails.deliver(mail).pk}
