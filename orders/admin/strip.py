"""All attempts of a run over time, as a strip of bars: one row for each stage, items of a mapped stage over each other.

A run is busy for parts of a second and then waits for days. So times in which nothing was tried are folded to a mark
that says how long they were, and the rest is drawn to scale.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from orders.admin import words
from orders.admin.why import moment
from orders.models import StageAttempt, StageRun

LABEL, ROW, TOP, BAR = 235, 26, 38, 14
WIDTH = 900
FOLD = 56
MOST_FOLDS = 6
LEAST_BAR = 4
MOST_BARS = 600
MARK = 92  # how wide the words of a time are

Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Bar:
    x: int
    y: int
    width: int
    colour: str
    title: str


@dataclass(frozen=True)
class StripRow:
    name: Any
    y: int

    @property
    def text_y(self) -> int:
        return self.y + 15

    @property
    def line_y(self) -> int:
        return self.y + ROW - 3


@dataclass(frozen=True)
class Fold:
    """A time in which nothing was tried."""

    x: int
    middle: int
    words: str


@dataclass(frozen=True)
class Mark:
    x: int
    words: str


@dataclass(frozen=True)
class Strip:
    rows: tuple[StripRow, ...]
    bars: tuple[Bar, ...]
    folds: tuple[Fold, ...]
    marks: tuple[Mark, ...]
    width: int
    height: int
    label: int = LABEL
    top: int = TOP
    fold: int = FOLD
    bar: int = BAR

    @property
    def inner(self) -> int:
        """How high the part with the bars is."""
        return self.height - TOP


def strip(stages: Sequence[StageRun], attempts: Iterable[StageAttempt], now: datetime) -> Strip | None:
    """The strip of a run; None where nothing was tried yet. `attempts` come in the order of their beginning."""
    by_pk = {stage.pk: stage for stage in stages}
    spans = [(by_pk[one.stage_id], *_span(one), one) for one in list(attempts)[-MOST_BARS:] if one.stage_id in by_pk]
    at_work = [one for one in stages if one.state == StageRun.State.RUNNING]
    running = [(one, one.tried_since or one.started_at or now, now, None) for one in at_work]
    everything = [*spans, *running]
    if not everything:
        return None
    scale = _Scale([(begin, end) for _stage, begin, end, _attempt in everything])
    names = list(dict.fromkeys(stage.name for stage in stages if any(one[0].name == stage.name for one in everything)))
    rows = {name: StripRow(words.stage(name), TOP + at * ROW) for at, name in enumerate(names)}
    bars = [_bar(scale, rows[stage.name].y, stage, begin, end, attempt) for stage, begin, end, attempt in everything]
    return Strip(
        rows=tuple(rows.values()),
        bars=tuple(bars),
        folds=scale.folds(),
        marks=scale.marks(),
        width=WIDTH,
        height=TOP + len(names) * ROW + 8,
    )


def _span(attempt: StageAttempt) -> Span:
    return attempt.started_at, max(attempt.started_at, attempt.finished_at)


def _bar(scale: "_Scale", y: int, stage: StageRun, begin: datetime, end: datetime, attempt: StageAttempt | None) -> Bar:
    x = min(scale.at(begin), WIDTH - 10 - LEAST_BAR)
    width = max(LEAST_BAR, scale.at(end) - x)
    colour = words.OUTCOME_COLOURS[attempt.outcome] if attempt else "info"
    name = f"{words.stage(stage.name)} {stage.item}".strip()
    state = attempt.get_outcome_display() if attempt else stage.get_state_display()
    title = f"{name}, {moment(begin)}, {length(end - begin)}, {state}"
    return Bar(x, y + (ROW - BAR) // 2 - 3, width, colour, title)


class _Scale:
    """From times to places: busy times to scale, the longest of the idle ones folded."""

    def __init__(self, spans: list[Span]) -> None:
        busy = _merged(spans)
        gaps = sorted(
            ((busy[at + 1][0] - busy[at][1], at) for at in range(len(busy) - 1)), key=lambda gap: gap[0], reverse=True
        )
        whole = sum((end - begin for begin, end in busy), timedelta())
        least = max(timedelta(seconds=2), whole * 0.5)
        folded = sorted(at for gap, at in gaps[:MOST_FOLDS] if gap >= least)
        cuts = [-1, *folded, len(busy) - 1]
        self.busy = [(busy[first + 1][0], busy[last][1]) for first, last in pairwise(cuts)]
        room = WIDTH - LABEL - 10 - FOLD * (len(self.busy) - 1)
        total = sum(((end - begin).total_seconds() for begin, end in self.busy), 0.0) or 1.0
        floor = room * 0.4 / len(self.busy)  # a short busy time has room too
        self.widths = [floor + (room * 0.6) * (end - begin).total_seconds() / total for begin, end in self.busy]
        self.lefts = [LABEL + sum(self.widths[:at]) + FOLD * at for at in range(len(self.busy))]

    def at(self, time: datetime) -> int:
        for (begin, end), left, width in zip(self.busy, self.lefts, self.widths, strict=True):
            if time <= end:
                seconds = (end - begin).total_seconds() or 1.0
                return round(left + width * max(0.0, (time - begin).total_seconds()) / seconds)
        return round(self.lefts[-1] + self.widths[-1])

    def folds(self) -> tuple[Fold, ...]:
        places = []
        for at in range(len(self.busy) - 1):
            x = round(self.lefts[at] + self.widths[at])
            gap = self.busy[at + 1][0] - self.busy[at][1]
            places.append(Fold(x, x + FOLD // 2, length(gap)))
        return tuple(places)

    def marks(self) -> tuple[Mark, ...]:
        """When each busy time begins, where there is room to say it; the day is said where it changes."""
        marks: list[Mark] = []
        day = None
        for (begin, _end), left in zip(self.busy, self.lefts, strict=True):
            local = timezone.localtime(begin)
            x = min(round(left), WIDTH - MARK)
            if not marks or x >= marks[-1].x + MARK + 4:
                marks.append(Mark(x, date_format(local, "H:i:s" if local.date() == day else "n/j H:i:s")))
                day = local.date()
        return tuple(marks)


def _merged(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for begin, end in sorted(spans):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((begin, end))
    return merged


def length(of: timedelta) -> str:
    """A length of time with one unit, as short as it can be said."""
    seconds = of.total_seconds()
    if seconds < 1:
        return _("%s ms") % round(seconds * 1000)
    if seconds < 60:
        return _("%s s") % f"{seconds:.1f}".removesuffix(".0")
    if seconds < 3600:
        return _("%s min") % round(seconds / 60)
    if seconds < 86_400:
        return _("%s h") % f"{seconds / 3600:.1f}".removesuffix(".0")
    days = round(seconds / 86_400)
    return ngettext("%s day", "%s days", days) % days
