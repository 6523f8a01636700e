"""Who may work on a stage and write for it; what a sweep takes from the dead and brings on."""

import threading
import time
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.lib import clock, leases
from orders.models import Effect, Order, PipelineRun, StageAttempt, StageRun
from orders.pipeline.engine import gates
from orders.pipeline.engine import sweep as sweeping
from orders.pipeline.engine.start import start
from orders.pipeline.engine.sweep import sweep
from tests.orders.stages import transactional
from tests.orders.story import attempt, claim, row

pytestmark = pytest.mark.django_db
State = StageRun.State
Technique = Effect.Technique


def test_a_worker_that_lost_its_lease_writes_nothing(begin, log):
    run = begin(transactional("a", log.says("a")), transactional("b", log.says("b"), "a"))
    first = claim(run, log)
    log.later(seconds=31)
    sweep(now=log.now)
    assert row(run, "a").state == State.READY
    second = claim(run, log)
    assert second.fence == first.fence + 1

    attempt(first, log)
    assert row(run, "a").state == State.RUNNING  # the first one's work was rolled back
    attempt(second, log)
    assert row(run, "a").state == State.SUCCEEDED
    outcomes = list(StageAttempt.objects.filter(stage__run=run).values_list("outcome", flat=True))
    assert outcomes == ["lost", "succeeded"]


def test_a_live_worker_keeps_its_stage(begin, log):
    run = begin(transactional("a", log.says("a")))
    claim(run, log)
    sweep(now=log.later(seconds=20))
    assert row(run, "a").state == State.RUNNING


def test_a_dead_worker_of_this_host_is_seen_at_once(begin, log):
    run = begin(transactional("a", log.says("a")))
    claim(run, log)
    host = leases.this_process().partition("|")[0]
    StageRun.objects.filter(run=run).update(lease_owner=f"{host}|999999999|1")
    sweep(now=log.now)
    assert row(run, "a").state == State.READY


def test_a_worker_elsewhere_is_given_its_whole_lease(begin, log):
    run = begin(transactional("a", log.says("a")))
    claim(run, log)
    StageRun.objects.filter(run=run).update(lease_owner="another-host/1|1|1")
    sweep(now=log.later(seconds=29))
    assert row(run, "a").state == State.RUNNING
    sweep(now=log.later(seconds=2))
    assert row(run, "a").state == State.READY


def test_a_stage_in_the_queue_is_not_announced_at_every_sweep(begin, log):
    """Under load a message waits its turn; as many again every second would be the worse load."""
    begin(transactional("a", log.says("a")))
    assert sweep(now=log.later(seconds=1)) == 0
    assert sweep(now=log.later(seconds=1)) == 1
    assert sweep(now=log.later(seconds=1)) == 0
    assert sweep(now=log.later(seconds=1)) == 1


def test_runs_that_nobody_can_advance_do_not_keep_others_from_being_announced(begin, log, alice, monkeypatch):
    """Such as runs of a version that no worker knows any more."""
    monkeypatch.setattr(sweeping, "BATCH", 1)
    stuck = begin(transactional("a", log.says("a")))
    another = Order.objects.create(checkout_key=uuid4(), user=alice, email=alice.email, subtotal=1, total=1)
    later = start("story", order=another, now=log.later(seconds=1))
    announced = []
    monkeypatch.setattr(sweeping, "wake_workers", lambda runs: announced.extend(run_id for run_id, _ in runs))
    for _ in range(4):
        sweep(now=log.later(seconds=2))
    assert set(announced) == {stuck.pk, later.pk}


def test_a_sweep_reads_no_more_than_what_is_under_way(begin, log):
    """The default order of stages goes by their runs: every run there ever was would be read and sorted."""
    begin(transactional("a", log.says("a")))
    gates.look()
    with CaptureQueriesContext(connection) as queries:
        sweep(now=log.later(minutes=1))
    reads = [query["sql"] for query in queries if query["sql"].startswith("SELECT") and "stagerun" in query["sql"]]
    assert len(reads) == 5
    orders = [sql.partition("ORDER BY")[2] for sql in reads if not sql.endswith("LIMIT 1")]
    assert not [order for order in orders if not order or PipelineRun._meta.db_table in order]


def test_a_lease_that_was_renewed_is_not_put_back_by_a_sweep_that_read_the_old_one(begin, log):
    run = begin(transactional("a", log.says("a")))
    claim(run, log)
    read = row(run, "a")
    StageRun.objects.filter(pk=read.pk).update(lease_until=read.lease_until + timedelta(seconds=10))
    assert not sweeping._put_back(read, log.later(seconds=31))
    assert row(run, "a").state == State.RUNNING
    assert not StageAttempt.objects.exists()


def renewed(run, seconds: float) -> bool:
    """Whether the lease of the run's stage is moved on within so many seconds."""
    before, ends = row(run, "a").lease_until, time.monotonic() + seconds
    while time.monotonic() < ends:
        if row(run, "a").lease_until > before:
            return True
        threading.Event().wait(0.02)
    return False


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_work_that_is_longer_than_its_lease_keeps_it_but_not_for_ever(begin, log):
    if connection.vendor != "postgresql":
        pytest.skip("the keeper has a connection of its own, which a database in memory does not show")
    run = begin(transactional("a", log.says("a")))
    stage, running = claim(run, log), StageRun.objects.filter(state=State.RUNNING)
    with leases.kept(running, stage, ttl=timedelta(seconds=0.3), longest=timedelta(seconds=60)):
        StageRun.objects.filter(pk=stage.pk).update(lease_until=log.now - timedelta(seconds=9))
        assert renewed(run, 10)
        assert renewed(run, 10)
    with leases.kept(running, stage, ttl=timedelta(seconds=0.3), longest=timedelta(0)):
        renewed(run, 1)  # the one that was due
        assert not renewed(run, 1)


@pytest.mark.postgresql
@pytest.mark.django_db
def test_a_host_whose_clock_is_wrong_or_set_back_takes_nothing_from_anybody(begin, log, monkeypatch):
    if connection.vendor != "postgresql":
        pytest.skip("on SQLite the host's clock is the only one")
    true = clock.now()
    for wrong in (300, -300, 86_400):
        monkeypatch.setattr(time, "time", lambda off=wrong, real=time.time: real() + off)
        assert abs((clock.now() - true).total_seconds()) < 30
