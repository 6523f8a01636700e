"""The undoing of the charge: everything that was captured is given back.

Technique `key`, and `query` behind it: an earlier attempt is looked for among the charge's refunds by our key, so it is
found even after Stripe has forgotten the key. The row with its key is written before the call.
"""

from django.db import transaction

from orders.models import Payment, Refund
from orders.payments import provider
from orders.pipeline.engine.context import Context
from orders.pipeline.engine.graph import Output
from orders.services import refunds


def act(ctx: Context) -> Output:
    payment = Payment.objects.filter(order=ctx.order, state=Payment.State.SUCCEEDED).select_related("order").first()
    if payment is None:
        return {"amount": 0}
    refund = _row(ctx, payment)
    port = provider(payment.provider)
    answer = ctx.perform(
        receiver=port.code,
        operation="refund",
        request=port.refund_request(payment, refund.amount, refund.key),
        call=port.refund,
        look_up=port.find_refund,
    )
    return {"refund": refund.pk, "id": answer["id"], "amount": refund.amount}


def record(ctx: Context, output: Output) -> None:
    if not output["amount"]:
        return
    refunds.note_succeeded(pk=output["refund"], ref=output["id"], now=ctx.now)


@transaction.atomic
def _row(ctx: Context, payment: Payment) -> Refund:
    row, _ = Refund.objects.get_or_create(
        key=ctx.key,
        defaults={
            "payment": payment,
            "amount": payment.captured - payment.refunded,
            "reason": ctx.run.failure[:200] or "taken back",
            "created_at": ctx.now,
        },
    )
    return row
