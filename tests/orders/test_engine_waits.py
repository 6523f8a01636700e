"""Stages that wait: for an event, for a moment, and no longer than their deadline."""

from datetime import timedelta

import pytest

from orders.models import Effect, StageRun
from orders.pipeline.engine import graph, operate
from orders.pipeline.engine.context import Context
from orders.pipeline.engine.errors import Uncertain
from orders.pipeline.engine.graph import Wait, parks
from orders.pipeline.engine.wake import wake
from tests.orders.stages import transactional, wait
from tests.orders.story import Log, go, row

pytestmark = pytest.mark.django_db
State = StageRun.State
Technique = Effect.Technique


def waiting_for(log: Log, events: list[str], *, until: timedelta = timedelta(hours=2)):
    start_of_wait = log.now

    def act(ctx: Context):
        log.done.append("look")
        if events:
            return {"event": events[0]}
        if ctx.is_past_deadline:
            raise Uncertain("nobody came")
        return Wait(until=start_of_wait + until, check_at=ctx.now + timedelta(hours=1))

    return act


def test_a_wait_ends_by_its_event(begin, log):
    events: list[str] = []
    run = begin(wait("w", waiting_for(log, events)))
    go(run, log)
    assert row(run, "w").state == State.WAITING
    events.append("came")
    assert wake(run.pk, "w", now=log.now)
    go(run, log)
    assert row(run, "w").output == {"event": "came"}
    assert not wake(run.pk, "w", now=log.now)  # it has ended


def test_a_wait_looks_by_itself_and_ends_by_its_deadline(begin, log):
    run = begin(wait("w", waiting_for(log, [])))
    go(run, log)
    go(run, log)
    assert log.done == ["look"]
    log.later(hours=1)
    go(run, log)
    assert log.done == ["look", "look"]
    log.later(hours=1)
    go(run, log)
    assert row(run, "w").state == State.PARKED


def test_an_event_that_comes_while_the_stage_is_at_work_is_not_lost(begin, log):
    events: list[str] = []
    inner = waiting_for(log, events)

    def act(ctx: Context):
        result = inner(ctx)
        if not events:
            events.append("came meanwhile")
            wake(ctx.run.pk, "w", now=log.now)
        return result

    run = begin(wait("w", act))
    go(run, log)
    assert row(run, "w").state == State.SUCCEEDED
    assert log.done == ["look", "look"]


def test_a_timer_ends_at_its_moment(begin, log):
    due = log.now + timedelta(days=3)
    run = begin(
        graph.timer("remind", lambda order: due, failure=parks("support"), deadline=timedelta(days=9)),
        transactional("after", log.says("after"), "remind"),
    )
    go(run, log)
    assert (row(run, "remind").state, row(run, "remind").available_at) == (State.WAITING, due)
    log.later(days=2, hours=23)
    go(run, log)
    assert log.done == []
    log.later(hours=1)
    go(run, log)
    assert log.done == ["after"]


def test_no_wait_is_longer_than_its_stage_declares(begin, log):
    act = lambda ctx: Wait(until=log.now + timedelta(days=400))  # noqa: E731
    run = begin(wait("w", act, deadline=timedelta(days=2)))
    go(run, log)
    assert row(run, "w").deadline_at <= log.now + timedelta(days=2)


def test_a_wait_that_nothing_ends_stops_at_a_person_who_may_give_it_as_long_again(begin, sam, log):
    """A stage that never asks whether its deadline is past does not look for ever."""
    run = begin(wait("w", lambda ctx: Wait(until=ctx.now + timedelta(days=9)), deadline=timedelta(hours=2)))
    go(run, log)
    assert row(run, "w").deadline_at == log.now + timedelta(hours=2)
    log.later(hours=2)
    go(run, log)
    assert (row(run, "w").state, row(run, "w").error_kind) == (State.PARKED, "uncertain")
    operate.retry(stage=row(run, "w"), actor=sam, reason="they are late", now=log.later(days=1))
    go(run, log)
    assert (row(run, "w").state, row(run, "w").deadline_at) == (State.WAITING, log.now + timedelta(hours=2))
