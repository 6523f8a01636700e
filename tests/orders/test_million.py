"""Whatever was finished long ago costs nothing any more: the plans of every hot query beside a great many old runs."""

import time
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orders.models import PipelineRun, StageRun
from orders.pipeline.engine import poll
from orders.pipeline.engine.execute import advance
from orders.pipeline.engine.sweep import mend, sweep
from tests.orders import million
from tests.sizes import IS_FULL

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db]
RUNS = 1_000_000 if IS_FULL else 5_000
BIG = tuple(model._meta.db_table for model in (PipelineRun, StageRun))


def hot(world, run) -> dict[str, object]:
    """What workers do all the time."""
    return {
        "sweep": lambda: sweep(now=world.now + timedelta(minutes=1)),
        "mend": lambda: mend(now=world.now + timedelta(minutes=5)),
        "look": poll.due,
        "advance": lambda: advance(run.pk, clock=world.clock),
    }


def test_what_was_finished_long_ago_is_neither_read_nor_paid_for(world, alice, film, mug):
    order = world.order(alice, film, mug)
    before = _cost(lambda: sweep(now=world.now))
    million.fill(RUNS)
    assert StageRun.objects.count() > RUNS * 3
    assert _cost(lambda: sweep(now=world.now)) < before * 3
    scanned, read = [], set()
    for name, act in hot(world, order.runs.get()).items():
        with CaptureQueriesContext(connection) as queries:
            act()
        for query in queries:
            if any(table in query["sql"] for table in BIG):
                scanned += [(name, line) for line in _plan(query["sql"]) if _is_scan(line)]
                read.add(name)
    assert len(read) == 4
    assert not scanned


def _cost(act) -> float:
    """The median of some rounds, as many times as long as a trivial query in the same round: a ratio, not a time."""
    ratios = []
    for _ in range(15):
        began = time.perf_counter()
        act()
        between = time.perf_counter()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        ratios.append((between - began) / (time.perf_counter() - between))
    return sorted(ratios)[len(ratios) // 2]


def _plan(sql: str) -> list[str]:
    """The lines of the plan; a statement that changes something is only planned, not run."""
    verb = sql.strip().split()[0].upper()
    if verb not in ("SELECT", "UPDATE", "WITH", "INSERT", "DELETE"):
        return []
    explain = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
    with connection.cursor() as cursor:
        cursor.execute(f"{explain} {sql}")
        return [" ".join(map(str, row)) for row in cursor.fetchall()]


def _is_scan(line: str) -> bool:
    """Whether a plan's line goes through a whole big table."""
    if connection.vendor == "postgresql":
        return any(f"Seq Scan on {table}" in line for table in BIG)
    return any(f"SCAN {table}" in line and "INDEX" not in line for table in BIG)
