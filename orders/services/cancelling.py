"""Cancelling an order: by its buyer until the warehouse is told to send it, by staff in the same way.

It is asked for here and carried out by the pipeline `cancel`, which takes the purchase back. Whether the order is
cancelled or on its way is decided there alone, under the lock of the purchase.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from accounts.models import User
from config.lib.locks import lock_one
from orders.models import OperatorAction, Order, OrderEvent, Payment, PipelineRun, StageRun
from orders.pipeline.engine import operate
from orders.pipeline.engine.execute import advance
from orders.pipeline.engine.start import start
from orders.services import archive, events, payments

CANCEL, PURCHASE = "cancel", "purchase"
ASKED = "orders.order.cancel_asked"
MAY_TAKE_BACK = ("accounting", "support")
AT_ONCE = ("close_payment", "stop")  # the stages that whoever asks waits for


class Reason(StrEnum):
    """Why an order is not cancelled."""

    SENT = "sent"  # the warehouse was told, or may have been
    VIDEO = "video"  # it holds films that are paid, which the terms exclude
    OVER = "over"  # it was cancelled or has lapsed already
    DONE = "done"  # everything was carried out


class NotCancellable(Exception):
    """The order cannot be cancelled any more."""

    def __init__(self, why: Reason) -> None:
        super().__init__(f"It cannot be cancelled: {why}")
        self.why = why


def cancel(order: Order, actor: User, reason: str, now: datetime) -> PipelineRun:
    """Ask for the whole order to be cancelled, and wait for the decision; the rest is for the workers.

    Asked twice, it is the first asking. Raises `NotCancellable` where it is too late already, and `ValueError` when a
    member of staff gives no reason. `outcome_of` tells what was decided.
    """
    run = _ask(order, actor, reason, now)
    for name in AT_ONCE:
        advance(run.pk, only=name, clock=lambda: now)
    return run


def take_back(run: PipelineRun, actor: User, reason: str, now: datetime) -> None:
    """Have what a run did undone, as staff ask for it: a purchase is cancelled, so an open payment is closed first.

    Raises `NotCancellable` and `ValueError` as `cancel` does, and the first where it is decided that it is too late;
    `operate.NotPossible` as `operate.take_back` does.
    """
    if run.pipeline == PURCHASE:
        _, refused = outcome_of(cancel(run.order, actor, reason, now))
        if refused:
            raise NotCancellable(refused)
    else:
        operate.take_back(run=run, actor=actor, reason=reason, now=now)


def may_take_back(user: User) -> bool:
    """Whether a member of staff takes purchases back and gives money back: who may change orders, and the roles that
    answer for money and for buyers."""
    return user.has_perm("orders.change_order") or (
        user.has_perm("orders.view_pipelinerun") and user.groups.filter(name__in=MAY_TAKE_BACK).exists()
    )


def outcome_of(run: PipelineRun) -> tuple[bool, Reason | None]:
    """Whether it is decided that the order is cancelled, and why it is not; neither while it is not decided."""
    output = archive.output_of(run, "stop")
    refused = output.get("refused", "")
    return "taken_back" in output, Reason(refused) if refused else None


@transaction.atomic
def _ask(order: Order, actor: User, reason: str, now: datetime) -> PipelineRun:
    order = lock_one(Order.objects.all(), pk=order.pk)
    is_by_buyer = actor.pk == order.user_id
    if not is_by_buyer and not reason.strip():
        raise ValueError("An order is cancelled only with a reason, which is kept")
    purchase = PipelineRun.objects.get(order=order, pipeline=PURCHASE)
    latest = _latest(order)
    if latest and outcome_of(latest)[1] is None:
        return latest
    if why := why_not(order, purchase, is_by_buyer=is_by_buyer):
        raise NotCancellable(why)
    generation = latest.generation + 1 if latest else 1
    run = start(CANCEL, order=order, now=now, parent=purchase, generation=generation)
    events.record(order, ASKED, now=now, actor=actor, is_public=True, run=str(run.pk), reason=reason)
    if not is_by_buyer:
        verb, before = OperatorAction.Verb.TAKE_BACK, {"state": purchase.state}
        OperatorAction.objects.create(run=purchase, verb=verb, reason=reason, actor=actor, before=before, acted_at=now)
    return run


def why_not(order: Order, purchase: PipelineRun, *, is_by_buyer: bool) -> Reason | None:
    """Why it cannot be cancelled, as far as can be told without a lock."""
    if purchase.state != PipelineRun.State.RUNNING:
        return Reason.DONE if purchase.state == PipelineRun.State.SUCCEEDED else Reason.OVER
    if operate.beyond_return(purchase):
        return Reason.SENT
    if is_by_buyer and order.is_paid and order.lines.filter(offer__isnull=False).exists():
        return Reason.VIDEO
    return None


def _latest(order: Order) -> PipelineRun | None:
    return PipelineRun.objects.filter(order=order, pipeline=CANCEL).order_by("-generation").first()


@dataclass(frozen=True)
class Standing:
    """What the buyer's page says of cancelling: possible, asked for and not decided, or refused and why."""

    is_possible: bool = False
    is_asked: bool = False
    refused: Reason | None = None


def standing(order: Order) -> Standing:
    """How it stands with cancelling the order, for its buyer."""
    latest = _latest(order)
    is_decided, refused = outcome_of(latest) if latest else (False, None)
    if latest and refused is None:
        return Standing(is_asked=not is_decided or latest.finished_at is None)
    purchase = PipelineRun.objects.filter(order=order, pipeline=PURCHASE).first()
    is_possible = purchase is not None and why_not(order, purchase, is_by_buyer=True) is None
    return Standing(is_possible=is_possible, refused=None if is_possible else refused)


@dataclass(frozen=True)
class Asked:
    """Who asked for a cancellation, and what they said."""

    is_by_buyer: bool
    reason: str


def asked(run: PipelineRun) -> Asked:
    """What was said when run `run` was asked for."""
    event = OrderEvent.objects.get(order_id=run.order_id, kind=ASKED, data__run=str(run.pk))
    is_by_buyer = event.actor_id == run.order.user_id
    return Asked(is_by_buyer, event.data["reason"] or ("Cancelled by the buyer" if is_by_buyer else ""))


def asked_by(order: Order) -> str:
    """Who asked for the order to be cancelled: `buyer`, `staff`, or nobody."""
    actor = OrderEvent.objects.filter(order=order, kind=ASKED).order_by("-pk").values_list("actor", flat=True).first()
    if actor is None:
        return ""
    return "buyer" if actor == order.user_id else "staff"


@transaction.atomic
def withdraw_unopened(order: Order) -> None:
    """Give up a payment that the provider was not told of, or that no buyer has been shown."""
    lock_one(Order.objects.all(), pk=order.pk)
    for payment in order.payments.filter(state=Payment.State.CREATED):
        payment.move_to(Payment.State.CANCELLED)


def money_is_settled(order: Order, purchase: PipelineRun) -> bool:
    """Whether it is certain what was paid: nothing can be paid any more, or the purchase knows of the payment."""
    payment = payments.current_payment(order)
    charge = StageRun.objects.get(run=purchase, name="charge")
    return payment is None or charge.state == StageRun.State.SUCCEEDED
