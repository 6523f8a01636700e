"""Whatever happens to a run, in whatever order: workers, crashes, lapsed leases, messages, webhooks, people.

Three workers claim stages, and each may finish what it has claimed at once, much later, or never. After every step the
promises of the pipeline are checked against the receivers' books; in the end all is healed, and the run must end.
"""

from collections import Counter
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from config.lib import clock
from orders.models import Circuit, Effect, Order, OrderEvent, Pause, PipelineRun, StageAttempt, StageRun
from orders.pipeline.engine import execute, gates, graph, operate
from orders.pipeline.engine.context import LEASE, Context
from orders.pipeline.engine.errors import Refused, Transient
from orders.pipeline.engine.execute import advance
from orders.pipeline.engine.graph import Pipeline, Wait, external, parks, takes_back, transactional, wait
from orders.pipeline.engine.start import start
from orders.pipeline.engine.sweep import mend, sweep
from orders.pipeline.engine.wake import wake
from orders.services import events
from tests import builders
from tests.sizes import IS_FULL

# As in life; and within one transaction PostgreSQL would keep every version of every row.
pytestmark = pytest.mark.django_db(transaction=True)
State = StageRun.State
Technique = Effect.Technique
WORKERS = st.integers(0, 2)
SENDING = ("pay", "look", "each", "tell", "ship")
STAGES = {"take", "pay", "look", "each", "tell", "ship", "arrive", "close"}


class Crash(BaseException):
    """The process is gone: nothing that would follow happens."""


class Outside:
    """The receivers, and what is going to go wrong at them."""

    def __init__(self) -> None:
        self.book: list[tuple[str, str]] = []  # what was done: for whom, and under which key or reference
        self.next = self.at = ""
        self.has_arrived = False
        self.refuses_close = False

    def call(self, request: dict, key: str) -> dict:
        self._fails("before", request["to"])
        name, technique = request["to"], request["technique"]
        under = key if technique == Technique.KEY else request["to"]
        if technique not in (Technique.KEY, Technique.REFERENCE) or (name, under) not in self.book:
            self.book.append((name, under))
        self._fails("after", request["to"])
        return {"id": str(self.book.index((name, under)))}

    def look_up(self, request: dict, key: str) -> dict | None:
        done = [number for number, (name, _) in enumerate(self.book) if name == request["to"]]
        return {"id": str(done[0])} if done else None

    def _fails(self, moment: str, name: str) -> None:
        kind, _, when = self.next.partition(" ")
        if when != moment or not name.startswith(self.at):
            return
        self.next = ""
        if kind == "crash":
            raise Crash
        raise Refused("no") if kind == "refuse" else Transient("later")

    def sent(self) -> Counter[str]:
        return Counter(name for name, _ in self.book)


outside = Outside()


def notes(what: str):
    def act(ctx: Context) -> dict:
        if what == "close" and outside.refuses_close:
            raise Refused("it cannot be")
        events.record(ctx.order, what, now=ctx.now)
        return {}

    return act


def sends(ctx: Context) -> dict:
    look_up = outside.look_up if ctx.spec.technique == Technique.QUERY else None
    request = {"to": str(ctx.stage), "technique": ctx.spec.technique}
    return ctx.perform(receiver="them", operation="do", request=request, call=outside.call, look_up=look_up)


def arrive(ctx: Context) -> dict | Wait:
    return {} if outside.has_arrived else Wait(until=ctx.now + timedelta(days=9))


def told(name: str, technique: str, *after: str, **options: Any) -> graph.Stage:
    return external(name, sends, *after, failure=parks("shop"), technique=technique, system=name, **options)


def two(order: Order) -> list[str]:
    return ["a", "b"]


PIPELINE = Pipeline(
    "machine",
    1,
    (
        transactional(
            "take", notes("take"), failure=parks("shop"),
            undo=transactional("untake", notes("untake"), failure=parks("shop")),
        ),
        told("pay", Technique.KEY, "take", undo=told("unpay", Technique.KEY)),
        told("look", Technique.QUERY, "pay"),
        told("each", Technique.REFERENCE, "pay", over=two),
        told("tell", Technique.NONE, "pay"),
        told("ship", Technique.REFERENCE, "look"),
        wait("arrive", arrive, "ship", failure=parks("shop"), deadline=timedelta(days=9)),
        transactional("close", notes("close"), "arrive", "each", failure=takes_back("shop")),
    ),
    finished=lambda order, now: events.record(order, "finished", now=now),
    taken_back=lambda order, now, reason: events.record(order, "taken back", now=now),
)  # fmt: skip


class Machine(RuleBasedStateMachine):
    """One run, and everything that may happen to it."""

    reached: Counter[str] = Counter()

    def __init__(self) -> None:
        super().__init__()
        outside.__init__()  # type: ignore[misc]
        self.now: datetime = timezone.now()
        clock.now = lambda: self.now  # type: ignore[assignment]
        gates.time.monotonic = lambda: self.now.timestamp()  # type: ignore[assignment]
        Pause.objects.all().delete()
        Circuit.objects.all().delete()
        gates.forget()
        StageRun.objects.filter(state__in=StageRun.UNFINISHED).update(
            state=State.CANCELLED, lease_until=None, lease_owner=""
        )
        self.person = builders.member(f"{uuid4().hex}@example.com", is_staff=True)
        self.held: dict[int, StageRun] = {}  # what each worker has claimed and not finished
        self.fences: Counter[int] = Counter()

    @initialize()
    def button(self) -> None:
        self.order = Order.objects.create(
            checkout_key=uuid4(), user=self.person, email=self.person.email, subtotal=330, total=330
        )
        self.run = start("machine", order=self.order, now=self.now)

    def worker(self) -> execute.Worker:
        run = PipelineRun.objects.select_related("order").get(pk=self.run.pk)
        return execute.Worker(run, lambda: self.now)

    def stages(self, *states: str) -> list[StageRun]:
        return list(StageRun.objects.filter(run=self.run, state__in=states).select_related("run__order"))

    # What workers do.

    @rule(number=WORKERS)
    def claim(self, number: int) -> None:
        if number not in self.held and (stage := self.worker().claim()):
            self.held[number] = stage

    @rule(number=WORKERS)
    def finish(self, number: int) -> None:
        """Do what was claimed, however long ago, and let go of what is claimed with its end."""
        stage = self.held.pop(number, None)
        if stage is None:
            return
        worker = self.worker()
        try:
            following = worker.attempt(worker.context(stage))
        except Crash:
            self._dies()
        else:
            if following:
                self.held[number] = following

    @rule(steps=st.integers(1, 6))
    def work(self, steps: int) -> None:
        for _ in range(steps):
            self.claim(0)
            self.finish(0)
            self.later(timedelta(seconds=1))

    @rule()
    def deliver(self) -> None:
        """A message arrives, perhaps for the second time."""
        try:
            advance(self.run.pk, clock=lambda: self.now)
        except Crash:
            self._dies()

    @rule(number=WORKERS)
    def crash(self, number: int) -> None:
        if stage := self.held.pop(number, None):
            self._dies(stage)

    def _dies(self, *stages: StageRun) -> None:
        """The process behind these stages, or behind those that no worker holds, is gone."""
        held = {stage.pk for stage in self.held.values()}
        mine = [stage.pk for stage in stages] or [one.pk for one in self.stages(State.RUNNING) if one.pk not in held]
        running = StageRun.objects.filter(pk__in=mine, state=State.RUNNING)
        fences = {stage.pk: stage.fence for stage in stages}
        for row in running:
            if fences.get(row.pk, row.fence) == row.fence:
                StageRun.objects.filter(pk=row.pk).update(lease_owner=row.lease_owner.rpartition("|")[0] + "|0")

    # What time and sweeps do.

    @rule(by=st.sampled_from([timedelta(seconds=2), LEASE / 2, LEASE + timedelta(seconds=1), timedelta(minutes=6)]))
    def later(self, by: timedelta) -> None:
        self.now += by

    @rule()
    def sweep(self) -> None:
        sweep(now=self.now)
        gates.forget()

    # What the outside does.

    @rule(
        how=st.sampled_from(["fail before", "fail after", "crash before", "crash after", "refuse before"]),
        at=st.sampled_from(("", "tell", *SENDING)),
        steps=st.integers(0, 8),
    )
    def goes_wrong(self, how: str, at: str, steps: int) -> None:
        outside.next, outside.at = how, at
        self.work(steps)

    @rule(is_true=st.booleans())
    def webhook(self, is_true: bool) -> None:
        """It may come before the instruction was answered, twice, or say what is not so."""
        outside.has_arrived |= is_true and bool(outside.sent()["ship"])
        wake(self.run.pk, "arrive", now=self.now)

    @precondition(lambda self: not outside.refuses_close)
    @rule(choice=st.integers(0, 7))
    def stock_goes(self, choice: int) -> None:
        outside.refuses_close = choice == 0

    # What people do.

    @precondition(lambda self: self.stages(State.PARKED, State.WAITING))
    @rule(data=st.data(), act=st.sampled_from(["retry", "retry", "skip"]))
    def operator(self, data: st.DataObject, act: str) -> None:
        stage = data.draw(st.sampled_from(self.stages(State.PARKED, State.WAITING)))
        getattr(operate, act)(stage=stage, actor=self.person, reason="because", now=self.now)

    @rule(choice=st.integers(0, 9))
    def take_back(self, choice: int) -> None:
        if choice == 0:
            try:
                operate.take_back(run=self.run, actor=self.person, reason="the buyer called", now=self.now)
            except operate.NotPossible:
                event("taking back was not possible")

    @rule(name=st.sampled_from(SENDING), is_on=st.booleans())
    def pause(self, name: str, is_on: bool) -> None:
        if is_on:
            gates.pause(scope="system", name=name, reason="closed", actor_id=None, until=None, now=self.now)
        else:
            gates.lift(scope="system", name=name)

    # What must hold at any time.

    @invariant()
    def nothing_happens_twice(self) -> None:
        assert not {name: times for name, times in outside.sent().items() if times > 1}
        written = Counter(OrderEvent.objects.filter(order=self.order).values_list("kind", flat=True))
        assert not {kind: times for kind, times in written.items() if times > 1}
        assert written["finished"] + written["taken back"] <= 1

    @invariant()
    def what_is_done_has_happened(self) -> None:
        sent, written = outside.sent(), set(OrderEvent.objects.filter(order=self.order).values_list("kind", flat=True))
        for stage in StageRun.objects.filter(run=self.run):
            is_done = stage.state == State.SUCCEEDED
            if stage.kind == StageRun.Kind.EXTERNAL and is_done:
                assert sent[str(stage)] == 1
            if stage.kind == StageRun.Kind.TRANSACTIONAL:
                assert is_done == (stage.name in written)
            assert stage.fence >= self.fences[stage.pk]
            self.fences[stage.pk] = stage.fence

    @invariant()
    def order_is_kept(self) -> None:
        run = PipelineRun.objects.get(pk=self.run.pk)
        rows = {str(stage): stage for stage in StageRun.objects.filter(run=run)}
        over = (State.SUCCEEDED, State.SKIPPED, State.CANCELLED)
        for stage in PIPELINE.stages:
            before = [row for row in rows.values() if row.name in stage.after]
            begun = [row for row in rows.values() if row.name == stage.name and row.started_at]
            assert not begun or all(row.state in over for row in before)
        is_over = all(row.state in over for row in rows.values())
        assert bool(run.finished_at) == (run.state in ("succeeded", "compensated")) == is_over
        tries = StageAttempt.objects.filter(stage__run=run, outcome="succeeded")
        assert all(times == 1 for times in Counter(tries.values_list("stage", flat=True)).values())

    def teardown(self) -> None:
        """Everything is healed, people answer what is left to them, and the run ends."""
        for name in SENDING:
            gates.lift(scope="system", name=name)
        for _ in range(60):  # what was going to go wrong still does, once
            self.later(timedelta(minutes=6))
            self.sweep()
            mend(now=self.now)
            self.deliver()
            outside.has_arrived |= bool(outside.sent()["ship"])
            self.webhook(False)
            self.deliver()
            for stage in self.stages(State.PARKED):
                act = operate.skip if stage.error_kind == "uncertain" or stage.name == "arrive" else operate.retry
                act(stage=stage, actor=self.person, reason="because", now=self.now)
            for number in list(self.held):  # the frozen ones wake up at last
                self.finish(number)
            if PipelineRun.objects.get(pk=self.run.pk).finished_at:
                break
        run = PipelineRun.objects.get(pk=self.run.pk)
        assert run.finished_at, [(str(stage), stage.state) for stage in StageRun.objects.filter(run=run)]
        self.nothing_happens_twice()
        self.what_is_done_has_happened()
        self.order_is_kept()
        if run.state == PipelineRun.State.COMPENSATED:
            sent = outside.sent()
            paid = StageRun.objects.filter(run=run, name="pay", state=State.SUCCEEDED).exists()
            assert sent["unpay"] == paid
        self._count(run)

    def _count(self, run: PipelineRun) -> None:
        begun = StageRun.objects.filter(run=run, started_at__isnull=False).values_list("name", flat=True)
        outcomes = StageAttempt.objects.filter(stage__run=run).values_list("outcome", flat=True)
        for seen in {*begun, *outcomes, f"the run {run.state}"}:
            event(seen)
            Machine.reached[seen] += 1


@pytest.fixture
def machine(monkeypatch, settings):
    """The pipeline of this file alone, no broker, and a clock that stands still until it is moved."""
    settings.PIPELINE_EXECUTOR = "table"
    monkeypatch.setattr(graph, "_registry", {(PIPELINE.name, PIPELINE.version): PIPELINE})
    monkeypatch.setattr(clock, "now", clock.now)
    monkeypatch.setattr(gates, "time", SimpleNamespace(monotonic=None))
    monkeypatch.setattr("config.lib.realtime.publish", lambda channel, event: None)
    Machine.reached.clear()
    return Machine


def test_whatever_happens_in_whatever_order_the_promises_hold(machine):
    examples, steps = (400, 60) if IS_FULL else (40, 40)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=not IS_FULL,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
    wanted = STAGES | {"succeeded", "waited", "lost", "the run succeeded"}
    if IS_FULL:  # a few examples reach every stage, and by luck alone each rare outcome
        wanted |= {"transient", "refused", "uncertain", "the run compensated", "unpay"}
    assert wanted <= set(Machine.reached), dict(Machine.reached)
