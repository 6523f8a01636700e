"""Money is given back: what a refund asked for, or, as the undoing of the charge, whatever nothing else gives back.

Technique `key`, and `query` behind it: an earlier attempt is looked for among the charge's refunds by our key, so it is
found even after Stripe has forgotten the key. The row with its key is written before the call.
"""

from orders.models import Refund
from orders.payments import provider
from orders.pipeline.engine.context import Context
from orders.pipeline.engine.graph import Output
from orders.services import refunding, refunds


def act(ctx: Context) -> Output:
    """The undoing of the charge."""
    refund = refunding.whole_rest(ctx.run, now=ctx.now)
    return _give(ctx, refund) if refund else {"amount": 0}


def asked(ctx: Context) -> Output:
    """What staff asked for."""
    return _give(ctx, Refund.objects.get(run=ctx.run))


def _give(ctx: Context, refund: Refund) -> Output:
    payment = refund.payment
    port = provider(payment.provider)
    answer = ctx.perform(
        receiver=port.code,
        operation="refund",
        request=port.refund_request(payment, refund.amount, refund.key),
        call=port.refund,
        look_up=port.find_refund,
    )
    is_pending = answer.get("is_pending", False)
    return {"refund": refund.pk, "id": answer["id"], "amount": refund.amount, "is_pending": is_pending}


def record(ctx: Context, output: Output) -> None:
    if not output["amount"]:
        return
    refunds.note_taken_on(pk=output["refund"], ref=output["id"], is_pending=output["is_pending"], now=ctx.now)
