"""Whatever the graph, whatever applies and over whichever items: nothing begins too early, and every run ends.

Which rows a row comes after is worked out here anew, straight from the declaration.
"""

from uuid import uuid4

import pytest
from django.db import transaction
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from orders.models import Order, PipelineRun, StageRun
from orders.pipeline.engine import graph
from orders.pipeline.engine.errors import Transient
from orders.pipeline.engine.graph import Pipeline, Retry, Stage
from orders.pipeline.engine.start import start
from tests.orders.stages import transactional
from tests.orders.story import Log, go

pytestmark = pytest.mark.django_db
Row = tuple[str, str]
NAMES = "abcdef"
ITEMS = st.lists(st.sampled_from("123"), unique=True, max_size=3)


@st.composite
def graphs(draw) -> list[tuple[str, tuple[str, ...], list[str], bool]]:
    """Stages as name, those it comes after, its items (none: it does not apply), and whether it is mapped."""
    stages: list[tuple[str, tuple[str, ...], list[str], bool]] = []
    for name in NAMES[: draw(st.integers(1, len(NAMES)))]:
        after = tuple(draw(st.lists(st.sampled_from([one[0] for one in stages]), unique=True)) if stages else ())
        is_mapped = draw(st.booleans())
        items = draw(ITEMS) if is_mapped else draw(st.sampled_from([[""], []]))
        stages.append((name, after, items, is_mapped))
    return stages


def before(stages, name: str, item: str) -> set[Row]:
    """What a row comes after; where a stage before it has no such row, what that one would come after."""
    known = {one[0]: one for one in stages}
    _, after, _, is_mapped = known[name]
    found: set[Row] = set()
    for earlier in after:
        _, _, items, earlier_is_mapped = known[earlier]
        wanted = [item] if is_mapped and earlier_is_mapped and item else items
        present = [one for one in wanted if one in items]
        found |= {(earlier, one) for one in present} or before(stages, earlier, item if earlier_is_mapped else "")
    return found


def declared(stages, log: Log, breaks: set[Row]) -> tuple[Stage, ...]:
    made = []
    for name, after, items, is_mapped in stages:

        def act(ctx, name=name):
            if (name, ctx.item) in breaks:
                breaks.discard((name, ctx.item))
                raise Transient("once")
            log.done.append((name, ctx.item))
            return {}

        options = {"over": lambda order, items=items: items} if is_mapped else {}
        if not is_mapped and not items:
            options["when"] = lambda order: False
        made.append(transactional(name, act, *after, retry=Retry(attempts=3), **options))
    return tuple(made)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stages=graphs(), unlucky=st.sets(st.tuples(st.sampled_from(NAMES), st.sampled_from(["", "1", "2", "3"]))))
def test_no_stage_begins_before_its_time_and_every_run_ends(alice, monkeypatch, stages, unlucky):
    assume(any(items for _, _, items, _ in stages))
    log, ended = Log(), []
    monkeypatch.setattr(graph, "_registry", {})
    with transaction.atomic():
        order = Order.objects.create(checkout_key=uuid4(), user=alice, email=alice.email, subtotal=1, total=1)
        finished = lambda order, now: ended.append(order)  # noqa: E731
        shapes = declared(stages, log, set(unlucky))
        graph.register(Pipeline("any", 1, shapes, finished=finished, taken_back=lambda *given: None))
        run = start("any", order=order, now=log.now)
        for _ in range(4):
            go(run, log)
            log.later(minutes=10)
        rows = [(name, item) for name, _, items, _ in stages for item in items]
        assert sorted(log.done) == sorted(rows), StageRun.objects.filter(run=run).values_list("name", "item", "state")
        place = {row: number for number, row in enumerate(log.done)}
        for row in rows:
            assert all(place[earlier] < place[row] for earlier in before(stages, *row)), row
        assert run.state == PipelineRun.State.SUCCEEDED
        assert ended == [order]
