"""The words and colours in which staff read an order: keys of stages, events and mails in people's words."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from config.lib.staff import BAD, BUSY, GOOD, PLAIN, WAITS
from orders.models import (
    Cart,
    Effect,
    FulfillmentOrder,
    Order,
    OutboundMail,
    Payment,
    PipelineRun,
    Refund,
    StageAttempt,
    StageRun,
)


@dataclass(frozen=True)
class Chip:
    """A word on a colour."""

    text: Any
    colour: str


STAGES: dict[str, Any] = {
    "charge": _("Charge the payment"),
    "grant": _("Give what was bought to the buyer"),
    "document": _("Issue the tax document"),
    "place": _("Place with the handler"),
    "backoffice": _("Write the back-office record"),
    "ship_list": _("Put on the shipping list"),
    "instruct": _("Instruct the warehouse"),
    "await_shipment": _("Wait for the shipment"),
    "mail": _("Mail the confirmation"),
    "mail_shipped": _("Mail that it was sent"),
    "refund": _("Give the money back"),
    "revoke": _("Take back the right to watch"),
    "correct": _("Issue the correcting document"),
    "unplace": _("Take back the placement"),
    "mail_refunded": _("Mail that the money was given back"),
    "cancel_record": _("Mark the back-office record as cancelled"),
    "close_payment": _("Give up the open payment"),
    "stop": _("Stop the purchase"),
    "await_undone": _("Wait until the purchase is undone"),
    "mail_cancelled": _("Mail what became of the cancellation"),
    "recall": _("Stop the goods at the warehouse"),
    "withdraw": _("Withdraw the right to watch"),
    "restore": _("Give back the right to watch"),
    "restock": _("Put the goods back into stock"),
    "await_refund": _("Wait until the money has arrived"),
    "mail_refund": _("Mail what was given back"),
}


def stage(name: str) -> Any:
    """The stage in words; one that was added without words by its name."""
    return STAGES.get(name, name)


EVENTS: dict[str, Any] = {
    "orders.order.made": _("The order was made"),
    "orders.payment.declined": _("The payment was declined"),
    "orders.payment.succeeded": _("The payment succeeded"),
    "orders.order.paid": _("The order is paid"),
    "orders.shipment.sent": _("A parcel was sent"),
    "orders.refund.succeeded": _("The money was given back"),
    "orders.refund.asked": _("Money was to be given back"),
    "orders.refund.given_up": _("The money was not given back after all"),
    "orders.refund.failed": _("The refund failed: the money came back and is owed to the buyer"),
    "orders.order.cancel_asked": _("The order was to be cancelled"),
    "orders.order.taken_back": _("The order was taken back"),
    "orders.order.completed": _("The order is complete"),
    "orders.receipt.issued": _("A receipt was issued"),
}
MAILS: dict[str, Any] = {
    "order_confirmed": _("confirmation of the order"),
    "order_shipped": _("notice of a shipment"),
    "order_refunded": _("notice of the refund"),
    "refund_given": _("notice of a refund"),
    "order_cancelled": _("notice of the cancellation"),
    "order_not_cancelled": _("notice that it could not be cancelled"),
}

STAGE_COLOURS = {
    StageRun.State.BLOCKED: PLAIN,
    StageRun.State.READY: BUSY,
    StageRun.State.RUNNING: BUSY,
    StageRun.State.WAITING: WAITS,
    StageRun.State.SUCCEEDED: GOOD,
    StageRun.State.SKIPPED: PLAIN,
    StageRun.State.PARKED: BAD,
    StageRun.State.CANCELLED: PLAIN,
}
OUTCOME_COLOURS = {
    StageAttempt.Outcome.SUCCEEDED: GOOD,
    StageAttempt.Outcome.WAITED: WAITS,
    StageAttempt.Outcome.TRANSIENT: WAITS,
    StageAttempt.Outcome.REFUSED: BAD,
    StageAttempt.Outcome.UNCERTAIN: BAD,
    StageAttempt.Outcome.BROKEN: BAD,
    StageAttempt.Outcome.LOST: BAD,
}
EFFECT_COLOURS = {Effect.State.INTENDED: WAITS, Effect.State.CONFIRMED: GOOD, Effect.State.REJECTED: BAD}
RUN_COLOURS = {
    PipelineRun.State.RUNNING: BUSY,
    PipelineRun.State.SUCCEEDED: GOOD,
    PipelineRun.State.COMPENSATING: WAITS,
    PipelineRun.State.COMPENSATED: PLAIN,
}
ORDER_COLOURS = {
    Order.State.PENDING_PAYMENT: WAITS,
    Order.State.PLACED: BUSY,
    Order.State.COMPLETED: GOOD,
    Order.State.CANCELLED: BAD,
    Order.State.EXPIRED: PLAIN,
}
DELIVERY_COLOURS = {
    Order.FulfillmentState.NONE_REQUIRED: PLAIN,
    Order.FulfillmentState.UNFULFILLED: WAITS,
    Order.FulfillmentState.PARTIALLY_FULFILLED: BUSY,
    Order.FulfillmentState.FULFILLED: GOOD,
}
PAYMENT_COLOURS = {
    Payment.State.CREATED: WAITS,
    Payment.State.PENDING: WAITS,
    Payment.State.SUCCEEDED: GOOD,
    Payment.State.CANCELLED: PLAIN,
}
REFUND_COLOURS = {
    Refund.State.REQUESTED: WAITS,
    Refund.State.SUCCEEDED: GOOD,
    Refund.State.FAILED: BAD,
    Refund.State.GIVEN_UP: PLAIN,
}
MAIL_COLOURS = {
    OutboundMail.State.QUEUED: WAITS,
    OutboundMail.State.HANDING_OVER: BUSY,
    OutboundMail.State.SENT: GOOD,
    OutboundMail.State.UNCERTAIN: BAD,
    OutboundMail.State.REFUSED: BAD,
}
FULFILMENT_COLOURS = {
    FulfillmentOrder.State.OPEN: WAITS,
    FulfillmentOrder.State.ACCEPTED: BUSY,
    FulfillmentOrder.State.PARTIALLY_SHIPPED: BUSY,
    FulfillmentOrder.State.SHIPPED: GOOD,
    FulfillmentOrder.State.CANCELLED: PLAIN,
}
CART_COLOURS = {Cart.State.OPEN: BUSY, Cart.State.MERGED: PLAIN, Cart.State.ORDERED: GOOD}


def stage_chip(stage: StageRun) -> Chip:
    """The state of a stage on its colour."""
    return Chip(stage.get_state_display(), STAGE_COLOURS[stage.state])
