"""The refund of a paid order, readable from top to bottom; each refund is a run, and the purchase its parent.

 recall ─► withdraw ─► refund ─┬─► restock
                               └─► await_refund ─► correct ─► mail_refund

What is given back was computed and written when it was asked for; no stage computes money. Goods are stopped and rights
withdrawn before the money goes. Until the provider has taken the refund on, a run in which no warehouse was asked to
stop anything can be taken back: the rights are restored, and the sum is free again.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from orders.models import Effect, FulfillmentOrder, Order
from orders.pipeline.engine.graph import Pipeline, external, parks, register, transactional, wait
from orders.pipeline.retries import PATIENT
from orders.pipeline.stages import await_refund, document, mail, recall, refund, restock, withdraw
from orders.pipeline.stages.mail import mail_stage
from orders.services import refunding

Technique = Effect.Technique


def has_goods_to_stop(order: Order) -> bool:
    """Whether a warehouse was told to send something of which nothing has left."""
    return order.fulfillment_orders.filter(state=FulfillmentOrder.State.ACCEPTED).exists()


def this_refund(order: Order) -> Iterable[str]:
    """Which of the order's refunds this is, counted from one, and no handler's number: each has a mail of its own."""
    newest = order.runs.filter(pipeline=refunding.REFUND).order_by("-generation")
    return [f"refund-{generation}" for generation in newest.values_list("generation", flat=True)[:1]]


def nothing_more(order: Order, now: datetime) -> None:
    """The refund itself says what became of it."""


def given_up(order: Order, now: datetime, reason: str) -> None:
    """It is not given back after all."""
    refunding.give_up(order, reason=reason, now=now)


REFUND = register(
    Pipeline(
        name="refund",
        version=1,
        priority=6,  # goods are stopped before more of them are sent
        stages=(
            external(
                "recall",
                recall.act,
                failure=parks("warehouse"),
                when=has_goods_to_stop,
                technique=Technique.REFERENCE,
                system="warehouse",
                retry=PATIENT,
                limit=timedelta(hours=1),
                is_beyond_return=True,
                may_be_changed=False,
            ),
            transactional(
                "withdraw",
                withdraw.act,
                "recall",
                failure=parks("support"),
                can_be_skipped=False,
                undo=transactional("restore", withdraw.undo, failure=parks("support"), can_be_skipped=False),
            ),
            external(
                "refund",
                refund.asked,
                "withdraw",
                failure=parks("accounting"),
                record=refund.record,
                technique=Technique.QUERY,
                system="payment",
                retry=PATIENT,
                limit=timedelta(minutes=15),
                can_be_skipped=False,
                is_beyond_return=True,
                may_be_changed=False,
            ),
            transactional("restock", restock.act, "refund", failure=parks("shop")),
            wait(
                "await_refund",
                await_refund.act,
                "refund",
                failure=parks("accounting"),
                deadline=await_refund.DEADLINE,
            ),
            transactional(
                "correct", document.correct, "await_refund", failure=parks("accounting"), can_be_skipped=False
            ),
            mail_stage("mail_refund", mail.given_back, "correct", over=this_refund),
        ),
        finished=nothing_more,
        taken_back=given_up,
    )
)
