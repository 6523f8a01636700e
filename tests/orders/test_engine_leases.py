"""Who may work on a stage and write for it; what a sweep takes from the dead and brings on."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.lib import leases
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
