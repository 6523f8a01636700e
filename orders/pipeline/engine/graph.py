"""What a pipeline is: a declared graph of stages under a name and a version, readable before anything runs."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

from orders.models import Effect, Order, StageRun

if TYPE_CHECKING:
    from orders.pipeline.engine.context import Context

Output = dict[str, Any]


@dataclass(frozen=True)
class Wait:
    """The stage waits for an event; it looks by itself at `check_at`, and at `until` at the latest."""

    until: datetime
    check_at: datetime | None = None

    @property
    def next_look(self) -> datetime:
        return min(self.check_at or self.until, self.until)


@dataclass(frozen=True)
class Retry:
    """How often a stage is tried, and how long it pauses: at random between nothing and a bound that doubles.

    It is tried at most `attempts` times and for `within`, and only after errors of the classes `only`; whatever comes
    first leads to a person. An outage of its outside system that the circuit breaker knows of costs no attempt.
    """

    attempts: int = 8
    base: timedelta = timedelta(seconds=1)
    cap: timedelta = timedelta(minutes=5)
    within: timedelta = timedelta(days=3)
    only: tuple[type[Exception], ...] = (Exception,)

    def bound(self, attempt: int) -> timedelta:
        return min(self.cap, self.base * 2 ** min(attempt - 1, 20))


@dataclass(frozen=True)
class Failure:
    """What becomes of a stage that does not succeed: which staff answer for it, and what a refusal leads to."""

    owner: str
    takes_back: bool = False


def parks(owner: str) -> Failure:
    """A refusal stops at a person, as everything does that used up its attempts; `owner` is a staff role."""
    return Failure(owner)


def takes_back(owner: str) -> Failure:
    """A refusal takes the whole run back; whatever else goes wrong stops at a person of the role `owner`."""
    return Failure(owner, takes_back=True)


def always(order: Order) -> bool:
    return True


@dataclass(frozen=True)
class Stage:
    """One stage: what it does, after which others, over which items, and how it fails.

    `act` of a transactional stage runs in the transaction of its completion. `act` of an external or waiting stage
    runs with no transaction open; its answer is then written by `record` in the transaction of the completion.
    `undo` takes back what the stage did, when the run is taken back. A stage that others rely on for more than its
    being over says that it cannot be skipped, and one that cannot be undone once it was begun that it is beyond return.
    What a stage sends may be changed by a person once it was rejected, unless the books say what it sends.

    `system` names the outside system it cannot do without. `deadline` is the longest that it may wait for an event,
    `limit` the time within which staff expect it to be over, `longest` the time after which a worker that is still at
    one attempt is taken for stuck.
    """

    name: str
    kind: StageRun.Kind
    act: "Callable[[Context], Output | Wait]"
    after: tuple[str, ...] = ()
    failure: Failure | None = None
    over: Callable[[Order], Iterable[str]] | None = None
    when: Callable[[Order], bool] = always
    record: "Callable[[Context, Output], None] | None" = None
    undo: "Stage | None" = None
    retry: Retry = field(default_factory=Retry)
    technique: Effect.Technique | None = None
    system: str = ""
    deadline: timedelta | None = None
    limit: timedelta | None = None
    longest: timedelta = timedelta(minutes=10)
    can_be_skipped: bool = True
    is_beyond_return: bool = False
    may_be_changed: bool = True

    def items(self, order: Order) -> list[str]:
        """The items it runs over: none at all where it does not apply, one nameless item where it is not mapped."""
        if not self.when(order):
            return []
        return list(self.over(order)) if self.over else [""]

    @property
    def owner(self) -> str:
        return self.failure.owner if self.failure else ""

    @property
    def takes_back_when_refused(self) -> bool:
        return self.failure is not None and self.failure.takes_back

    def faults(self) -> Iterable[str]:
        """What its declaration lacks."""
        if self.failure is None:
            yield "says not what becomes of it when it fails"
        if self.kind == StageRun.Kind.EXTERNAL and self.technique is None:
            yield "calls others but declares no technique for being repeated"
        if self.kind == StageRun.Kind.EXTERNAL and not self.system:
            yield "calls others but does not name the outside system"
        if self.kind == StageRun.Kind.WAIT and self.deadline is None:
            yield "waits without a deadline"

    def shape(self) -> dict[str, Any]:
        """What the rows of a run depend on: a change of it needs a new version. Policies may change at any time."""
        return {
            "name": self.name,
            "kind": str(self.kind),
            "after": list(self.after),
            "over": self.over.__name__ if self.over else "",
            "when": "" if self.when is always else self.when.__name__,
            "takes_back": self.takes_back_when_refused,
            "undo": self.undo.shape() if self.undo else None,
        }


class GraphError(Exception):
    """A pipeline is declared wrongly; raised when it is registered, that is, at start-up."""


@dataclass(frozen=True)
class Pipeline:
    """A named graph in one version.

    `finished` is called in the transaction that ends a run, `taken_back` in the one that ends its undoing. Then come
    the stages `after_undoing`, which close a run that was taken back and which nobody waits for, such as the mail that
    says so. Of two runs that are due, the one of the higher `priority` goes first.
    """

    name: str
    version: int
    stages: tuple[Stage, ...]
    finished: Callable[[Order, datetime], None]
    taken_back: Callable[[Order, datetime, str], None]
    after_undoing: tuple[Stage, ...] = ()
    priority: int = 0

    def __post_init__(self) -> None:
        names = [stage.name for stage in self.everything]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise GraphError(f"{self.name}: {', '.join(twice)} is declared twice")
        for stage in self.everything:
            for fault in stage.faults():
                raise GraphError(f"{self.name}: {stage.name} {fault}")
        self._check_order()

    def _check_order(self) -> None:
        """Every stage comes after such as exist, in no circle, and is declared below them, so that it reads well."""
        known = {stage.name: stage for stage in self.stages}
        for stage in self.stages:
            if unknown := [name for name in stage.after if name not in known]:
                raise GraphError(f"{self.name}: {stage.name} comes after {', '.join(unknown)}, which it does not have")
        try:
            TopologicalSorter({stage.name: stage.after for stage in self.stages}).prepare()
        except CycleError as error:
            raise GraphError(f"{self.name}: {' → '.join(error.args[1])} is a circle") from error
        for stage in self.stages:
            if later := [name for name in stage.after if self.seq(name) > self.seq(stage.name)]:
                raise GraphError(f"{self.name}: {stage.name} comes after {', '.join(later)}, not declared before it")

    @property
    def everything(self) -> tuple[Stage, ...]:
        """Every stage that a run may have."""
        return (*self.stages, *self.undoings)

    @cached_property
    def _by_name(self) -> dict[str, Stage]:
        return {stage.name: stage for stage in self.everything}

    @cached_property
    def _seq(self) -> dict[str, int]:
        return {stage.name: number for number, stage in enumerate(self.stages, 1)}

    @cached_property
    def _dependents(self) -> dict[str, tuple[Stage, ...]]:
        return {name: tuple(one for one in self.stages if name in one.after) for name in self._by_name}

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(stage.name for stage in self.stages)

    @cached_property
    def is_plain(self) -> bool:
        """Whether every run of it has exactly one row for each stage."""
        return not any(stage.over or stage.when is not always for stage in self.stages)

    @cached_property
    def plain_rows(self) -> frozenset[tuple[str, str]]:
        return frozenset((name, "") for name in self.names)

    @cached_property
    def followers_of(self) -> dict[frozenset[tuple[str, str]], Mapping[tuple[str, str], tuple[tuple[str, str], ...]]]:
        """What was worked out already (by `precedence`): for the rows of a run, which follow which."""
        return {}

    def stage(self, name: str) -> Stage:
        """The stage with that name; the undoing of a stage is named after it."""
        try:
            return self._by_name[name]
        except KeyError:
            raise GraphError(f"{self.name} {self.version} has no stage {name}") from None

    @property
    def undoings(self) -> tuple[Stage, ...]:
        """Every stage that a run has only when it is taken back."""
        return (*(stage.undo for stage in self.stages if stage.undo), *self.after_undoing)

    @cached_property
    def closing(self) -> frozenset[str]:
        """The names of the stages that close a run which was taken back."""
        return frozenset(stage.name for stage in self.after_undoing)

    def seq(self, name: str) -> int:
        return self._seq[name]

    def dependents(self, name: str) -> tuple[Stage, ...]:
        return self._dependents[name]

    def descendants(self, name: str) -> set[str]:
        """Every stage that comes after `name`, at once or later."""
        found: set[str] = set()
        for dependent in self.dependents(name):
            found |= {dependent.name} | self.descendants(dependent.name)
        return found

    @cached_property
    def straight(self) -> frozenset[str]:
        """Stages that are always the next when they are ready: all that is declared above them has ended by then."""
        found = set()
        for stage in self.stages:
            above = {one.name for one in self.stages if self.seq(one.name) < self.seq(stage.name)}
            if stage.over is None and all(stage.name in self.descendants(name) for name in above):
                found.add(stage.name)
        return frozenset(found)

    def shape(self) -> dict[str, Any]:
        return {
            "stages": [stage.shape() for stage in self.stages],
            "after_undoing": [stage.shape() for stage in self.after_undoing],
        }


_registry: dict[tuple[str, int], Pipeline] = {}


def register(pipeline: Pipeline) -> Pipeline:
    """Make a pipeline known by name and version; its runs find it there until the last one has ended."""
    key = (pipeline.name, pipeline.version)
    if _registry.setdefault(key, pipeline) is not pipeline:
        raise GraphError(f"{pipeline.name} {pipeline.version} is registered twice")
    return pipeline


def registered() -> tuple[Pipeline, ...]:
    """All pipelines of this code in all their versions, by name and version."""
    return tuple(_registry[key] for key in sorted(_registry))


def find(name: str, version: int) -> Pipeline:
    try:
        return _registry[name, version]
    except KeyError:
        raise GraphError(f"No pipeline {name} in version {version} is known to this code") from None


def newest(name: str) -> Pipeline:
    versions = [version for known, version in _registry if known == name]
    if not versions:
        raise GraphError(f"No pipeline {name} is known")
    return _registry[name, max(versions)]


def transactional(name: str, act: "Callable[[Context], Output | Wait]", *after: str, **options: Any) -> Stage:
    return Stage(name, StageRun.Kind.TRANSACTIONAL, act, after, **options)


def external(name: str, act: "Callable[[Context], Output | Wait]", *after: str, **options: Any) -> Stage:
    return Stage(name, StageRun.Kind.EXTERNAL, act, after, **options)


def wait(name: str, act: "Callable[[Context], Output | Wait]", *after: str, **options: Any) -> Stage:
    return Stage(name, StageRun.Kind.WAIT, act, after, **options)


def timer(name: str, due: Callable[[Order], datetime], *after: str, **options: Any) -> Stage:
    """A stage that is over at the moment `due` says, however long that is off, up to its deadline."""

    def act(ctx: "Context") -> Output | Wait:
        at = due(ctx.order)
        return {} if ctx.now >= at else Wait(until=at)

    return wait(name, act, *after, **options)
