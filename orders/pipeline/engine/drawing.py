"""A pipeline drawn in text, from the graph that workers run and from nothing else.

A stage hangs below the one it waits for. One that waits for several is drawn below the farthest of them and says so.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from orders.models import Effect, Order, StageRun
from orders.pipeline.engine.graph import Pipeline, Stage, always

MAP = "×"
REFUSAL = "↩"
MEANINGS: dict[str, str] = {
    StageRun.Kind.TRANSACTIONAL: "what it writes and its own end are one commit",
    StageRun.Kind.EXTERNAL: "calls another system; what it asks is written down before the call",
    StageRun.Kind.WAIT: "ends by an event from outside, or by its deadline",
    MAP: "runs once for each of them, side by side",
    REFUSAL: "refused, it takes the whole run back; any other stage then waits for a person",
    Effect.Technique.KEY: "the receiver knows our key and gives a repeated call the same answer",
    Effect.Technique.REFERENCE: "the receiver keeps our reference unique",
    Effect.Technique.QUERY: "the receiver is asked before anything is repeated",
    Effect.Technique.NONE: "the receiver offers nothing: an uncertain call is shown to a person, never repeated",
}
HEADINGS = ("stage", "kind", "once for", "repeated by", "undone by")
GAP = 3  # spaces between columns

Row = tuple[str, ...]
Over = Callable[[Order], Iterable[str]] | None


def drawing(pipeline: Pipeline) -> str:
    """The whole picture: the stages as a tree with what is declared of each, and the way back. Ends without a newline.

    The columns say what kind of stage it is, over which items it is mapped, what the receiver offers for taking a call
    up again, and which stage takes it back.
    """
    rows = [_cells(stage, branch=branch) for stage, branch in _branches(pipeline)]
    back = [_cells(stage, over=of.over if of else None) for stage, of in _undoings(pipeline)]
    widths = _widths([HEADINGS, *rows, *back])
    parts = [
        [f"{pipeline.name}, version {pipeline.version}"],
        [_line(row, widths) for row in (HEADINGS, *rows)],
        ["A run that is taken back undoes what it did, last things first:", *_chain(back, widths)] if back else [],
        list(_legend(pipeline)),
    ]
    return "\n\n".join("\n".join(part) for part in parts if part)


@dataclass(frozen=True)
class _Placed:
    """A stage with the stages drawn below it."""

    stage: Stage
    below: "list[_Placed]"


def _forest(pipeline: Pipeline) -> list[_Placed]:
    """Every stage below the farthest of those it waits for; those that wait for none are the roots."""
    depth: dict[str, int] = {}
    placed: dict[str, _Placed] = {}
    roots: list[_Placed] = []
    for stage in pipeline.stages:
        placed[stage.name] = _Placed(stage, [])
        depth[stage.name] = max((depth[name] + 1 for name in stage.after), default=0)
        parent = placed[_farthest(stage, depth)].below if stage.after else roots
        parent.append(placed[stage.name])
    return roots


def _farthest(stage: Stage, depth: dict[str, int]) -> str:
    return max(stage.after, key=lambda name: depth[name])


def _branches(pipeline: Pipeline) -> Iterator[tuple[Stage, str]]:
    """Each stage with the lines drawn in front of its name, from top to bottom."""
    for root in _forest(pipeline):
        yield root.stage, ""
        yield from _below(root, "")


def _below(parent: _Placed, margin: str) -> Iterator[tuple[Stage, str]]:
    for number, child in enumerate(parent.below, 1):
        is_last = number == len(parent.below)
        yield child.stage, margin + ("└─► " if is_last else "├─► ")
        yield from _below(child, margin + ("    " if is_last else "│   "))


def _undoings(pipeline: Pipeline) -> list[tuple[Stage, Stage | None]]:
    """The way back of a run in which everything was done, each stage with the one it undoes; last, what closes it."""
    undone = [(stage.undo, stage) for stage in reversed(pipeline.stages) if stage.undo]
    return [*undone, *((stage, None) for stage in pipeline.after_undoing)]


def _cells(stage: Stage, *, branch: str = "", over: Over = None) -> Row:
    name = f"{branch}{stage.name}"
    if stage.takes_back_when_refused:
        name += f" {REFUSAL}"
    if len(stage.after) > 1:
        name += f" (after {' and '.join(stage.after)})"
    undo = stage.undo.name if stage.undo else ""
    return (name, stage.kind.value, _items(stage, stage.over or over), stage.technique or "", undo)


def _items(stage: Stage, over: Over) -> str:
    """The map marker, and under which condition the stage is run at all."""
    marks = [f"{MAP} {_words(over)}"] if over else []
    conditions = [f"if it {_words(stage.when)}"] if stage.when is not always else []
    return ", ".join([*marks, *conditions])


def _words(function: Callable[..., object]) -> str:
    return function.__name__.replace("_", " ")


def _widths(rows: list[Row]) -> list[int]:
    return [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]


def _line(row: Row, widths: list[int]) -> str:
    return (" " * GAP).join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _chain(rows: list[Row], widths: list[int]) -> Iterator[str]:
    """The stages one below the other, an arrow leading from each to the next."""
    for number, row in enumerate(rows):
        yield _line((f"{'↓' if number else ' '} {row[0]}", *row[1:]), widths)


def _legend(pipeline: Pipeline) -> Iterator[str]:
    """What the words and marks mean, of those that occur."""
    stages = [*pipeline.stages, *pipeline.undoings]
    used: set[str] = {mark for stage in stages for mark in (stage.kind, stage.technique) if mark}
    if any(stage.over for stage in stages):
        used.add(MAP)
    if any(stage.takes_back_when_refused for stage in stages):
        used.add(REFUSAL)
    width = max(len(mark) for mark in used)
    return (f"{mark.ljust(width)}   {meaning}" for mark, meaning in MEANINGS.items() if mark in used)
