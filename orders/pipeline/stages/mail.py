"""メール送信: the buyer is told, once.

Technique `none`: SMTP keeps no key and cannot be asked. The mail's own row is the journal of the hand-over; one that
was cut off in the middle is uncertain, stops at a person, and is never sent again by itself.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from orders import queries
from orders.carriers import parcels
from orders.models import Effect, Order, Refund, Shipment, StageRun, TaxDocument
from orders.pipeline.engine.context import Context
from orders.pipeline.engine.errors import Uncertain
from orders.pipeline.engine.graph import Output, Stage, Wait, external, parks
from orders.pipeline.retries import PATIENT
from orders.pipeline.stages.await_shipment import OVER
from orders.services import cancelling, mails, refunding

SHIPPED_DEADLINE = timedelta(days=62)  # long after staff have looked for what the warehouse did not send
LOOK = timedelta(hours=1)


def mail_stage(name: str, act: Callable[[Context], Output | Wait], *after: str, **options: Any) -> Stage:
    """A stage that sends a mail: support answers for it, whatever the mail says."""
    return external(
        name,
        act,
        *after,
        failure=parks("support"),
        technique=Effect.Technique.NONE,
        system="mail",
        retry=PATIENT,
        **options,
    )


def confirmation(ctx: Context) -> Output:
    document = TaxDocument.objects.filter(order=ctx.order, kind=TaxDocument.Kind.SIMPLIFIED_INVOICE).first()
    summaries = list(document.summaries.all()) if document else []
    videos = queries.videos_of(ctx.order)
    return _send(ctx, "order_confirmed", document=document, summaries=summaries, videos=videos)


def shipped(ctx: Context) -> Output | Wait:
    """One mail for each parcel, as it leaves; the last of the order says that all of it is on its way.

    A report wakes it, and it looks by itself: a mail for a parcel is keyed by the parcel, hence sent once.
    """
    made = ctx.order.fulfillment_orders.get(placement__handler_id=ctx.item)  # its state first: then no parcel is missed
    sent = [
        _send_parcel(ctx, shipment) for shipment in made.shipments.prefetch_related("lines__order_line").order_by("pk")
    ]
    if made.state in OVER:
        return {"mails": sent}
    if ctx.is_past_deadline:
        raise Uncertain("The warehouse has not sent everything; no more is said of it by itself")
    return Wait(until=ctx.now + SHIPPED_DEADLINE, check_at=ctx.now + LOOK)


def _send_parcel(ctx: Context, shipment: Shipment) -> int:
    [parcel] = parcels([shipment])
    others = Shipment.objects.filter(fulfillment_order__order=ctx.order).exclude(pk=shipment.pk)
    is_whole = ctx.order.fulfillment_state == Order.FulfillmentState.FULFILLED
    is_last = is_whole and not others.filter(pk__gt=shipment.pk).exists()
    is_one_of_many = others.exists() or not is_whole
    context = {"parcels": [parcel], "is_last": is_last, "is_one_of_many": is_one_of_many}
    sent: int = _send(ctx, "order_shipped", part=str(shipment.pk), **context)["mail"]
    return sent


def taken_back(ctx: Context) -> Output:
    refund = Refund.objects.filter(key=refunding.key_of(ctx.run)).first()
    given_back = refund.amount if refund else 0
    is_pending = refund is not None and refund.is_pending
    asked_by = cancelling.asked_by(ctx.order)
    return _send(ctx, "order_refunded", asked_by=asked_by, given_back=given_back, is_pending=is_pending)


def given_back(ctx: Context) -> Output:
    """What one refund gave back, and where to; of one that failed nothing is said by itself."""
    refund = Refund.objects.get(run=ctx.run)
    if refund.state in Refund.VOID:
        return {"not_sent": refund.failure}
    lines = list(refund.lines.select_related("order_line"))
    return _send(ctx, "refund_given", refund=refund, lines=lines, document=refund.tax_documents.get())


def cancelled(ctx: Context) -> Output:
    """What became of a cancellation, unless the mail about the refund says so, or nobody is left to be told."""
    refused = ctx.output_of("stop").get("refused", "")
    if refused:
        is_wanted = cancelling.asked(ctx.run).is_by_buyer
        return _send(ctx, "order_not_cancelled", why=refused) if is_wanted else {}
    if StageRun.objects.filter(run=ctx.run.parent_id, name="mail_refunded").exists():
        return {"said_by": "mail_refunded"}
    return _send(ctx, "order_cancelled")


def _send(ctx: Context, kind: str, *, part: str = "", **context: object) -> Output:
    key = ":".join(word for word in (kind, ctx.order.number, ctx.item, part) if word)
    mail = mails.compose(kind, ctx.order, key=key, now=ctx.now, **context)
    ctx.keep_lease()  # whoever lost the lease must not hand it over any more
    return {"mail": mails.deliver(mail).pk}
