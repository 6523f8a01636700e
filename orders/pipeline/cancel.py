"""The cancellation of an order, readable from top to bottom.

 close_payment ─► stop ─► await_undone ─► mail_cancelled

`stop` takes the purchase back by the purchase's own undoing, so that what was done is undone by those who did it: this
pipeline computes no money and no stock. Too late is no failure: the run ends, and the buyer is told why.
"""

from datetime import datetime, timedelta

from orders.models import Effect, Order
from orders.pipeline.engine.graph import Pipeline, external, parks, register, transactional, wait
from orders.pipeline.retries import PATIENT
from orders.pipeline.stages import await_undone, close_payment, mail, stop
from orders.pipeline.stages.mail import mail_stage

Technique = Effect.Technique


def is_not_paid(order: Order) -> bool:
    return not order.is_paid


def nothing_more(order: Order, *given: datetime | str) -> None:
    """The purchase itself says what became of the order."""


CANCEL = register(
    Pipeline(
        name="cancel",
        version=1,
        priority=7,  # before the purchases, so that the warehouse is not told first
        stages=(
            external(
                "close_payment",
                close_payment.act,
                failure=parks("accounting"),
                when=is_not_paid,
                technique=Technique.REFERENCE,
                system="payment",
                retry=PATIENT,
                deadline=close_payment.DEADLINE,
                limit=timedelta(minutes=15),
                can_be_skipped=False,
            ),
            transactional(
                "stop",
                stop.act,
                "close_payment",
                failure=parks("support"),
                retry=PATIENT,
                limit=timedelta(minutes=15),
                can_be_skipped=False,
            ),
            wait("await_undone", await_undone.act, "stop", failure=parks("support"), deadline=await_undone.DEADLINE),
            mail_stage("mail_cancelled", mail.cancelled, "await_undone"),
        ),
        finished=nothing_more,
        taken_back=nothing_more,
    )
)
