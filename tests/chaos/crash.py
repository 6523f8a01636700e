"""One line that puts any pipeline through every crash: `assert_crash_safe(pipeline, world)`.

A world says how a case of its own begins, what a worker's life is, and what the receivers must hold in the end. A life
runs in a forked child in which each SQL statement, each COMMIT (before and after) and each call to the outside (before
and after) is a point. First a life is counted. Then, for every point, a child gets SIGKILL exactly there, a fresh one
goes on to the end, and the receivers' own books are read; after that the same with pairs of points, the second kill
hitting the one that recovers. `frozen` stops a child with SIGSTOP instead, lets another go past it, and thaws it.

Between two statements nothing leaves the process, so "after one" is "before the next".
"""

import contextlib
import json
import os
import random
import signal
import smtplib
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

import requests
from django.db import connection, connections

from config.lib import clock
from orders.models import StageRun
from orders.pipeline.engine import gates
from orders.pipeline.engine.context import LEASE
from orders.pipeline.engine.execute import advance
from orders.pipeline.engine.graph import Pipeline
from orders.pipeline.engine.sweep import sweep

PAST_THE_LEASE = LEASE + timedelta(seconds=1)
MOST_ROUNDS = 60
Call = tuple[Any, str, str]  # whose attribute it is, its name, and what the point is called
OUTGOING: tuple[Call, ...] = (
    (requests.adapters.HTTPAdapter, "send", "http"),
    (smtplib.SMTP, "connect", "smtp connect"),
    (smtplib.SMTP, "sendmail", "smtp sendmail"),
)


_true_now = clock.now


@dataclass
class Clock:
    """The database's time, and what a test lets pass beside it: a lease runs out, a pause is over, without waiting."""

    shift: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return _true_now() + self.shift

    def skip_to(self, moment: datetime) -> None:
        self.shift = max(self.shift, moment - _true_now() + timedelta(milliseconds=1))


@dataclass
class Counter:
    """Counts the points of one life; at number `at` (from 1) the process sends itself `signal`."""

    at: int = 0
    signal: int = signal.SIGKILL
    kinds: list[str] = field(default_factory=list)
    is_resting: bool = False
    thread: int = field(default_factory=threading.get_ident)

    def point(self, kind: str) -> None:
        if self.is_resting or threading.get_ident() != self.thread:
            return
        self.kinds.append(kind if connection.in_atomic_block else f"{kind} (no transaction)")
        if len(self.kinds) == self.at:
            os.kill(os.getpid(), self.signal)

    @contextlib.contextmanager
    def resting(self) -> Iterator[None]:
        """What happens inside is done by other people, not by the worker."""
        self.is_resting = True
        try:
            yield
        finally:
            self.is_resting = False


@dataclass
class Life:
    """What a world is given to live by."""

    counter: Counter
    clock: Clock

    def work(self, run_id: Any, round_of_others: Callable[[datetime], object] = lambda now: None) -> None:
        """Sweep and go through the run until nothing more is to do; what is only put off is waited for by the clock."""
        for _ in range(MOST_ROUNDS):
            gates.forget()
            swept = sweep(now=self.clock())
            others = round_of_others(self.clock())
            if advance(run_id, clock=self.clock) or swept or others:
                continue
            later = StageRun.objects.filter(run_id=run_id, state=StageRun.State.READY)
            put_off = later.order_by("available_at").values_list("available_at", flat=True).first()
            if put_off is None:
                return
            self.clock.skip_to(put_off)
        raise AssertionError("The run did not come to rest")


class WorkerBroke(Exception):
    """A life ended with an error instead of a rest."""


class World(Protocol):
    """Where a pipeline runs in a test; `calls` are functions of its own that go out, beside HTTP and SMTP."""

    calls: tuple[Call, ...]

    def case(self) -> Any:
        """Something new to run the pipeline for, made before the worker's life begins."""

    def live(self, case: Any, life: Life) -> None:
        """All that workers do for the case from its start to its end, in whatever state it is found."""

    def judge(self, case: Any) -> list[str]:
        """What is wrong in the end, by the books of the receivers; nothing, if all is well."""


@dataclass
class Report:
    """How many points there were, how many lives were ended, and what was found wrong where."""

    pipeline: str
    points: int = 0
    killed: int = 0
    pairs: int = 0
    frozen: int = 0
    violations: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)

    def found(self, where: str, wrong: Iterable[str]) -> None:
        self.violations += [f"{where}: {one}" for one in wrong]


def assert_crash_safe(pipeline: Pipeline, world: World, *, pairs: int = 0, seed: int = 1) -> Report:
    """Kill at every point, then at `pairs` seeded pairs of points; fails where anything was lost or doubled."""
    report = killed(pipeline, world, pairs=pairs, seed=seed)
    assert not report.violations, report.violations
    assert report.killed >= report.points + pairs, f"{report.killed} kills of {report.points} points and {pairs} pairs"
    return report


def killed(
    pipeline: Pipeline,
    world: World,
    *,
    points: int = 0,
    pairs: int = 0,
    seed: int = 1,
    at: Callable[[str], bool] = lambda kind: True,
    until_found: bool = False,
) -> Report:
    """The same without judging: every point of the kinds `at`, or a seeded choice of `points` of them.

    `until_found` ends at the first violation.
    """
    report, dice = counted(pipeline, world), random.Random(seed)
    every = [number for number, kind in enumerate(report.kinds, 1) if at(kind)]
    chosen = dice.sample(every, points) if points and points < len(every) else every
    plans: list[tuple[int, ...]] = [(point,) for point in chosen]
    plans += [_pair(dice, report.points) for _ in range(pairs)]
    for plan in plans:
        if until_found and report.violations:
            break
        report.pairs += len(plan) == 2
        report.killed += _trial(world, plan, report)
    return report


def _pair(dice: random.Random, points: int) -> tuple[int, int]:
    """A first kill somewhere, and a second in the life that follows, which has about as much left to do."""
    first = dice.randint(1, points - 1)
    return first, dice.randint(1, max(1, points - first))


def counted(pipeline: Pipeline, world: World) -> Report:
    """A life that nobody ends: its points, and the books after it."""
    report, case = Report(pipeline.name), world.case()
    child = begin(world, case, Counter())
    report.kinds = child.end()
    report.points = len(report.kinds)
    report.found("nobody killed", world.judge(case))
    return report


def _trial(world: World, plan: tuple[int, ...], report: Report) -> int:
    """The number of lives that were ended; a second point may lie beyond what was left to do."""
    case, kills = world.case(), 0
    with _looked_at(world, case, report, f"killed at {'+'.join(map(str, plan))} ({report.kinds[plan[0] - 1]})"):
        for point in plan:
            kills += not begin(world, case, Counter(point)).end()
        begin(world, case, Counter()).end()
    return kills


@contextlib.contextmanager
def _looked_at(world: World, case: Any, report: Report, where: str) -> Iterator[None]:
    """What is done to a case, and the judgement in the end; a worker that broke is a violation too."""
    try:
        yield
    except WorkerBroke as error:
        report.found(where, [str(error)])
    while _frozen:
        os.kill(_frozen[-1], signal.SIGKILL)
        os.waitpid(_frozen.pop(), 0)
    report.found(where, world.judge(case))


def frozen(
    pipeline: Pipeline,
    world: World,
    *,
    at: Callable[[str], bool] = lambda kind: True,
    until_found: bool = False,
    for_real: bool = False,
) -> Report:
    """Stop a worker at each point outside of a transaction, let its lease run out, let another work, and thaw it.

    Inside a transaction it would keep its locks, and nobody could go past it. The lease runs out by the others' clock,
    or, `for_real`, because that much time has passed.
    """
    shift = timedelta(0) if for_real else PAST_THE_LEASE
    report = counted(pipeline, world)
    for point in _outside(report, at):
        if until_found and report.violations:
            break
        case = world.case()
        with _looked_at(world, case, report, f"frozen at {point} ({report.kinds[point - 1]})"):
            first = begin(world, case, Counter(point, signal.SIGSTOP))
            report.frozen += first.was_stopped
            time.sleep(LEASE.total_seconds() + 0.3 if for_real else 0)
            begin(world, case, Counter(), Clock(shift)).end()
            first.thaw()
            begin(world, case, Counter(), Clock(2 * shift)).end()
    return report


def both_frozen(
    pipeline: Pipeline, world: World, *, first_at: Callable[[str], bool], then_at: str, until_found: bool = False
) -> Report:
    """The worker that took over is stopped too, before it has called out; then the first one wakes up, and it."""
    report = counted(pipeline, world)
    last = next(n for n, kind in enumerate(report.kinds, 1) if kind.startswith(then_at))
    for point in (n for n in _outside(report, first_at) if n < last):
        if until_found and report.violations:
            break
        case = world.case()
        with _looked_at(world, case, report, f"frozen at {point} ({report.kinds[point - 1]}), then {then_at}"):
            first = begin(world, case, Counter(point, signal.SIGSTOP))
            second = begin(world, case, Stopping(kind=then_at), Clock(PAST_THE_LEASE))
            report.frozen += first.was_stopped and second.was_stopped
            first.thaw()
            second.thaw()
            begin(world, case, Counter(), Clock(2 * PAST_THE_LEASE)).end()
    return report


def _outside(report: Report, at: Callable[[str], bool]) -> list[int]:
    """The numbers of the points at which nothing is locked; before a COMMIT everything still is."""
    free = {n: kind for n, kind in enumerate(report.kinds, 1) if kind.endswith("(no transaction)")}
    return [n for n, kind in free.items() if not kind.startswith("before commit") and at(kind)]


@dataclass
class Stopping(Counter):
    """Stops the first time a point of that kind is passed."""

    kind: str = ""

    def point(self, kind: str) -> None:
        super().point(kind)
        if kind == self.kind and not self.is_resting and threading.get_ident() == self.thread:
            self.kind = ""
            os.kill(os.getpid(), signal.SIGSTOP)


_frozen: list[int] = []


@dataclass
class Child:
    """A life in a process of its own."""

    pid: int
    reader: int
    was_stopped: bool = False
    status: int = 0

    def end(self) -> list[str]:
        """Wait for it; the points it passed, none if it was killed. Raises what the life raised."""
        _, self.status = os.waitpid(self.pid, 0)
        with os.fdopen(self.reader) as pipe:
            told = pipe.read()
        if os.WIFEXITED(self.status) and os.WEXITSTATUS(self.status):
            raise WorkerBroke(f"A worker broke: {told}")
        kinds: list[str] = json.loads(told) if told else []
        return kinds

    def thaw(self) -> None:
        """Go on, where it was stopped, to the end of its life."""
        if self.was_stopped:
            _frozen.remove(self.pid)
            os.kill(self.pid, signal.SIGCONT)
            self.end()


def begin(world: World, case: Any, counter: Counter, at: Clock | None = None) -> Child:
    """A worker's life in a forked child: returns at once, or when it has stopped itself, if it is to."""
    connections.close_all()
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        _live(world, case, Life(counter, at or Clock()), writer)
    os.close(writer)
    child = Child(pid, reader)
    if counter.signal == signal.SIGSTOP or isinstance(counter, Stopping):
        _, status = os.waitpid(pid, os.WUNTRACED)
        child.was_stopped = os.WIFSTOPPED(status)
        if child.was_stopped:
            _frozen.append(pid)
        else:
            os.close(reader)
    return child


def _live(world: World, case: Any, life: Life, writer: int) -> None:
    try:
        life.counter.thread = threading.get_ident()
        clock.now = life.clock
        clock.now()
        with points(life.counter, world.calls):
            world.live(case, life)
        os.write(writer, json.dumps(life.counter.kinds).encode())
        os._exit(0)
    except BaseException as error:
        os.write(writer, repr(error).encode()[:4000])
        os._exit(1)


@contextlib.contextmanager
def points(counter: Counter, calls: Iterable[Call] = ()) -> Iterator[None]:
    """Make points of what this process does, without a line of product code knowing of it."""

    def statement(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        counter.point(" ".join(sql.split())[:24])
        return execute(sql, params, many, context)

    with contextlib.ExitStack() as stack:
        stack.enter_context(connection.execute_wrapper(statement))
        for owner, name, kind in (*OUTGOING, *calls):
            original = getattr(owner, name)
            setattr(owner, name, _around(counter, original, kind))
            stack.callback(setattr, owner, name, original)
        commit = connection._commit
        connection._commit = _around(counter, commit, "commit")
        stack.callback(setattr, connection, "_commit", commit)
        yield


def _around(counter: Counter, original: Callable[..., Any], kind: str) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        counter.point(f"before {kind}")
        answer = original(*args, **kwargs)
        counter.point(f"after {kind}")
        return answer

    return call
