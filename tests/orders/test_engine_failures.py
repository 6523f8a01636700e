"""What becomes of stages that fail: tried again, taken back, or left to a person."""

from datetime import timedelta

import pytest

from orders.models import Effect, Order, PipelineRun, StageAttempt, StageRun
from orders.pipeline.engine import sweep as sweeping
from orders.pipeline.engine.context import Context
from orders.pipeline.engine.errors import Refused, StageError, Transient
from orders.pipeline.engine.execute import advance
from orders.pipeline.engine.graph import Retry, takes_back
from orders.pipeline.engine.sweep import sweep
from tests.orders.stages import external, transactional
from tests.orders.story import attempt, claim, go, row

pytestmark = pytest.mark.django_db
State = StageRun.State
Technique = Effect.Technique


def test_what_a_transactional_stage_wrote_goes_with_its_failure(begin, order, log):
    def act(ctx: Context) -> dict[str, str]:
        Order.objects.filter(pk=order.pk).update(language="en")
        raise Transient("after the write")

    run = begin(transactional("a", act))
    go(run, log)
    order.refresh_from_db()
    assert order.language == "ja"
    assert row(run, "a").state == State.READY


def test_a_pause_grows_and_is_never_longer_than_its_cap():
    retry = Retry(base=timedelta(seconds=2), cap=timedelta(minutes=1))
    bounds = [retry.bound(attempt).total_seconds() for attempt in range(1, 8)]
    assert bounds == [2, 4, 8, 16, 32, 60, 60]


def test_what_the_receiver_asks_for_is_the_pause(begin, log):
    run = begin(
        external("a", log.fails("a", Transient("busy", retry_after=timedelta(minutes=7))), technique=Technique.KEY)
    )
    go(run, log)
    assert row(run, "a").available_at == log.now + timedelta(minutes=7)


def test_attempts_that_are_used_up_park_the_stage_and_the_rest_goes_on(begin, log):
    run = begin(
        transactional("a", log.says("a")),
        external("b", lambda ctx: 1 / 0, "a", technique=Technique.KEY, retry=Retry(attempts=3)),
        transactional("c", log.says("c"), "a"),
    )
    for _ in range(6):
        go(run, log)
        log.later(minutes=10)
    stage = row(run, "b")
    assert stage.state == State.PARKED
    assert [t.outcome for t in stage.tries.all()] == [StageAttempt.Outcome.BROKEN] * 3
    assert log.done == ["a", "c"]
    assert log.ended == []


def test_a_refusal_undoes_what_this_run_did_in_reverse(begin, log):
    run = begin(
        transactional("a", log.says("a"), undo=transactional("undo_a", log.says("undo a"))),
        transactional("b", log.says("b"), "a", undo=transactional("undo_b", log.says("undo b"))),
        transactional("n", log.says("n"), "a"),
        transactional(
            "c",
            log.fails("c", Refused("no more")),
            "b",
            failure=takes_back("support"),
            undo=transactional("undo_c", log.says("undo c")),
        ),
        transactional("d", log.says("d"), "c"),
        after_undoing=(transactional("tell", log.says("tell")),),
    )
    go(run, log)
    assert log.done == ["a", "b", "n", "c", "undo b", "undo a", "tell"]
    assert log.ended == ["taken back: no more"]
    assert run.state == PipelineRun.State.COMPENSATED
    assert row(run, "d").state == State.CANCELLED


def test_the_order_hears_of_the_undoing_before_the_run_is_closed(begin, log):
    away = transactional("tell", log.fails("tell", Transient("away")))
    run = begin(
        transactional("a", log.says("a"), undo=transactional("undo_a", log.fails("undo a", Transient("busy")))),
        transactional("b", log.fails("b", Refused("no more")), "a", failure=takes_back("support")),
        after_undoing=(away,),
    )
    go(run, log)
    assert (log.done, log.ended) == (["a", "b", "undo a"], [])
    log.later(seconds=2)
    go(run, log)
    assert log.done[3:] == ["undo a", "tell"]
    assert (log.ended, run.state) == (["taken back: no more"], PipelineRun.State.COMPENSATING)
    log.later(seconds=2)
    go(run, log)
    assert (log.ended, run.state) == (["taken back: no more"], PipelineRun.State.COMPENSATED)


def test_where_nothing_is_to_undo_the_order_hears_of_it_at_once(begin, log):
    closes = transactional("tell", log.fails("tell", Transient("away")))
    run = begin(transactional("a", log.fails("a", Refused("no")), failure=takes_back("s")), after_undoing=(closes,))
    go(run, log)
    assert (log.ended, run.state) == (["taken back: no"], PipelineRun.State.COMPENSATING)
    log.later(seconds=2)
    go(run, log)
    assert (log.ended, run.state) == (["taken back: no"], PipelineRun.State.COMPENSATED)


def test_a_refusal_that_takes_nothing_back_waits_for_a_person(begin, log):
    run = begin(external("a", log.fails("a", Refused("out of stock there")), technique=Technique.REFERENCE))
    go(run, log)
    assert row(run, "a").state == State.PARKED
    assert run.state == PipelineRun.State.RUNNING


def test_a_stage_at_work_while_the_run_is_taken_back_is_undone_too(begin, log):
    run = begin(
        transactional("a", log.says("a")),
        transactional("slow", log.says("slow"), "a", undo=transactional("undo_slow", log.says("undo slow"))),
        transactional("no", log.fails("no", Refused("no")), "a", failure=takes_back("support")),
    )
    advance(run.pk, only="a", clock=lambda: log.now)
    slow = claim(run, log, "slow")
    advance(run.pk, only="no", clock=lambda: log.now)
    run.refresh_from_db()
    assert run.state == PipelineRun.State.COMPENSATING
    attempt(slow, log)
    go(run, log)
    assert log.done == ["a", "no", "slow", "undo slow"]


def test_input_that_kills_every_worker_is_parked(begin, log):
    run = begin(transactional("a", log.says("a")))
    for _ in range(sweeping.MOST_KILLS):
        assert claim(run, log)
        sweep(now=log.later(seconds=31))
    stage = row(run, "a")
    assert (stage.state, stage.owner) == (State.PARKED, "support")
    assert stage.tries.count() == sweeping.MOST_KILLS
    assert log.done == []


def test_a_stage_is_tried_no_longer_than_its_time(begin, log):
    errors = [Transient("busy")] * 9
    retry = Retry(attempts=9, within=timedelta(minutes=30), cap=timedelta(seconds=1))
    run = begin(transactional("a", log.fails("a", *errors), retry=retry))
    go(run, log)
    log.later(minutes=29)
    go(run, log)
    assert row(run, "a").state == State.READY
    log.later(minutes=2)
    go(run, log)
    assert (row(run, "a").state, row(run, "a").attempts, row(run, "a").owner) == (State.PARKED, 3, "support")


def test_an_error_that_is_not_to_be_tried_again_is_parked_at_once(begin, log):
    run = begin(transactional("a", log.fails("a", KeyError("lines")), retry=Retry(only=(StageError,))))
    go(run, log)
    stage = row(run, "a")
    assert (stage.state, stage.error_class, stage.owner) == (State.PARKED, "KeyError", "support")
    assert "in act" in stage.tries.get().traceback
    assert stage.tries.get().error == "KeyError: 'lines'"


def test_a_run_that_nothing_would_bring_on_is_mended_and_said(begin, log, caplog):
    run = begin(transactional("a", log.says("a")), transactional("b", log.says("b"), "a"))
    StageRun.objects.filter(run=run, name="a").update(state=State.SUCCEEDED)  # and b was not freed
    assert sweeping.mend(now=log.later(seconds=59)) == 0
    assert sweeping.mend(now=log.later(minutes=2)) == 1
    assert "stood still" in caplog.text
    go(run, log)
    assert log.ended == ["finished"]
    assert sweeping.mend(now=log.later(minutes=2)) == 0
