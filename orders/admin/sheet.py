"""An order as staff see it: what was agreed, the money, what is sent, and its runs stage by stage.

Read in a fixed number of queries, however long the order and its history are.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch
from django.utils.translation import gettext_lazy as _

from orders.admin import words
from orders.admin.stage_sheet import Sent, Try
from orders.admin.verbs import UNDECIDED, Verbs, verbs
from orders.admin.words import Chip
from orders.carriers import tracking_url
from orders.models import (
    FulfillmentOrder,
    OperatorAction,
    Order,
    OrderEvent,
    OrderLine,
    OutboundMail,
    Payment,
    PipelineArchive,
    PipelineRun,
    Refund,
    Shipment,
    StageRun,
)

State = StageRun.State


@dataclass(frozen=True)
class StageRow:
    """One stage: its name in words, what it is about, where it stands, what was tried and done, and what may be."""

    stage: StageRun
    name: Any
    item: str
    state: Chip
    attempts: tuple[Try, ...]
    effects: tuple[Sent, ...]
    actions: tuple[OperatorAction, ...]
    verbs: Verbs

    @property
    def is_parked(self) -> bool:
        return self.stage.state == State.PARKED

    @property
    def has_details(self) -> bool:
        return bool(self.attempts or self.effects or self.actions)


@dataclass(frozen=True)
class RunTable:
    run: PipelineRun
    state: Chip
    rows: tuple[StageRow, ...]

    @property
    def needs_a_person(self) -> bool:
        return any(row.is_parked for row in self.rows)


@dataclass(frozen=True)
class ArchivedAct:
    """What a member of staff did to a run that was compacted, or to a stage of it."""

    acted_at: datetime
    verb: Any
    subject: str
    reason: str
    actor: str


@dataclass(frozen=True)
class ArchiveRow:
    """A run that was compacted, with what the staff did to it: that stays in sight."""

    pk: int
    name: str
    state: Chip
    began_at: datetime
    finished_at: datetime
    acts: list[ArchivedAct]


@dataclass(frozen=True)
class EventRow:
    event: OrderEvent
    words: Any


@dataclass(frozen=True)
class PaymentRow:
    payment: Payment
    state: Chip


@dataclass(frozen=True)
class RefundRow:
    refund: Refund
    state: Chip


@dataclass(frozen=True)
class MailRow:
    mail: OutboundMail
    words: Any
    state: Chip


@dataclass(frozen=True)
class ParcelRow:
    shipment: Shipment
    tracking_url: str


@dataclass(frozen=True)
class SendingRow:
    """What one warehouse sends for the order."""

    made: FulfillmentOrder
    state: Chip
    parcels: tuple[ParcelRow, ...]


@dataclass(frozen=True)
class OrderSheet:
    order: Order
    state: Chip
    delivery: Chip
    lines: tuple[OrderLine, ...]
    payments: tuple[PaymentRow, ...]
    refunds: tuple[RefundRow, ...]
    sendings: tuple[SendingRow, ...]
    mails: tuple[MailRow, ...]
    events: tuple[EventRow, ...]
    runs: tuple[RunTable, ...]
    archives: tuple[ArchiveRow, ...]

    @property
    def parked(self) -> tuple[StageRow, ...]:
        """The stages that nothing but a person brings on."""
        return tuple(row for table in self.runs for row in table.rows if row.is_parked)


def order_sheet(order: Order) -> OrderSheet:
    """All that the page of `order` shows; the order comes with its buyer and address."""
    lines = tuple(order.lines.select_related("handler", "fulfillment_line__fulfillment_order__warehouse"))
    sent = tuple(order.mails.order_by("pk"))
    return OrderSheet(
        order=order,
        state=Chip(order.get_state_display(), words.ORDER_COLOURS[order.state]),
        delivery=Chip(order.get_fulfillment_state_display(), words.DELIVERY_COLOURS[order.fulfillment_state]),
        lines=lines,
        payments=tuple(
            PaymentRow(one, Chip(one.get_state_display(), words.PAYMENT_COLOURS[one.state]))
            for one in order.payments.order_by("generation")
        ),
        refunds=tuple(
            RefundRow(one, Chip(one.get_state_display(), words.REFUND_COLOURS[one.state]))
            for one in Refund.objects.filter(payment__order=order).select_related("requested_by").order_by("pk")
        ),
        sendings=tuple(_sendings(order, lines)),
        mails=tuple(
            MailRow(
                one, words.MAILS.get(one.kind, one.kind), Chip(one.get_state_display(), words.MAIL_COLOURS[one.state])
            )
            for one in sent
        ),
        events=tuple(
            EventRow(one, words.EVENTS.get(one.kind, one.kind)) for one in order.events.select_related("actor")
        ),
        runs=tuple(run_tables(order, lines, sent)),
        archives=tuple(_archives(order)),
    )


def _archives(order: Order) -> Iterable[ArchiveRow]:
    """The compacted runs, the newest first; one query for them and all that was done to them."""
    kept = ("pk", "pipeline", "version", "state", "began_at", "finished_at")
    acted = ("acted_at", "verb", "subject", "reason", "actor__name", "actor__email")
    names = [*kept, *(f"run__operator_actions__{name}" for name in acted)]
    found: dict[int, ArchiveRow] = {}
    rows = PipelineArchive.objects.filter(order=order).order_by("-began_at", "run__operator_actions__pk")
    for pk, pipeline, version, state, began, finished, at, verb, subject, reason, name, email in rows.values_list(
        *names
    ):
        chip = Chip(PipelineRun.State(state).label, words.RUN_COLOURS[state])
        row = found.setdefault(pk, ArchiveRow(pk, f"{pipeline} {version}", chip, began, finished, []))
        if at:
            row.acts.append(ArchivedAct(at, OperatorAction.Verb(verb).label, subject, reason, name or email))
    return found.values()


def _sendings(order: Order, lines: tuple[OrderLine, ...]) -> list[SendingRow]:
    """What is sent, found through the lines that are sent; the parcels in one query of their own."""
    sent = [line.fulfillment_line for line in lines if hasattr(line, "fulfillment_line")]
    made = {line.fulfillment_order_id: line.fulfillment_order for line in sent}
    parcels = Shipment.objects.filter(fulfillment_order__in=made).order_by("shipped_at", "pk") if made else ()
    by_sending: dict[int, list[ParcelRow]] = {}
    for parcel in parcels:
        row = ParcelRow(parcel, tracking_url(parcel.carrier, parcel.tracking_number))
        by_sending.setdefault(parcel.fulfillment_order_id, []).append(row)
    return [
        SendingRow(
            one, Chip(one.get_state_display(), words.FULFILMENT_COLOURS[one.state]), tuple(by_sending.get(pk, ()))
        )
        for pk, one in sorted(made.items())
    ]


def run_tables(order: Order, lines: tuple[OrderLine, ...], sent: tuple[OutboundMail, ...]) -> list[RunTable]:
    """The order's runs, the newest first, each with its stages in the pipeline's order."""
    actions = OperatorAction.objects.select_related("actor")
    stages = (
        StageRun.objects.filter(run__order=order)
        .select_related("run")
        .prefetch_related("tries", "effects", Prefetch("operator_actions", actions))
        .order_by("-run__created_at", "seq", "pk")
    )
    handlers = {str(line.handler_id): line.handler.name for line in lines}
    undecided = [one for one in sent if one.state in UNDECIDED]
    tables: dict[Any, tuple[PipelineRun, list[StageRow]]] = {}
    for stage in stages:
        row = _stage_row(stage, handlers.get(stage.item, stage.item), undecided)
        tables.setdefault(stage.run_id, (stage.run, []))[1].append(row)
    return [
        RunTable(run, Chip(run.get_state_display(), words.RUN_COLOURS[run.state]), tuple(rows))
        for run, rows in tables.values()
    ]


def _stage_row(stage: StageRun, item: str, undecided: list[OutboundMail]) -> StageRow:
    effects = stage.effects.all()
    return StageRow(
        stage=stage,
        name=words.STAGES.get(stage.name, _("Stage")),
        item=item,
        state=words.stage_chip(stage),
        attempts=tuple(Try(one) for one in stage.tries.all()),
        effects=tuple(Sent(one) for one in effects),
        actions=tuple(stage.operator_actions.all()),
        verbs=verbs(stage, effects, undecided),
    )
