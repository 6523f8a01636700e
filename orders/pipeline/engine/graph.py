"""What a pipeline is: a declared graph of stages under a name and a version, readable before anything runs."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
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
    """How often a stage is tried, and how long it pauses: at random between nothing and a bound that doubles."""

    attempts: int = 8
    base: timedelta = timedelta(seconds=1)
    cap: timedelta = timedelta(minutes=5)

    def bound(self, attempt: int) -> timedelta:
        return min(self.cap, self.base * 2 ** min(attempt - 1, 20))


def always(order: Order) -> bool:
    return True


@dataclass(frozen=True)
class Stage:
    """One stage: what it does, after which others, over which items, and how it fails.

    `act` of a transactional stage runs in the transaction of its completion. `act` of an external or waiting stage
    runs with no transaction open; its answer is then written by `record` in the transaction of the completion.
    `undo` takes back what the stage did, when the run is taken back. A stage that others rely on for more than its
    being over says that it cannot be skipped.
    """

    name: str
    kind: StageRun.Kind
    act: "Callable[[Context], Output | Wait]"
    after: tuple[str, ...] = ()
    over: Callable[[Order], Iterable[str]] | None = None
    when: Callable[[Order], bool] = always
    record: "Callable[[Context, Output], None] | None" = None
    undo: "Stage | None" = None
    retry: Retry = field(default_factory=Retry)
    lease: timedelta = timedelta(seconds=30)
    technique: Effect.Technique | None = None
    takes_back_when_refused: bool = False
    can_be_skipped: bool = True

    def items(self, order: Order) -> list[str]:
        """The items it runs over: none at all where it does not apply, one nameless item where it is not mapped."""
        if not self.when(order):
            return []
        return list(self.over(order)) if self.over else [""]


class GraphError(Exception):
    """A pipeline is declared wrongly; raised when it is registered, that is, at start-up."""


@dataclass(frozen=True)
class Pipeline:
    """A named graph in one version. `finished` and `taken_back` are called in the transaction that ends a run.

    `after_undoing` are stages that close a run which was taken back, such as the mail that says so.
    """

    name: str
    version: int
    stages: tuple[Stage, ...]
    finished: Callable[[Order, datetime], None]
    taken_back: Callable[[Order, datetime, str], None]
    after_undoing: tuple[Stage, ...] = ()

    def __post_init__(self) -> None:
        seen: set[str] = set()
        for stage in self.stages:
            missing = [name for name in stage.after if name not in seen]
            if missing:
                raise GraphError(f"{self.name}: {stage.name} comes after {', '.join(missing)}, not declared before it")
            if stage.name in seen:
                raise GraphError(f"{self.name}: {stage.name} is declared twice")
            if stage.kind == StageRun.Kind.EXTERNAL and stage.technique is None:
                raise GraphError(f"{self.name}: {stage.name} calls others but declares no technique for being repeated")
            seen.add(stage.name)

    def stage(self, name: str) -> Stage:
        """The stage with that name; the undoing of a stage is named after it."""
        for stage in (*self.stages, *self.undoings):
            if stage.name == name:
                return stage
        raise GraphError(f"{self.name} {self.version} has no stage {name}")

    @property
    def undoings(self) -> tuple[Stage, ...]:
        """Every stage that a run has only when it is taken back."""
        return (*(stage.undo for stage in self.stages if stage.undo), *self.after_undoing)

    def seq(self, name: str) -> int:
        return next(number for number, stage in enumerate(self.stages, 1) if stage.name == name)

    def dependents(self, name: str) -> list[Stage]:
        return [stage for stage in self.stages if name in stage.after]


_registry: dict[tuple[str, int], Pipeline] = {}


def register(pipeline: Pipeline) -> Pipeline:
    """Make a pipeline known by name and version; its runs find it there until the last one has ended."""
    key = (pipeline.name, pipeline.version)
    if _registry.setdefault(key, pipeline) is not pipeline:
        raise GraphError(f"{pipeline.name} {pipeline.version} is registered twice")
    return pipeline


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
