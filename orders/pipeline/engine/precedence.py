"""Which row of a run comes after which: worked out once from the declared graph and the rows that the run has.

Starting a run and ending a stage read the same answer, so that what is counted down is what was counted.
"""

import functools
import uuid
from collections.abc import Iterable, Mapping

from orders.models import StageRun
from orders.pipeline.engine.graph import Pipeline, Stage

Row = tuple[str, str]  # name and item
KEPT = 512  # of the answers of one pipeline: there are as many as there are sets of items


def rows_before(pipeline: Pipeline, rows: Iterable[Row]) -> dict[Row, frozenset[Row]]:
    """For each row those that it comes after.

    Of a stage that is mapped too it is the row of the same item, of any other all of them. Where there is no such row,
    since a stage does not apply or has other items, what that one would come after counts instead.
    """
    items: dict[str, list[str]] = {}
    for name, item in rows:
        items.setdefault(name, []).append(item)
    return {
        (stage.name, item): frozenset(_before(stage, item, pipeline, items))
        for stage in pipeline.stages
        for item in items.get(stage.name, ())
    }


def _before(stage: Stage, item: str, pipeline: Pipeline, items: Mapping[str, list[str]]) -> set[Row]:
    """`item` is empty for a stage that is not mapped, and where all items of a mapped one are asked for."""
    found: set[Row] = set()
    for name in stage.after:
        earlier = pipeline.stage(name)
        is_same = bool(item and stage.over and earlier.over)
        present = [one for one in items.get(name, ()) if not is_same or one == item]
        if present:
            found |= {(name, one) for one in present}
        else:
            found |= _before(earlier, item if earlier.over else "", pipeline, items)
    return found


def followers(pipeline: Pipeline, run_id: uuid.UUID) -> Mapping[Row, tuple[Row, ...]]:
    """For each row of the run those that come after it at once."""
    rows = pipeline.plain_rows if pipeline.is_plain else _rows_of(run_id, pipeline.names)
    known = pipeline.followers_of.get(rows)
    if known is None:
        if len(pipeline.followers_of) >= KEPT:
            pipeline.followers_of.clear()
        known = pipeline.followers_of[rows] = _inverse(rows_before(pipeline, rows))
    return known


@functools.lru_cache(maxsize=256)
def _rows_of(run_id: uuid.UUID, names: tuple[str, ...]) -> frozenset[Row]:
    """The rows that a run has for its way forward: written when it is started, and none after that."""
    every = StageRun.objects.filter(run_id=run_id, name__in=names).order_by()
    return frozenset(every.values_list("name", "item"))


def _inverse(before: Mapping[Row, frozenset[Row]]) -> dict[Row, tuple[Row, ...]]:
    after: dict[Row, list[Row]] = {}
    for row, earlier in before.items():
        for one in earlier:
            after.setdefault(one, []).append(row)
    return {row: tuple(sorted(following)) for row, following in after.items()}
