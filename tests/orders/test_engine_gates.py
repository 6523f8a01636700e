"""What holds stages back: a pause, or an outside system that is away; and what lets them go on."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections

from orders.models import Circuit, Effect, StageRun
from orders.pipeline.engine import gates, operate
from orders.pipeline.engine.errors import Transient
from orders.pipeline.engine.execute import Worker, advance
from orders.pipeline.engine.graph import Retry
from tests.orders.stages import external, transactional
from tests.orders.story import claim, go, row

pytestmark = pytest.mark.django_db
State = StageRun.State
Technique = Effect.Technique
AWAY = [Transient("away")] * 50


@pytest.fixture
def away(begin, log):
    """A system that has just failed five times in a row, in a run that still has attempts."""
    log.left = list(AWAY)

    def act(ctx):
        log.done.append("call")
        if log.left:
            raise log.left.pop()
        return {}

    run = begin(
        external("call", act, technique=Technique.KEY, retry=Retry(attempts=6, cap=timedelta(seconds=1))),
        transactional("local", log.says("local")),
    )
    for _ in range(20):
        if log.done.count("call") == gates.OPENS_AT:
            break
        go(run, log)
        log.later(seconds=2)
        gates.forget()
    return run


def circuit() -> Circuit:
    return Circuit.objects.get(system="them")


def test_it_opens_at_the_fifth_failure_and_what_needs_it_not_goes_on(away, log):
    assert (circuit().failures, log.done.count("call")) == (gates.OPENS_AT, gates.OPENS_AT)
    assert circuit().until > circuit().opened_at
    assert "local" in log.done


def test_trials_cost_no_attempt_and_end_with_the_first_success(away, log):
    """Twenty more failures, with one attempt left of six."""
    for _ in range(40):
        log.later(minutes=2)
        gates.forget()
        go(away, log)
    assert log.done.count("call") > 20
    assert row(away, "call").state == State.READY
    log.left.clear()
    log.later(minutes=2)
    gates.forget()
    go(away, log)
    assert row(away, "call").state == State.SUCCEEDED
    assert (circuit().failures, circuit().until, circuit().error) == (0, None, "")


def test_nobody_tries_before_its_time_but_a_person_in_front_of_the_page(away, log):
    log.left.clear()
    StageRun.objects.filter(run=away, name="call").update(available_at=log.now)
    Circuit.objects.update(until=log.now + timedelta(minutes=1))
    gates.forget()
    assert claim(away, log) is None
    advance(away.pk, only="call", clock=lambda: log.now)
    assert row(away, "call").state == State.SUCCEEDED


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_tries(away, log):
    if connection.vendor != "postgresql":
        pytest.skip("threads prove something only on PostgreSQL")
    log.later(minutes=5)
    StageRun.objects.filter(run=away, name="call").update(available_at=log.now)
    gate, claimed = threading.Barrier(8), []

    def works() -> None:
        gate.wait()
        claimed.append(Worker(away, lambda: log.now).claim())
        connections.close_all()

    workers = [threading.Thread(target=works) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len([one for one in claimed if one]) == 1
    assert circuit().until == log.now + gates.TRIAL


@pytest.mark.parametrize(("scope", "name"), [("pipeline", "story"), ("stage", "story.call"), ("system", "them")])
def test_what_is_paused_is_begun_by_nobody_until_it_is_lifted(begin, log, sam, scope, name):
    run = begin(external("call", log.says("call"), technique=Technique.KEY), transactional("local", log.says("local")))
    operate.pause(scope=scope, name=name, actor=sam, reason="stocktaking", now=log.now)
    go(run, log)
    advance(run.pk, only="call", clock=lambda: log.now)  # a person who waits is held back as well
    assert log.done == ([] if scope == "pipeline" else ["local"])
    assert row(run, "call").attempts == 0
    operate.go_on(scope=scope, name=name, actor=sam)
    log.later(seconds=5)
    go(run, log)
    assert sorted(log.done) == ["call", "local"]


def test_a_pause_with_an_end_ends_by_itself(begin, log):
    run = begin(external("call", log.says("call"), technique=Technique.KEY))
    until = log.now + timedelta(hours=1)
    operate.pause(scope="system", name="them", actor=None, reason="lunch", now=log.now, until=until)
    go(run, log)
    assert log.done == []
    log.later(hours=1, seconds=5)
    go(run, log)
    assert log.done == ["call"]
