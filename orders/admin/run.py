"""One run as staff see it: its graph with the state of each stage, one stage in full, and all attempts over time.

Read in a fixed number of queries, however many stages, items and attempts the run has.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from config.lib.staff import as_text
from orders.admin import words
from orders.admin.graph_svg import HEIGHT, WIDTH, Edge, layout, wrapped
from orders.admin.made import Made, made_by
from orders.admin.sheet import Chip
from orders.admin.strip import Strip, length, strip
from orders.admin.why import Held, held_now, moment, role, why
from orders.models import (
    Effect,
    Handler,
    OperatorAction,
    OutboundMail,
    PipelineRun,
    StageAttempt,
    StageRun,
)
from orders.pipeline.engine import graph, limits, operate
from orders.pipeline.engine.takeback import UNDO_SEQ
from orders.services import mails

State = StageRun.State
ABSENT, REFUSED = "absent", "refused"
# The state that a box of many items shows: the first of these that any item is in.
LOUDEST = (
    State.PARKED,
    State.RUNNING,
    State.READY,
    State.WAITING,
    State.BLOCKED,
    State.CANCELLED,
    State.SKIPPED,
    State.SUCCEEDED,
)
MOST_ATTEMPTS, MOST_SHOWN = 1000, 50
LINE = 10.5  # em of a box's text
LEGEND = (*LOUDEST[::-1], REFUSED, ABSENT)
STATE_WORDS: dict[str, Any] = {
    State.BLOCKED: gettext_lazy("its turn comes later"),
    State.WAITING: gettext_lazy("waits for an event"),
    State.PARKED: gettext_lazy("needs a person"),
    ABSENT: gettext_lazy("not part of this order"),
    REFUSED: gettext_lazy("refused"),
}


def state_words(state: str) -> Any:
    """A state as a box says it, shorter than in a sentence."""
    return STATE_WORDS.get(state) or State(state).label


@dataclass(frozen=True)
class Count:
    """How many items of a mapped stage are in one state."""

    state: str
    number: int
    words: Any
    x: int = 0

    @property
    def text_x(self) -> int:
        return self.x + 15


@dataclass(frozen=True)
class Box:
    """A stage in the graph, with all its items."""

    name: str
    x: int
    y: int
    lines: tuple[str, ...]
    state: str
    words: Any
    href: str
    title: str
    counts: tuple[Count, ...] = ()
    items: int = 0
    is_mapped: bool = False
    is_late: bool = False
    is_selected: bool = False
    is_undoing: bool = False
    attempts: str = ""
    system: str = ""
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def right(self) -> int:
        """Where text ends that stands at the right side."""
        return self.width - 10

    @property
    def pill_x(self) -> int:
        return self.width - 40

    @property
    def pill_y(self) -> int:
        return self.height - 8

    @property
    def late_x(self) -> int:
        return self.width - 14


@dataclass(frozen=True)
class Line:
    """An edge, and whether the way along it is behind the run."""

    edge: Edge
    kind: str


@dataclass(frozen=True)
class Graph:
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    width: int
    height: int
    legend: tuple[Count, ...]

    @property
    def is_wide(self) -> bool:
        """Whether there is no room for anything beside it."""
        return self.width > 640


@dataclass(frozen=True)
class Item:
    """One item of a mapped stage, in the list that its box unfolds to."""

    stage: StageRun
    name: str
    state: Chip
    href: str
    is_late: bool
    is_selected: bool


@dataclass(frozen=True)
class Sent:
    """What the stage asked of an outside system, as it was frozen, and what came back."""

    effect: Effect
    state: Chip

    @property
    def request(self) -> SafeString:
        return as_text(self.effect.request)

    @property
    def response(self) -> SafeString:
        return as_text(self.effect.response)


@dataclass(frozen=True)
class Try:
    """One attempt and how long it took."""

    attempt: StageAttempt
    outcome: Chip

    @property
    def took(self) -> str:
        return length(max(timedelta(), self.attempt.finished_at - self.attempt.started_at))


@dataclass(frozen=True)
class Verbs:
    """Which acts make sense for the stage just now."""

    retry: bool = False
    skip: bool = False
    change: bool = False
    resume: bool = False
    assign: bool = False
    mail: OutboundMail | None = None

    @property
    def any(self) -> bool:
        return self.retry or self.skip or self.change or self.resume or self.assign or self.mail is not None


@dataclass(frozen=True)
class StageSheet:
    """One stage in full."""

    stage: StageRun
    spec: graph.Stage | None
    name: Any
    item: str
    state: Chip
    why: str
    over_since: datetime | None
    attempts: tuple[Try, ...]
    effects: tuple[Sent, ...]
    actions: tuple[OperatorAction, ...]
    earlier: dict[str, Any]
    made: tuple[Made, ...]
    verbs: Verbs

    @property
    def owner(self) -> Any:
        name = self.stage.owner or (self.spec.owner if self.spec else "")
        return role(name) if name else ""

    @property
    def technique(self) -> Any:
        return Effect.Technique(self.spec.technique).label if self.spec and self.spec.technique else ""

    @property
    def output(self) -> SafeString:
        return as_text(self.stage.output)

    @property
    def changes(self) -> SafeString:
        return as_text(self.stage.changes)

    @property
    def earlier_text(self) -> SafeString:
        return as_text(self.earlier)

    @property
    def took(self) -> str:
        if not (self.stage.started_at and self.stage.finished_at):
            return ""
        return length(self.stage.finished_at - self.stage.started_at)

    @property
    def limit(self) -> str:
        return length(self.spec.limit) if self.spec and self.spec.limit else ""

    @property
    def late_words(self) -> str:
        """That it takes longer than it should, and since when."""
        if self.over_since is None:
            return ""
        return _("It is beyond its limit of %(limit)s since %(time)s.") % {
            "limit": self.limit,
            "time": moment(self.over_since),
        }


@dataclass
class RunSheet:
    """All that the page of a run shows. `chosen` is the stage that the page was asked for, by name and item."""

    run: PipelineRun
    user: User
    now: datetime
    chosen: tuple[str, str] = ("", "")

    @cached_property
    def stages(self) -> list[StageRun]:
        rows = list(StageRun.objects.filter(run=self.run).select_related("assignee").order_by("seq", "pk"))
        for row in rows:
            row.run = self.run
        return rows

    @cached_property
    def pipeline(self) -> graph.Pipeline | None:
        """The graph it runs by; None for a version that this code has forgotten."""
        try:
            return graph.find(self.run.pipeline, self.run.version)
        except graph.GraphError:
            return None

    @cached_property
    def state(self) -> Chip:
        return Chip(self.run.get_state_display(), words.RUN_COLOURS[self.run.state])

    @cached_property
    def parked(self) -> int:
        return sum(one.state == State.PARKED for one in self.stages)

    @cached_property
    def late(self) -> int:
        return sum(self._over_since(one) is not None for one in self.stages)

    @property
    def is_open(self) -> bool:
        return self.run.finished_at is None

    @cached_property
    def handlers(self) -> dict[str, str]:
        items = {one.item for one in self.stages if one.item.isdigit()}
        return {str(pk): name for pk, name in Handler.objects.filter(pk__in=items).values_list("pk", "name")}

    @cached_property
    def held(self) -> Held:
        return held_now()

    @cached_property
    def attempts(self) -> list[StageAttempt]:
        """The newest ones, in their order: a charge that is looked at every half hour for weeks has thousands."""
        newest = StageAttempt.objects.filter(stage__run=self.run).order_by("-started_at", "-pk")[:MOST_ATTEMPTS]
        return list(reversed(newest))

    @cached_property
    def actions(self) -> list[OperatorAction]:
        """Everything that people did to this run, the newest first."""
        return list(OperatorAction.objects.filter(run=self.run).select_related("actor", "stage").order_by("-pk")[:200])

    @cached_property
    def strip(self) -> Strip | None:
        return strip(self.stages, self.attempts, self.now)

    @cached_property
    def others(self) -> list[PipelineRun]:
        """Other runs of the same order."""
        return list(PipelineRun.objects.filter(order_id=self.run.order_id).exclude(pk=self.run.pk)[:10])

    @cached_property
    def people(self) -> list[User]:
        """Who may look after a stage."""
        return list(User.objects.filter(is_staff=True, is_active=True).order_by("name", "email")[:100])

    def spec(self, stage: StageRun) -> graph.Stage | None:
        try:
            return self.pipeline.stage(stage.name) if self.pipeline else None
        except graph.GraphError:
            return None

    def _over_since(self, stage: StageRun) -> datetime | None:
        return limits.over_since(stage, self.spec(stage), self.stages, self.now)

    # The stage that is shown in full

    @cached_property
    def selected(self) -> StageRun | None:
        """The one asked for, else the one that most needs to be looked at."""
        name, item = self.chosen
        named = [one for one in self.stages if one.name == name]
        exact = [one for one in named if one.item == item]
        if exact or named:
            return (exact or _loudest_first(named))[0]
        return next(iter(_loudest_first(self.stages)), None)

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """The items of the selected stage, where it is mapped."""
        if self.selected is None or not self._is_mapped(self.selected.name):
            return ()
        return tuple(
            Item(
                stage=one,
                name=self._item(one),
                state=Chip(one.get_state_display(), words.STAGE_COLOURS[one.state]),
                href=_href(one.name, one.item),
                is_late=self._over_since(one) is not None,
                is_selected=one is self.selected,
            )
            for one in self.stages
            if one.name == self.selected.name
        )

    def _item(self, stage: StageRun) -> str:
        return self.handlers.get(stage.item, stage.item)

    @cached_property
    def sheet(self) -> StageSheet | None:
        stage = self.selected
        if stage is None:
            return None
        spec = self.spec(stage)
        effects = tuple(stage.effects.order_by("pk"))
        return StageSheet(
            stage=stage,
            spec=spec,
            name=words.stage(stage.name),
            item=self._item(stage),
            state=Chip(stage.get_state_display(), words.STAGE_COLOURS[stage.state]),
            why=why(stage, spec, self.pipeline, self.stages, self.held),
            over_since=self._over_since(stage),
            attempts=tuple(
                Try(one, Chip(one.get_outcome_display(), words.OUTCOME_COLOURS[one.outcome]))
                for one in reversed(self.attempts)
                if one.stage_id == stage.pk
            )[:MOST_SHOWN],
            effects=tuple(Sent(one, Chip(one.get_state_display(), words.EFFECT_COLOURS[one.state])) for one in effects),
            actions=tuple(one for one in self.actions if one.stage_id == stage.pk),
            earlier=self._earlier(spec, stage),
            made=made_by(stage),
            verbs=verbs(stage, spec, effects, self.run),
        )

    def _earlier(self, spec: graph.Stage | None, stage: StageRun) -> dict[str, Any]:
        """What the stages directly before it gave, which is what it works from."""
        names = spec.after if spec else ()
        before = [one for one in self.stages if one.name in names and one.item in ("", stage.item)]
        return {one.name: one.output for one in before if one.output}

    # The graph

    def _is_mapped(self, name: str) -> bool:
        return sum(one.name == name for one in self.stages) > 1

    @cached_property
    def graph(self) -> Graph:
        after = self._forward()
        back = list(dict.fromkeys(one.name for one in self.stages if one.seq >= UNDO_SEQ))
        drawn = layout(after)
        boxes = [self._box(name, *drawn.corners[name]) for name in after]
        lines = [self._line(edge) for edge in drawn.edges]
        width, height = drawn.width, drawn.height
        if back:
            width, height = self._add_way_back(back, boxes, lines, width, height)
        present = Counter(box.state for box in boxes) + Counter(c.state for box in boxes for c in box.counts)
        legend = tuple(Count(state, present[state], state_words(state)) for state in LEGEND if present[state])
        return Graph(tuple(boxes), tuple(lines), width, height, legend)

    def _forward(self) -> dict[str, tuple[str, ...]]:
        """The declared graph; of a version that is not known any more, its stages one after the other."""
        if self.pipeline:
            return {stage.name: stage.after for stage in self.pipeline.stages}
        names = list(dict.fromkeys(one.name for one in self.stages if one.seq < UNDO_SEQ))
        return {name: tuple(names[at - 1 : at]) if at else () for at, name in enumerate(names)}

    def _add_way_back(
        self, back: Sequence[str], boxes: list[Box], lines: list[Line], width: int, height: int
    ) -> tuple[int, int]:
        """The undoing stands in a column at the right, from the bottom to the top, since it goes backwards."""
        drawn = layout({name: tuple(back[at - 1 : at]) if at else () for at, name in enumerate(back)})
        height = max(height, drawn.height)
        x = width + 44
        ys = {name: height - y - HEIGHT for name, (_x, y) in drawn.corners.items()}
        undone = [self._box(name, x, y, is_undoing=True) for name, y in ys.items()]
        boxes.extend(undone)
        middle = x + WIDTH // 2
        for first, second in pairwise(undone):
            path = f"M{middle} {first.y}L{middle} {second.y + HEIGHT}"
            lines.append(self._line(Edge(first.name, second.name, path)))
        if cause := self._cause(boxes):
            first = undone[0]
            right, level = cause.x + WIDTH, cause.y + HEIGHT // 2
            end = first.y + HEIGHT // 2
            lane = x - 26  # between the graph and the way back, so that it crosses no box
            down = f"Q{lane} {level} {lane} {level + 12}V{end - 12}Q{lane} {end} {lane + 12} {end}"
            path = f"M{right} {level}H{lane - 12}{down}H{x}"
            lines.append(Line(Edge(cause.name, first.name, path), "refused"))
        return x + WIDTH + 10, height

    def _cause(self, boxes: Iterable[Box]) -> Box | None:
        """The stage whose refusal took the run back; none where a person did."""
        return next((box for box in boxes if box.state == REFUSED), None)

    def _line(self, edge: Edge) -> Line:
        """Behind the run where the stage it comes from is over; idle where one of its ends is not in the run."""
        rows = {end: [one for one in self.stages if one.name == end] for end in (edge.start, edge.end)}
        if not rows[edge.start] or not rows[edge.end]:
            return Line(edge, "absent")
        over = all(one.state in (State.SUCCEEDED, State.SKIPPED) for one in rows[edge.start])
        has_begun = any(one.state not in (State.BLOCKED, State.CANCELLED) for one in rows[edge.end])
        return Line(edge, "done" if over and has_begun else "ahead")

    def _box(self, name: str, x: int, y: int, *, is_undoing: bool = False) -> Box:
        rows = [one for one in self.stages if one.name == name]
        state = _state(rows)
        spec = self.pipeline.stage(name) if self.pipeline else None
        label = str(words.stage(name))
        is_mapped = bool(rows and self._is_mapped(name))
        counts = _counts(rows) if is_mapped else ()
        late = any(self._over_since(one) for one in rows)
        tried = max(rows, key=lambda one: one.attempts, default=None)
        return Box(
            name=name,
            x=x,
            y=y,
            lines=wrapped(label, width=LINE),
            state=state,
            words=state_words(state),
            href=_href(name, "" if is_mapped or not rows else rows[0].item) if rows else "",
            title=_title(label, state, counts, late),
            counts=counts,
            items=len(rows),
            is_mapped=is_mapped,
            is_late=late,
            is_selected=self.selected is not None and self.selected.name == name,
            is_undoing=is_undoing,
            attempts=f"{tried.attempts}/{tried.budget}" if tried and tried.attempts > 1 else "",
            system=spec.system if spec else "",
        )

    # What may be done to the whole run

    @cached_property
    def has_a_way_back(self) -> bool:
        """Whether it is under way, forward, and its graph says how it is undone."""
        is_forward = self.is_open and self.run.state == PipelineRun.State.RUNNING
        return is_forward and self.pipeline is not None and bool(self.pipeline.undoings)

    @cached_property
    def may_be_taken_back(self) -> bool:
        return self.has_a_way_back and not self.beyond

    @cached_property
    def beyond(self) -> StageRun | None:
        """The stage that was begun and cannot be undone."""
        if not self.has_a_way_back:
            return None
        return operate.beyond_return(self.run)

    @cached_property
    def would_undo(self) -> tuple[Any, ...]:
        """What taking the run back would do, in its order."""
        if self.pipeline is None:
            return ()
        done = [one for one in reversed(self.stages) if one.state == State.SUCCEEDED and one.seq < UNDO_SEQ]
        undo = [spec.undo.name for one in done if (spec := self.spec(one)) and spec.undo]
        closing = [one.name for one in self.pipeline.after_undoing if one.items(self.run.order)]
        return tuple(words.stage(name) for name in dict.fromkeys([*undo, *closing]))


def verbs(stage: StageRun, spec: graph.Stage | None, effects: Iterable[Effect], run: PipelineRun) -> Verbs:
    """The acts that make sense; whether a person may do them is not asked here."""
    if run.finished_at or spec is None:
        return Verbs()
    mail = _undecided(stage, run)
    stands = stage.state in operate.STANDING_STILL and (stage.state != State.READY or stage.attempts > 0)
    may_resume = run.state == PipelineRun.State.RUNNING and stage.state in operate.GIVEN_UP
    is_changeable = (
        stands
        and stage.kind == StageRun.Kind.EXTERNAL
        and spec.technique != Effect.Technique.NONE
        and all(one.state == Effect.State.REJECTED for one in effects)
    )
    return Verbs(
        retry=stands and mail is None,
        skip=stands and mail is None and spec.can_be_skipped,
        change=is_changeable,
        resume=may_resume and stage.state != State.PARKED,
        assign=stage.state == State.PARKED,
        mail=mail,
    )


def _undecided(stage: StageRun, run: PipelineRun) -> OutboundMail | None:
    """The mail that a person must decide on before the stage can go on."""
    if stage.state != State.PARKED:
        return None
    if stage.name not in mails.STAGE_OF.values():
        return None
    states = (OutboundMail.State.UNCERTAIN, OutboundMail.State.REFUSED)
    undecided = OutboundMail.objects.filter(order_id=run.order_id, state__in=states).order_by("pk")
    return next((one for one in undecided if mails.is_sent_by(one, stage)), None)


def _state(rows: Sequence[StageRun]) -> str:
    states = {row.state for row in rows}
    if any(_is_refused(row) for row in rows):
        return REFUSED
    return next((str(state) for state in LOUDEST if state in states), ABSENT)


def _is_refused(row: StageRun) -> bool:
    """Whether its refusal took the run back."""
    return row.state == State.CANCELLED and row.error_kind == StageAttempt.Outcome.REFUSED


def _counts(rows: Sequence[StageRun]) -> tuple[Count, ...]:
    numbers = Counter(row.state for row in rows)
    counts: list[Count] = []
    x = 0
    for state in LOUDEST:
        if numbers[state]:
            counts.append(Count(str(state), numbers[state], state_words(state), x))
            x += 18 + 7 * len(str(numbers[state]))
    return tuple(counts)


def _loudest_first(rows: Sequence[StageRun]) -> list[StageRun]:
    """What needs a person, what is under way, then, of what is over, the last."""
    loud = [one for one in LOUDEST if one in (State.PARKED, State.RUNNING, State.READY, State.WAITING)]
    open_rows = sorted((one for one in rows if one.state in loud), key=lambda one: loud.index(State(one.state)))
    over = [one for one in rows if one.state in (State.SUCCEEDED, State.SKIPPED)]
    return [*open_rows, *reversed(over), *rows]


def _title(label: str, state: str, counts: Sequence[Count], is_late: bool) -> str:
    states = ", ".join(f"{one.number} {one.words}" for one in counts) if counts else str(state_words(state))
    late = f", {_('beyond its limit')}" if is_late else ""
    return f"{label}: {states}{late}"


def _href(name: str, item: str) -> str:
    return f"?{urlencode({'stage': name, **({'item': item} if item else {})})}#stage"
