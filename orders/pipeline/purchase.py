"""The purchase pipeline: from the button to the doorstep, readable from top to bottom.

 charge ─► grant ─┬─► document ─► mail
                  └─► place ─┬─► backoffice
                             └─► ship_list ─► instruct ─┬─► await_shipment
                                                        └─► mail_shipped (for each parcel)

The buyer waits for `charge` alone. `place` and what follows it run once for each handler, side by side.
To add a stage: one module in `stages/`, one line here, and a new version.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from orders import queries
from orders.models import Effect, Order
from orders.pipeline.engine.graph import Pipeline, external, parks, register, takes_back, transactional, wait
from orders.pipeline.retries import PATIENT, WHILE_PAYING
from orders.pipeline.stages import (
    await_refund,
    await_shipment,
    backoffice,
    charge,
    document,
    grant,
    instruct,
    mail,
    place,
    refund,
    ship_list,
)
from orders.pipeline.stages.mail import mail_stage
from orders.services import events
from shop.services import stock

Technique = Effect.Technique


def handlers(order: Order) -> Iterable[str]:
    """Everybody in charge of something in the order."""
    return [str(pk) for pk in order.lines.order_by("handler").values_list("handler_id", flat=True).distinct()]


def shipping_handlers(order: Order) -> Iterable[str]:
    """Those who send something from a warehouse."""
    goods = order.lines.filter(variant__isnull=False, handler__warehouse__isnull=False)
    return [str(pk) for pk in goods.order_by("handler").values_list("handler_id", flat=True).distinct()]


def recorded_handlers(order: Order) -> Iterable[str]:
    """Those whose placement the back office was told of, or may have been."""
    told = Effect.objects.filter(stage__run__order=order, stage__name="backoffice")
    return list(told.order_by("stage__item").values_list("stage__item", flat=True).distinct())


def was_paid(order: Order) -> bool:
    """Whether money came in; the order itself may not know of it yet."""
    return queries.was_paid(order)


def finished(order: Order, now: datetime) -> None:
    """Everything has arrived where it belongs."""
    order.refresh_from_db()
    if order.state == Order.State.PLACED:
        order.move_to(Order.State.COMPLETED)
        events.record(order, "orders.order.completed", now=now)


def taken_back(order: Order, now: datetime, reason: str) -> None:
    """The order ends without having cost anything: not paid in time, cancelled, or not to be fulfilled."""
    stock.release(references=order.lines.filter(variant__isnull=False).values_list("reference", flat=True), now=now)
    order.refresh_from_db()
    is_paid = was_paid(order)
    is_cancelled = is_paid or order.runs.filter(pipeline="cancel", finished_at__isnull=True).exists()
    order.move_to(Order.State.CANCELLED if is_cancelled else Order.State.EXPIRED)
    events.record(order, "orders.order.taken_back", now=now, is_public=True, reason=reason, was_paid=is_paid)


PURCHASE = register(
    Pipeline(
        name="purchase",
        version=1,
        priority=5,
        stages=(
            external(
                "charge",
                charge.act,
                failure=takes_back("accounting"),
                technique=Technique.KEY,
                system="payment",
                retry=WHILE_PAYING,
                deadline=timedelta(days=62),  # a convenience store's slip is good for sixty days
                limit=timedelta(minutes=5),
                can_be_skipped=False,
                may_be_changed=False,
                undo=external(
                    "refund",
                    refund.act,
                    failure=parks("accounting"),
                    record=refund.record,
                    technique=Technique.QUERY,
                    system="payment",
                    retry=PATIENT,
                    can_be_skipped=False,
                    may_be_changed=False,
                ),
            ),
            transactional(
                "grant",
                grant.act,
                "charge",
                failure=takes_back("support"),
                can_be_skipped=False,
                undo=transactional("revoke", grant.undo, failure=parks("support"), can_be_skipped=False),
            ),
            transactional(
                "document",
                document.act,
                "grant",
                failure=parks("accounting"),
                undo=transactional("correct", document.undo, failure=parks("accounting"), can_be_skipped=False),
            ),
            transactional(
                "place",
                place.act,
                "grant",
                failure=takes_back("shop"),
                over=handlers,
                can_be_skipped=False,
                undo=transactional("unplace", place.undo, failure=parks("shop"), can_be_skipped=False),
            ),
            external(
                "backoffice",
                backoffice.act,
                "place",
                failure=parks("shop"),
                over=handlers,
                record=backoffice.record,
                technique=Technique.REFERENCE,
                system="backoffice",
                retry=PATIENT,
            ),
            transactional(
                "ship_list",
                ship_list.act,
                "place",
                failure=parks("warehouse"),
                over=shipping_handlers,
                can_be_skipped=False,
            ),
            external(
                "instruct",
                instruct.act,
                "ship_list",
                failure=parks("warehouse"),
                over=shipping_handlers,
                record=instruct.record,
                technique=Technique.REFERENCE,
                system="warehouse",
                retry=PATIENT,
                limit=timedelta(days=1),
                is_beyond_return=True,
            ),
            wait(
                "await_shipment",
                await_shipment.act,
                "instruct",
                failure=parks("warehouse"),
                over=shipping_handlers,
                deadline=await_shipment.DEADLINE,
            ),
            mail_stage("mail", mail.confirmation, "document", limit=timedelta(minutes=15)),
            mail_stage(
                "mail_shipped", mail.shipped, "instruct", over=shipping_handlers, deadline=mail.SHIPPED_DEADLINE
            ),
        ),
        finished=finished,
        taken_back=taken_back,
        after_undoing=(
            mail_stage("mail_refunded", mail.taken_back, when=was_paid),
            external(  # after the mail: no buyer waits for the back office
                "cancel_record",
                backoffice.cancel,
                failure=parks("shop"),
                over=recorded_handlers,
                technique=Technique.REFERENCE,
                system="backoffice",
                retry=PATIENT,
            ),
            wait(  # the last of all: nobody waits for a bank
                "await_refund",
                await_refund.act,
                failure=parks("accounting"),
                when=was_paid,
                deadline=await_refund.DEADLINE,
            ),
        ),
    )
)
