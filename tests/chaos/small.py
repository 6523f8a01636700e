"""A small pipeline with a stage of every kind, and the world in which it is crashed.

 take ─► note ─┬─► pay (key) ─► ship (reference) ─► arrive (wait) ──┐
               ├─► look (query)                                    ├─► close
               ├─► each[a], each[b] (reference) ───────────────────┘
               └─► tell (none)

`SMALL` ends well; `BACK` is the same, but `close` refuses, so what was done is undone in reverse.
"""

import os
import signal
import tempfile
from collections import Counter as Counts
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from orders.models import Effect, Order, OrderEvent, PipelineRun, StageRun
from orders.pipeline.engine.context import Context
from orders.pipeline.engine.errors import Refused, Transient
from orders.pipeline.engine.graph import (
    Output,
    Pipeline,
    Retry,
    Stage,
    Wait,
    external,
    parks,
    register,
    takes_back,
    transactional,
    wait,
)
from orders.pipeline.engine.start import start
from orders.pipeline.engine.wake import wake
from orders.services import events
from tests import builders
from tests.chaos.crash import Life
from tests.chaos.receivers import CALLS, RECEIVERS, Book

Technique = Effect.Technique
BOOKS = Path(tempfile.mkdtemp(prefix="books-"))


def book_of(order: Order) -> Book:
    return Book(BOOKS / str(order.pk))


def notes(what: str):
    """An act that writes a row of ours."""

    def act(ctx: Context) -> Output:
        events.record(ctx.order, what, now=ctx.now)
        return {}

    return act


def noted(what: str):
    def record(ctx: Context, output: Output) -> None:
        events.record(ctx.order, f"{what}{ctx.item}", now=ctx.now)

    return record


def sends(to: str, call: str, look_up: str = ""):
    """An act that calls a receiver."""

    def act(ctx: Context) -> Output:
        return ctx.perform(
            receiver=to,
            operation="do",
            request={"to": to, "reference": f"{to}{ctx.item}", "book": str(book_of(ctx.order).path)},
            call=getattr(RECEIVERS, call),
            look_up=getattr(RECEIVERS, look_up) if look_up else None,
        )

    return act


def arrive(ctx: Context) -> Output | Wait:
    if book_of(ctx.order).lines("event"):
        return {}
    return Wait(until=ctx.now + timedelta(days=9), check_at=ctx.now + timedelta(hours=1))


def refuse(ctx: Context) -> Output:
    raise Refused("It cannot be")


def finished(order: Order, now: Any) -> None:
    events.record(order, "finished", now=now)


def taken_back(order: Order, now: Any, reason: str) -> None:
    events.record(order, "taken back", now=now)


def told(name: str, call: str, technique: str, *after: str, look_up: str = "", **options: Any) -> Stage:
    failure = parks("shop")
    act = sends(name, call, look_up)
    return external(name, act, *after, failure=failure, technique=technique, system=name, record=noted(name), **options)


def items(order: Order) -> list[str]:
    return ["a", "b"]


def pipeline(name: str, *last: Stage) -> Pipeline:
    untake = transactional("untake", notes("untake"), failure=parks("shop"))
    unpay = told("unpay", "by_key", Technique.KEY)
    return register(
        Pipeline(
            name,
            1,
            (
                transactional("take", notes("take"), failure=parks("shop"), undo=untake),
                transactional("note", notes("note"), "take", failure=parks("shop")),
                told("pay", "by_key", Technique.KEY, "note", undo=unpay),
                told("look", "blindly", Technique.QUERY, "note", look_up="ask"),
                told("each", "by_reference", Technique.REFERENCE, "note", over=items),
                told("tell", "blindly", Technique.NONE, "note"),
                told("ship", "by_reference", Technique.REFERENCE, "pay"),
                wait("arrive", arrive, "ship", failure=parks("shop"), deadline=timedelta(days=9)),
                *last,
            ),
            finished=finished,
            taken_back=taken_back,
        )
    )


SMALL = pipeline("small", transactional("close", notes("close"), "arrive", "each", failure=parks("shop")))
BACK = pipeline("back", transactional("close", refuse, "arrive", "each", "look", failure=takes_back("shop")))
ONCE = ("take", "note", "pay", "look", "eacha", "eachb", "ship")


@dataclass
class SmallWorld:
    """Orders without anything in them, and receivers that keep their books in files."""

    pipeline: Pipeline
    calls = CALLS

    def case(self) -> Order:
        unfinished = StageRun.objects.filter(
            state__in=StageRun.UNFINISHED
        )  # what an earlier case left is not this one's
        unfinished.update(state=StageRun.State.CANCELLED, lease_until=None, lease_owner="")
        user = builders.member(f"{uuid4().hex}@example.com")
        return Order.objects.create(checkout_key=uuid4(), user=user, email=user.email, subtotal=330, total=330)

    def live(self, order: Order, life: Life) -> None:
        run = start(self.pipeline.name, order=order, now=life.clock())
        life.work(run.pk)
        with life.counter.resting(), book_of(order).opened() as lines:
            if not lines or lines[-1]["receiver"] != "event":
                lines.append({"receiver": "event", "of": "arrived", "id": "event"})
        wake(run.pk, "arrive", now=life.clock(), announce=False)
        life.work(run.pk)

    def judge(self, order: Order) -> list[str]:
        runs = PipelineRun.objects.filter(order=order)
        if len(runs) != 1:
            return [f"{len(runs)} runs"]
        sent = Counts(line["of"] for line in book_of(order).lines())
        written = Counts(OrderEvent.objects.filter(order=order).values_list("kind", flat=True))
        stages = {str(stage): stage for stage in StageRun.objects.filter(run=runs[0])}
        judge = self._judge_back if self.pipeline is BACK else self._judge_forward
        return [*_told_once(sent, stages["tell"]), *judge(runs[0], sent, written, stages)]

    def _judge_forward(self, run: PipelineRun, sent: Any, written: Any, stages: Any) -> list[str]:
        wrong = [f"{name} sent {sent[name]}" for name in ONCE[2:] if sent[name] != 1]
        wrong += [f"{name} written {written[name]}" for name in (*ONCE, "close") if written[name] != 1]
        left = {name: stage.state for name, stage in stages.items() if stage.state != StageRun.State.SUCCEEDED}
        if left not in ({}, {"tell": "parked"}):
            wrong.append(f"left {left}")
        if (run.state, written["finished"]) != (("running", 0) if left else ("succeeded", 1)):
            wrong.append(f"the run is {run.state}, finished {written['finished']} times")
        return wrong

    def _judge_back(self, run: PipelineRun, sent: Any, written: Any, stages: Any) -> list[str]:
        wrong = [f"{name} sent {sent[name]}" for name in (*ONCE[2:], "unpay") if sent[name] != 1]
        wrong += [f"{name} written {written[name]}" for name in (*ONCE, "unpay", "untake") if written[name] != 1]
        if (run.state, written["taken back"]) != ("compensated", 1):
            wrong.append(f"the run is {run.state}, taken back {written['taken back']} times")
        return wrong


def _told_once(sent: Any, tell: StageRun) -> list[str]:
    """At most once; where it is not known, a person is asked, or was until the run was taken back."""
    is_open = tell.error_kind in ("uncertain", "lost")
    return [] if sent["tell"] == 1 or (sent["tell"] == 0 and is_open) else [f"tell sent {sent['tell']}, {tell.state}"]


def killing(ctx: Context) -> Output:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("nobody lives to read this")


def failing(ctx: Context) -> Output:
    raise Transient("Not today")


def alone(name: str, act: Any) -> Pipeline:
    stage = external("only", act, failure=parks("shop"), technique=Technique.KEY, system=name, retry=Retry(attempts=4))
    return register(Pipeline(name, 1, (stage,), finished=finished, taken_back=taken_back))


KILLING = alone("killing", killing)
FAILING = alone("failing", failing)
