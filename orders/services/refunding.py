"""Giving money back for an order that is paid, as staff ask for it: the rest, by line, or a free amount.

What is given back is computed here alone, in `planned`, from the stored order lines and what was given back of them
before. Asking writes the refund and starts its run, under the order's lock; the pipeline `refund` carries it out. A
purchase that is taken back gives back by the same rows: whatever nothing else gives back yet.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Q, Sum

from accounts.models import User
from config.lib.locks import again_when_locked, lock_one
from config.lib.money import spread
from config.lib.tax import RateSummary, summarise
from orders.models import (
    FulfillmentOrder,
    OperatorAction,
    Order,
    OrderLine,
    Payment,
    PipelineRun,
    Refund,
    RefundLine,
)
from orders.pipeline.engine.start import start
from orders.services import events

REFUND, PURCHASE = "refund", "purchase"
ASKED = "orders.refund.asked"
LONGEST_REASON = 200
Kind = Refund.Kind


class NotRefundable(Exception):
    """It cannot be given back, and why; the message is read by staff."""


class NotPaid(NotRefundable):
    """Nothing was paid, or the whole purchase is being taken back, which gives everything back by itself."""


class NothingLeft(NotRefundable):
    """Everything asked for was given back, or is being given back."""


class NotPositive(NotRefundable):
    """A refund is about at least one yen, or one piece."""


class NoReason(NotRefundable):
    """Money is given back only with a reason, which is kept."""


class OtherForm(NotRefundable):
    """The form was sent for another order already."""


class OtherSum(NotRefundable):
    """What was shown is not what it comes to any more, since something was given back meanwhile."""


class MoreThanTheRest(NotRefundable):
    """More than what was taken and not given back, `left` yen."""

    def __init__(self, left: int) -> None:
        super().__init__(f"At most {left} yen can be given back")
        self.left = left


class OfLine(NotRefundable):
    """A line of the order stands in the way; `left` pieces would be possible."""

    words = "{line}: at most {left}"

    def __init__(self, line: OrderLine, left: int = 0) -> None:
        super().__init__(self.words.format(line=line.name, left=left))
        self.line, self.left = line, left


class LineRefunded(OfLine):
    """More pieces than are left: the others are given back already, or were never bought."""

    words = "{line}: {left} are left to be given back"


class NotSent(OfLine):
    """Goods that no warehouse was told to send are cancelled with their order, not refunded."""

    words = "{line} is neither sent nor with the warehouse yet: cancel the order instead"


class OnlyWhole(OfLine):
    """A warehouse stops an instruction whole or not at all."""

    words = "{line}: the warehouse has been told to send it, and can only stop all that it sends together"


class NotBack(OfLine):
    """More is to come back to the shelf than has left it."""

    words = "{line}: only {left} can come back to the shelf"


class Where(StrEnum):
    """Where the goods of a line are."""

    VIDEO = "video"
    HERE = "here"  # no warehouse was told of them
    TOLD = "told"  # a warehouse is to send them, and nothing of its instruction has left
    LEFT = "left"  # they, or others of the same instruction, have left
    STOPPED = "stopped"  # they were stopped before they left
    ELSEWHERE = "elsewhere"  # no warehouse has to do with them


@dataclass(frozen=True)
class Part:
    """What of an order line is not given back yet: pieces and yen, and how many pieces could come back to the shelf."""

    line: OrderLine
    quantity: int
    amount: int
    where: Where
    returnable: int = 0
    instruction: int | None = None

    def price_of(self, quantity: int) -> int:
        """What that many of the pieces left come to; all of them come to all that is left, to the yen."""
        return self.amount * quantity // self.quantity if quantity < self.quantity else self.amount


@dataclass(frozen=True)
class Rest:
    """What can be given back of an order: of its lines, of the shipping fee, and of the payment in all, in yen."""

    parts: tuple[Part, ...]
    shipping: int
    total: int
    shipping_tax_rate: int = 10

    @cached_property
    def by_line(self) -> dict[int, Part]:
        return {part.line.pk: part for part in self.parts}


@dataclass(frozen=True)
class Wish:
    """What is asked for. `quantities` (by line) are for the kind `lines`, `amount` in yen for a free amount.

    `restocked` names the lines whose goods come back to the shelf; of the shipping fee it is all that is left or none.
    """

    kind: Kind
    quantities: Mapping[int, int] = field(default_factory=dict)
    restocked: frozenset[int] = frozenset()
    with_shipping: bool = False
    amount: int = 0


@dataclass(frozen=True)
class PlannedLine:
    part: Part
    quantity: int
    amount: int
    is_restocked: bool = False
    is_recalled: bool = False

    @property
    def line(self) -> OrderLine:
        return self.part.line


@dataclass(frozen=True)
class Plan:
    """What a refund gives back, in yen with the tax in it."""

    kind: Kind
    lines: tuple[PlannedLine, ...]
    shipping: int
    shipping_tax_rate: int

    @property
    def amount(self) -> int:
        return sum(line.amount for line in self.lines) + self.shipping

    @property
    def taxes(self) -> list[RateSummary]:
        amounts = [(one.line.tax_rate, one.amount) for one in self.lines] + [(self.shipping_tax_rate, self.shipping)]
        return summarise((rate, amount) for rate, amount in amounts if amount)


def planned(rest: Rest, wish: Wish) -> Plan:
    """What `wish` comes to, the only place where it is computed; raises `NotRefundable` in one of its kinds."""
    if rest.total < 1:
        raise NothingLeft("Everything was given back, or is being given back")
    if wish.kind == Kind.AMOUNT:
        plan = _free_amount(rest, wish)
    else:
        chosen = _chosen(rest, wish)
        _refuse_parts_of_an_instruction(rest, chosen)
        lines = tuple(_line(rest.by_line[pk], quantity, wish) for pk, quantity in chosen.items())
        plan = Plan(wish.kind, lines, rest.shipping if wish.with_shipping else 0, rest.shipping_tax_rate)
    if plan.amount < 1:
        raise NothingLeft("Nothing is left of what was chosen")
    if plan.amount > rest.total:
        raise MoreThanTheRest(rest.total)
    return plan


def _chosen(rest: Rest, wish: Wish) -> dict[int, int]:
    """The pieces by line; 0 for a line of which only money is left."""
    if wish.kind == Kind.REST:
        return {part.line.pk: part.quantity for part in rest.parts if part.quantity or part.amount}
    if not wish.quantities and not wish.with_shipping:
        raise NotPositive("Nothing was chosen")
    for pk, quantity in wish.quantities.items():
        if quantity < 1:
            raise NotPositive("A quantity is at least one")
        if pk not in rest.by_line:
            raise NotRefundable(f"The order has no line {pk}")
        if quantity > rest.by_line[pk].quantity:
            raise LineRefunded(rest.by_line[pk].line, rest.by_line[pk].quantity)
    return {pk: wish.quantities[pk] for pk in rest.by_line if pk in wish.quantities}


def _refuse_parts_of_an_instruction(rest: Rest, chosen: Mapping[int, int]) -> None:
    touched = {rest.by_line[pk].instruction for pk, quantity in chosen.items() if quantity}
    for part in rest.parts:
        is_whole = chosen.get(part.line.pk, 0) == part.quantity
        if part.where == Where.TOLD and part.instruction in touched and not is_whole:
            raise OnlyWhole(part.line)


def _line(part: Part, quantity: int, wish: Wish) -> PlannedLine:
    if part.where == Where.HERE and quantity:
        raise NotSent(part.line)
    is_restocked = part.where == Where.LEFT and part.line.pk in wish.restocked and quantity > 0
    if is_restocked and quantity > part.returnable:
        raise NotBack(part.line, part.returnable)
    is_recalled = part.where == Where.TOLD and quantity > 0
    amount = part.price_of(quantity) if quantity else part.amount
    return PlannedLine(part, quantity, amount, is_restocked, is_recalled)


def _free_amount(rest: Rest, wish: Wish) -> Plan:
    """A free amount is off the prices of all lines in proportion to what is left of each (按分), to the yen."""
    if wish.amount < 1:
        raise NotPositive("An amount is at least one yen")
    weights = [part.amount for part in rest.parts] + [rest.shipping if wish.with_shipping else 0]
    left = min(sum(weights), rest.total)
    if wish.amount > left:
        raise MoreThanTheRest(left)
    *amounts, shipping = spread(wish.amount, weights)
    lines = tuple(PlannedLine(part, 0, amount) for part, amount in zip(rest.parts, amounts, strict=True) if amount)
    return Plan(wish.kind, lines, shipping, rest.shipping_tax_rate)


def rest_of(order: Order) -> Rest:
    """What can be given back of the order now: all but what was asked for and has not failed."""
    payment = _paid(order)
    asked = payment.refunds.standing() if payment else Refund.objects.none()
    sums = asked.aggregate(amount=Sum("amount", default=0), shipping=Sum("shipping", default=0))
    return Rest(
        parts=tuple(_parts(order)),
        shipping=order.shipping_fee - sums["shipping"],
        total=payment.captured - sums["amount"] if payment else 0,
        shipping_tax_rate=order.shipping_tax_rate,
    )


def _paid(order: Order) -> Payment | None:
    return order.payments.filter(state=Payment.State.SUCCEEDED).first()


def _parts(order: Order) -> Iterable[Part]:
    given: dict[int, list[RefundLine]] = {}
    for row in RefundLine.objects.filter(order_line__order=order).select_related("refund"):
        given.setdefault(row.order_line_id, []).append(row)
    is_undone = PipelineRun.objects.filter(order=order, pipeline=PURCHASE, state=PipelineRun.State.COMPENSATED).exists()
    placed = set(order.placements.values_list("handler_id", flat=True))
    for line in order.lines.select_related("handler", "fulfillment_line__fulfillment_order"):
        rows = given.get(line.pk, [])
        standing = [row for row in rows if row.refund.state not in Refund.VOID]
        where = Where.STOPPED if is_undone and line.is_goods else _where(line, placed)
        is_told = where in (Where.TOLD, Where.LEFT)
        yield Part(
            line=line,
            quantity=line.quantity - sum(row.quantity for row in standing),
            amount=line.amount - sum(row.amount for row in standing),
            where=where,
            returnable=line.fulfillment_line.shipped_quantity - _restocked(rows) if is_told else 0,
            instruction=line.fulfillment_line.fulfillment_order_id if is_told else None,
        )


def _restocked(rows: Iterable[RefundLine]) -> int:
    """What came back to the shelf: goods do not go to the buyer again because the money came back from the bank."""
    return sum(row.quantity for row in rows if row.is_restocked and row.refund.state != Refund.State.GIVEN_UP)


def _where(line: OrderLine, placed: set[int]) -> Where:
    if not line.is_goods:
        return Where.VIDEO
    if not hasattr(line, "fulfillment_line"):
        is_elsewhere = line.handler.warehouse_id is None and line.handler_id in placed
        return Where.ELSEWHERE if is_elsewhere else Where.HERE
    states = FulfillmentOrder.State
    where = {states.OPEN: Where.HERE, states.ACCEPTED: Where.TOLD, states.CANCELLED: Where.STOPPED}
    return where.get(states(line.fulfillment_line.fulfillment_order.state), Where.LEFT)


def preview(order: Order, wish: Wish) -> Plan:
    """What would be given back; raises `NotRefundable` as `ask` does, but locks nothing and promises nothing."""
    _refuse_unpaid(order, PipelineRun.objects.filter(order=order, pipeline=PURCHASE).first())
    return planned(rest_of(order), wish)


@again_when_locked
@transaction.atomic
def ask(
    *, order: Order, wish: Wish, actor: User, reason: str, token: UUID, now: datetime, shown: int | None = None
) -> Refund:
    """Ask for money to be given back, and start the run that does it. The same `token` twice is one refund.

    `shown` is the sum that whoever asks has seen before, in yen: no other one is given back. Raises `NotRefundable` in
    one of its kinds. Of two that ask at once one waits for the other's lock; without it both would claim one
    generation of the run, and the refund of a run is unique.
    """
    order = lock_one(Order.objects.all(), pk=order.pk)
    known = Refund.objects.filter(token=token).select_related("payment", "run").first()
    if known:
        if known.payment.order_id != order.pk:
            raise OtherForm("This form was sent for another order")
        return known
    if not reason.strip():
        raise NoReason("Money is given back only with a reason, which is kept")
    purchase = PipelineRun.objects.filter(order=order, pipeline=PURCHASE).first()
    _refuse_unpaid(order, purchase)
    rest = rest_of(order)
    plan = planned(rest, wish)
    if shown is not None and shown != plan.amount:
        raise OtherSum(f"It comes to {plan.amount} yen by now")
    latest = PipelineRun.objects.filter(order=order, pipeline=REFUND).aggregate(latest=Max("generation", default=0))
    run = start(REFUND, order=order, now=now, parent=purchase, generation=latest["latest"] + 1)
    refund = _write(run, plan, amount=plan.amount, reason=reason.strip(), actor=actor, token=token, now=now)
    events.record(order, ASKED, now=now, actor=actor, amount=refund.amount, reason=reason.strip(), run=str(run.pk))
    verb, before = OperatorAction.Verb.REFUND, {"left": rest.total}
    OperatorAction.objects.create(run=run, verb=verb, reason=reason.strip(), actor=actor, before=before, acted_at=now)
    return refund


def _refuse_unpaid(order: Order, purchase: PipelineRun | None) -> None:
    if purchase is None or not order.is_paid:
        raise NotPaid(f"{order.number} is not paid")
    if purchase.state == PipelineRun.State.COMPENSATING:
        raise NotPaid(f"{order.number} is being taken back, and all of its money with it")


@transaction.atomic
def whole_rest(run: PipelineRun, *, now: datetime) -> Refund | None:
    """The refund by which a purchase that is taken back gives back the rest; asked twice, it is the first one.

    None where nothing is left to be given back.
    """
    order = lock_one(Order.objects.all(), pk=run.order_id)
    if known := Refund.objects.filter(key=key_of(run)).first():
        return known
    payment = Payment.objects.filter(order=order, state=Payment.State.SUCCEEDED).first()
    if payment and payment.captured != order.total:  # nothing was given for another sum: it goes back as it came
        return _write(run, Plan(Kind.REST, (), 0, order.shipping_tax_rate), amount=payment.captured, now=now)
    rest = rest_of(order)
    if rest.total < 1:
        return None
    lines = tuple(PlannedLine(part, part.quantity, part.amount) for part in rest.parts if part.quantity or part.amount)
    plan = Plan(Kind.REST, lines, rest.shipping, rest.shipping_tax_rate)
    return _write(run, plan, amount=plan.amount, now=now)


def key_of(run: PipelineRun) -> str:
    """The key under which the provider knows the refund of a run: that of the run's stage `refund`."""
    return f"{run.pk}:refund"


def _write(
    run: PipelineRun,
    plan: Plan,
    *,
    amount: int,
    reason: str = "",
    actor: User | None = None,
    token: UUID | None = None,
    now: datetime,
) -> Refund:
    payment = Payment.objects.get(order_id=run.order_id, state=Payment.State.SUCCEEDED)
    refund = Refund.objects.create(
        payment=payment,
        key=key_of(run),
        run=run,
        kind=plan.kind,
        amount=amount,
        shipping=plan.shipping,
        reason=(reason or run.failure or "taken back")[:LONGEST_REASON],
        requested_by=actor,
        token=token,
        created_at=now,
    )
    RefundLine.objects.bulk_create(
        RefundLine(
            refund=refund,
            order_line=one.line,
            quantity=one.quantity,
            amount=one.amount,
            is_restocked=one.is_restocked,
            is_recalled=one.is_recalled,
        )
        for one in plan.lines
    )
    return refund


def give_up(order: Order, *, reason: str, now: datetime) -> None:
    """What the runs that are being taken back were to give back is not given back: its sum is free again.

    Called in the transaction that ends their undoing; nothing was asked of the provider, or it has refused.
    """
    asked = Q(payment__order=order, state=Refund.State.REQUESTED, provider_ref=None)
    for refund in Refund.objects.filter(
        asked, run__pipeline=REFUND, run__state=PipelineRun.State.COMPENSATING, run__finished_at=None
    ):
        refund.move_to(Refund.State.GIVEN_UP)
        events.record(order, "orders.refund.given_up", now=now, amount=refund.amount, reason=reason)
