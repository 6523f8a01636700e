"""An order as its page shows it, in people's words. It never writes."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from orders.carriers import Parcel, parcels
from orders.models import (
    FulfillmentOrder,
    Order,
    OrderLine,
    OutboundMail,
    Payment,
    PipelineRun,
    Refund,
    RefundLine,
    ShipmentLine,
    StageRun,
    TaxDocument,
)
from orders.pictures import picture_of
from orders.services import receipts
from orders.services.cancelling import Standing, asked_by, standing
from orders.services.refunding import REFUND
from shop.models import ProductImage
from vod.models import Entitlement

OPEN = (Order.State.PENDING_PAYMENT, Order.State.PLACED)


@dataclass(frozen=True)
class Row:
    """One thing ordered: `right` is what the buyer may watch by it, `sent` how many pieces have left.

    `given_back` counts the pieces whose money goes or went back.
    """

    line: OrderLine
    right: Entitlement | None = None
    sent: int = 0
    given_back: int = 0

    @property
    def picture(self) -> ProductImage | None:
        return picture_of(self.line.variant)

    @property
    def series(self) -> object:
        episode = getattr(self.line.offer.title, "episode", None) if self.line.offer else None
        return episode.season.series if episode else None


@dataclass(frozen=True)
class GivenBack:
    """Money given back of an order that goes on: `state` is asked, sent or failed."""

    refund: Refund
    lines: tuple[RefundLine, ...]
    state: str


@dataclass(frozen=True)
class OrderPage:
    """`phase` is unpaid, checking (the provider is at it), confirming (paid, and being written down), paid, expired or
    cancelled."""

    order: Order
    phase: str
    steps: tuple["Step", ...]
    rows: tuple[Row, ...]
    parcels: tuple[Parcel, ...]
    documents: tuple[TaxDocument, ...]
    is_mail_sent: bool
    cancelling: Standing
    cancelled_by: str = ""
    refunds: tuple["GivenBack", ...] = ()

    @property
    def videos(self) -> list[Row]:
        return [row for row in self.rows if not row.line.is_goods]

    @property
    def goods(self) -> list[Row]:
        return [row for row in self.rows if row.line.is_goods]

    @property
    def terms(self) -> list[dict[str, Any]]:
        """What the confirmation screen said, word for word, in the language it was said in."""
        return list(self.order.terms.get("items", []))

    @property
    def current_step(self) -> "Step | None":
        return next((step for step in self.steps if step.state in ("current", "stopped")), None)

    @property
    def is_open(self) -> bool:
        """Whether anything may still change, so that the page listens."""
        return self.order.state in OPEN or any(one.state == "asked" for one in self.refunds)

    @property
    def is_given_back(self) -> bool:
        """Whether the whole payment was, by one refund or several."""
        return sum(one.refund.amount for one in self.refunds if one.state == "sent") == self.order.total

    @property
    def has_receipt(self) -> bool:
        """Whether a receipt can be issued for it."""
        return receipts.is_possible(self.order, self.documents)

    @property
    def was_charged(self) -> bool:
        """Whether money came in, be it given back since."""
        return any(payment.state == Payment.State.SUCCEEDED for payment in self.order.payments.all())


def order_page(user: User, number: str, *, is_payable: bool = True) -> OrderPage | None:
    """A customer's own order with all that its page shows, in a fixed number of queries; another's is not found.

    `is_payable` is False when the provider says that an open payment takes no card any more.
    """
    order = _whole(user, number)
    if order is None:
        return None
    on_the_way = tuple(_parcels(order))
    refunds = tuple(_refunds(order)) if order.is_paid else ()
    return OrderPage(
        order=order,
        phase=phase(order, is_payable=is_payable),
        steps=tuple(order_steps(order)),
        rows=tuple(_rows(order, on_the_way, refunds)),
        parcels=on_the_way,
        documents=tuple(_documents(order)) if order.is_paid else (),
        is_mail_sent=order.is_paid and _is_confirmed_by_mail(order),
        cancelling=standing(order) if order.state in OPEN else Standing(),
        cancelled_by=asked_by(order) if order.state == Order.State.CANCELLED else "",
        refunds=refunds,
    )


def _whole(user: User, number: str) -> Order | None:
    lines = OrderLine.objects.select_related("offer__title__episode__season__series", "variant__product")
    sent = ShipmentLine.objects.select_related("order_line")
    return (
        Order.objects.visible_to(user)
        .filter(number=number)
        .select_related("ship_to")
        .prefetch_related(
            Prefetch("lines", lines.prefetch_related("variant__product__images")),
            Prefetch("fulfillment_orders__shipments__lines", sent),
            "payments",
        )
        .first()
    )


def phase(order: Order, *, is_payable: bool = True) -> str:
    """Where the order stands for its buyer; the money may be there a moment before everything is written down."""
    if order.state == Order.State.EXPIRED:
        return "expired"
    if order.state == Order.State.CANCELLED:
        return "cancelled"
    if order.is_paid:
        return "paid"
    states = {payment.state for payment in order.payments.all()}
    if Payment.State.SUCCEEDED in states:
        return "confirming"
    return "checking" if Payment.State.PENDING in states and not is_payable else "unpaid"


def _rows(order: Order, on_the_way: tuple[Parcel, ...], refunds: tuple[GivenBack, ...]) -> list[Row]:
    lines = list(order.lines.all())
    videos = [line.reference for line in lines if not line.is_goods]
    rights = {right.reference: right for right in Entitlement.objects.filter(reference__in=videos)} if videos else {}
    sent: dict[int, int] = {}
    for parcel in on_the_way:
        for part in parcel.lines:
            sent[part.order_line_id] = sent.get(part.order_line_id, 0) + part.quantity
    back: dict[int, int] = {}
    for row in (row for one in refunds if one.state != "failed" for row in one.lines):
        back[row.order_line_id] = back.get(row.order_line_id, 0) + row.quantity
    return [Row(line, rights.get(line.reference), sent.get(line.pk, 0), back.get(line.pk, 0)) for line in lines]


def _parcels(order: Order) -> list[Parcel]:
    return parcels(one for made in order.fulfillment_orders.all() for one in made.shipments.all())


def _documents(order: Order) -> list[TaxDocument]:
    """The simplified qualified invoice, and what corrects it where money went back: not where it came back since."""
    stated = TaxDocument.objects.standing().filter(order=order)
    return list(stated.order_by("pk").prefetch_related("summaries"))


def _refunds(order: Order) -> list[GivenBack]:
    """What staff gave back, but for what was given up; a whole purchase that was taken back is told by its order."""
    states = {Refund.State.REQUESTED: "asked", Refund.State.SUCCEEDED: "sent", Refund.State.FAILED: "failed"}
    asked = Refund.objects.filter(payment__order=order, run__pipeline=REFUND)
    asked = asked.exclude(state=Refund.State.GIVEN_UP).order_by("pk")
    rows = asked.prefetch_related(Prefetch("lines", RefundLine.objects.select_related("order_line")))
    return [GivenBack(one, tuple(one.lines.all()), states[Refund.State(one.state)]) for one in rows]


def _is_confirmed_by_mail(order: Order) -> bool:
    return OutboundMail.objects.filter(order=order, kind="order_confirmed", state=OutboundMail.State.SENT).exists()


@dataclass(frozen=True)
class Step:
    """One step of an order in people's words. `state` is done, current, waiting or stopped."""

    key: str
    label: str
    state: str
    at: datetime | None = None
    detail: str = ""


def order_steps(order: Order) -> list[Step]:
    """The way of an order from the button to the doorstep, and what holds it up."""
    if order.state in (Order.State.EXPIRED, Order.State.CANCELLED):
        return [_step("made", _("Ordered"), at=order.created_at), _ended(order)]
    stages = _unfinished_stages(order) if order.state in OPEN else []
    if any(stage.run.state == PipelineRun.State.COMPENSATING for stage in stages):
        return [_step("made", _("Ordered"), at=order.created_at), Step("cancelling", _("Being cancelled"), "current")]
    lines = list(order.lines.all())
    steps = [_step("made", _("Ordered"), at=order.created_at), _step("paid", _("Payment"), at=order.paid_at)]
    if any(not line.is_goods for line in lines):
        steps.append(_step("video", _("Video ready to watch"), at=order.paid_at))
    is_anything_sent = order.fulfillment_state != Order.FulfillmentState.NONE_REQUIRED  # not all of it was stopped
    if is_anything_sent and any(line.is_goods for line in lines):
        steps += _goods_steps(order)
    return _with_current(steps, _hold_ups(order, stages))


# Which step of the buyer's waits for which stages; what is done beside it, such as a mail, holds nothing up.
_STEP_OF = {
    "charge": "paid",
    "grant": "paid",
    "place": "preparing",
    "ship_list": "preparing",
    "instruct": "preparing",
    "await_shipment": "sent",
}
SOON = timedelta(minutes=2)  # everything until the instruction is done within seconds, unless something is away


def _unfinished_stages(order: Order) -> list[StageRun]:
    rows = StageRun.objects.filter(run__order=order, run__pipeline="purchase", state__in=StageRun.UNFINISHED)
    return list(rows.select_related("run").order_by())


def _hold_ups(order: Order, stages: list[StageRun]) -> dict[str, str]:
    """What to say at a step that does not get on: somebody looks into it, or it takes longer."""
    held: dict[str, str] = {}
    late = order.paid_at is not None and timezone.now() - order.paid_at > SOON
    for stage in stages:
        step = _STEP_OF.get(stage.name)
        if step is None:
            continue
        if stage.state == StageRun.State.PARKED:
            held[step] = _("We are looking into something here. There is nothing for you to do.")
        elif step == "preparing" and (late or stage.error_kind):
            held.setdefault(step, _("This takes a little longer than usual. Your order is safe with us."))
    return held


def _goods_steps(order: Order) -> list[Step]:
    made = list(order.fulfillment_orders.all())
    accepted = bool(made) and all(one.state != FulfillmentOrder.State.OPEN for one in made)
    sent = _parcels(order)
    is_all = order.fulfillment_state == Order.FulfillmentState.FULFILLED
    detail = ""
    if sent and not is_all:
        detail = _("Part of it is on its way; the rest follows.")
    return [
        Step("preparing", _("Preparing your parcel"), "done" if accepted or sent else "waiting"),
        Step(
            "sent",
            _("Dispatch"),
            "done" if is_all else "waiting",
            sent[-1].shipment.shipped_at if sent else None,
            detail,
        ),
    ]


def _step(key: str, label: str, *, at: datetime | None) -> Step:
    return Step(key, label, "done" if at else "waiting", at)


def _ended(order: Order) -> Step:
    if order.state == Order.State.EXPIRED:
        return Step("expired", _("Not paid in time; nothing was charged"), "stopped")
    charged = [payment for payment in order.payments.all() if payment.state == Payment.State.SUCCEEDED]
    if any(payment.refunded < payment.captured for payment in charged):
        return Step("cancelled", _("Cancelled; the payment is being given back"), "stopped")
    words = _("Cancelled; the payment was given back") if charged else _("Cancelled; nothing was charged")
    return Step("cancelled", words, "stopped")


def _with_current(steps: list[Step], held: dict[str, str]) -> list[Step]:
    """The first step that is not done yet is the current one; each that is not done says what holds it up."""
    current = next((step for step in steps if step.state == "waiting"), None)
    return [
        replace(
            step,
            state="current" if step is current else step.state,
            detail=step.detail if step.state == "done" else held.get(step.key, step.detail),
        )
        for step in steps
    ]
