"""In which order stages are done: after others, over items, by their version; waits and what wakes them."""

from datetime import timedelta
from uuid import uuid4

import pytest

from orders.models import Effect, Order, PipelineRun, StageRun
from orders.pipeline.engine import execute, graph, poll
from orders.pipeline.engine import start as starting
from orders.pipeline.engine.context import Context
from orders.pipeline.engine.errors import Transient
from orders.pipeline.engine.execute import advance
from orders.pipeline.engine.graph import GraphError, Pipeline, Retry
from orders.pipeline.engine.start import start
from tests.orders.stages import external, transactional, wait
from tests.orders.story import go, row

pytestmark = pytest.mark.django_db
State = StageRun.State
Technique = Effect.Technique


def test_stages_run_after_those_they_come_after(begin, log):
    run = begin(
        transactional("a", log.says("a")),
        transactional("b", log.says("b"), "a"),
        transactional("c", log.says("c"), "a"),
        transactional("d", log.says("d"), "b", "c"),
    )
    go(run, log)
    assert log.done == ["a", "b", "c", "d"]
    assert log.ended == ["finished"]
    assert run.state == PipelineRun.State.SUCCEEDED


def test_each_item_of_a_map_goes_its_own_way(begin, log):
    slow = {"1": True}

    def act(ctx: Context) -> dict[str, str]:
        if slow.get(ctx.item):
            raise Transient("slow")
        return log.says("ship")(ctx)

    items = lambda order: ["1", "2"]  # noqa: E731
    run = begin(
        transactional("place", log.says("place"), over=items),
        transactional("ship", act, "place", over=items, retry=Retry(base=timedelta(hours=1), cap=timedelta(hours=1))),
        transactional("tell", log.says("tell"), "ship", over=items),
        transactional("close", log.says("close"), "tell"),
    )
    go(run, log)
    assert log.done == ["place1", "place2", "ship2", "tell2"]
    slow.clear()
    log.later(hours=1)
    go(run, log)
    assert log.done[-3:] == ["ship1", "tell1", "close"]


def test_a_stage_that_does_not_apply_is_not_there(begin, log):
    run = begin(
        transactional("a", log.says("a")),
        transactional("b", log.says("b"), "a", when=lambda order: False),
        transactional("c", log.says("c"), "a", "b"),
    )
    go(run, log)
    assert log.done == ["a", "c"]


def test_starting_twice_is_starting_once(begin, order, log):
    run = begin(transactional("a", log.says("a")))
    assert start("story", order=order, now=log.now) == run
    go(run, log)
    assert log.done == ["a"]


def test_a_run_ends_by_the_version_it_began_with(begin, log, order):
    run = begin(transactional("a", log.says("old a")))
    graph.register(
        Pipeline(
            "story",
            2,
            (transactional("a", log.says("new a")),),
            finished=lambda order, now: log.ended.append("new end"),
            taken_back=lambda *given: None,
        )
    )
    go(run, log)
    assert log.done == ["old a"]
    assert log.ended == ["finished"]


@pytest.mark.parametrize(
    ("stages", "says"),
    [
        (lambda act: (transactional("a", act, "b"),), "a comes after b, which it does not have"),
        (lambda act: (transactional("a", act, "b"), transactional("b", act)), "b, not declared before it"),
        (lambda act: (transactional("a", act, "b"), transactional("b", act, "a")), "is a circle"),
        (lambda act: (transactional("a", act), transactional("a", act)), "declared twice"),
        (lambda act: (external("a", act),), "no technique"),
        (lambda act: (external("a", act, technique=Technique.KEY, system=""),), "does not name the outside system"),
        (lambda act: (graph.transactional("a", act),), "says not what becomes of it when it fails"),
        (lambda act: (wait("a", act, deadline=None),), "waits without a deadline"),
        (lambda act: (transactional("a", act, undo=graph.transactional("b", act)),), "b says not what becomes of it"),
    ],
)
def test_a_graph_that_cannot_work_is_refused_at_once(log, stages, says):
    with pytest.raises(GraphError, match=says):
        Pipeline("wrong", 1, stages(log.says("a")), finished=lambda *a: None, taken_back=lambda *a: None)


def test_the_more_urgent_run_goes_first_in_the_table_and_in_the_message(begin, log, alice, monkeypatch, settings):
    settings.PIPELINE_EXECUTOR = "celery"
    sent = []
    monkeypatch.setattr(starting, "send_after_commit", lambda name, **given: sent.append(given["priority"]))
    begin(transactional("a", log.says("a")))
    calm = Order.objects.create(checkout_key=uuid4(), user=alice, email=alice.email, subtotal=1, total=1)
    nothing = lambda *given: None  # noqa: E731
    graph.register(Pipeline("urgent", 1, (transactional("u", log.says("u")),), nothing, nothing, priority=7))
    urgent = start("urgent", order=calm, now=log.now)
    assert poll.due()[0] == urgent.pk
    assert sent == [9, 2]  # in Redis nought goes first


def test_a_worker_that_has_been_at_a_run_for_long_hands_it_on(begin, log, monkeypatch):
    """A task has a time limit, which must not cut off a stage only because those before it were slow."""
    monkeypatch.setattr(execute, "TURN_SECONDS", -1.0)
    called = []
    monkeypatch.setattr(execute, "wake_worker", lambda run_id, priority: called.append(run_id))
    run = begin(
        external("a", log.says("a"), technique=Technique.KEY),
        external("b", log.says("b"), "a", technique=Technique.KEY),
    )
    assert advance(run.pk, clock=lambda: log.now) == 1
    assert (log.done, row(run, "b").state, set(called)) == (["a"], State.READY, {run.pk})
    advance(run.pk, clock=lambda: log.now)
    assert log.done == ["a", "b"]
