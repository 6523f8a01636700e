"""The graph of a run as staff see it: a box for each stage in its state, the lines between them, and the way back."""

from collections import Counter
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders.admin import words
from orders.admin.graph_svg import HEIGHT, WIDTH, Edge, layout, wrapped
from orders.models import StageAttempt, StageRun
from orders.pipeline.engine.graph import Pipeline
from orders.pipeline.engine.takeback import UNDO_SEQ

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


def run_graph(stages: Sequence[StageRun], pipeline: Pipeline | None, *, late: Container[int], selected: str) -> Graph:
    """The graph of a run with these stages, which come in the order of the run.

    `pipeline` is None for a version that this code has forgotten. `late` holds the keys of the stages that are beyond
    their limit, and `selected` is the name of the stage that the page shows in full.
    """
    return _Drawing(stages, pipeline, late, selected).graph()


@dataclass(frozen=True)
class _Drawing:
    """What the graph is drawn from."""

    stages: Sequence[StageRun]
    pipeline: Pipeline | None
    late: Container[int]
    selected: str

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

    def _rows(self, name: str) -> list[StageRun]:
        return [one for one in self.stages if one.name == name]

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
        start, end = self._rows(edge.start), self._rows(edge.end)
        if not start or not end:
            return Line(edge, "absent")
        over = all(one.state in (State.SUCCEEDED, State.SKIPPED) for one in start)
        has_begun = any(one.state not in (State.BLOCKED, State.CANCELLED) for one in end)
        return Line(edge, "done" if over and has_begun else "ahead")

    def _box(self, name: str, x: int, y: int, *, is_undoing: bool = False) -> Box:
        rows = self._rows(name)
        state = _state(rows)
        spec = self.pipeline.stage(name) if self.pipeline else None
        label = str(words.stage(name))
        is_mapped = len(rows) > 1
        counts = _counts(rows) if is_mapped else ()
        late = any(one.pk in self.late for one in rows)
        tried = max(rows, key=lambda one: one.attempts, default=None)
        return Box(
            name=name,
            x=x,
            y=y,
            lines=wrapped(label, width=LINE),
            state=state,
            words=state_words(state),
            href=stage_href(name, "" if is_mapped or not rows else rows[0].item) if rows else "",
            title=_title(label, state, counts, late),
            counts=counts,
            items=len(rows),
            is_mapped=is_mapped,
            is_late=late,
            is_selected=self.selected == name,
            is_undoing=is_undoing,
            attempts=f"{tried.attempts}/{tried.budget}" if tried and tried.attempts > 1 else "",
            system=spec.system if spec else "",
        )


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


def loudest_first(rows: Sequence[StageRun]) -> list[StageRun]:
    """What needs a person, what is under way, then, of what is over, the last."""
    loud = [one for one in LOUDEST if one in (State.PARKED, State.RUNNING, State.READY, State.WAITING)]
    open_rows = sorted((one for one in rows if one.state in loud), key=lambda one: loud.index(State(one.state)))
    over = [one for one in rows if one.state in (State.SUCCEEDED, State.SKIPPED)]
    return [*open_rows, *reversed(over), *rows]


def _title(label: str, state: str, counts: Sequence[Count], is_late: bool) -> str:
    states = ", ".join(f"{one.number} {one.words}" for one in counts) if counts else str(state_words(state))
    late = f", {_('beyond its limit')}" if is_late else ""
    return f"{label}: {states}{late}"


def stage_href(name: str, item: str) -> str:
    """Where the page of a run shows this stage in full, from that page."""
    return f"?{urlencode({'stage': name, **({'item': item} if item else {})})}#stage"
