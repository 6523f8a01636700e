"""Workers without a broker: processes that look into the table, killed and followed by others."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection

from orders.models import ProviderEvent, StageRun
from orders.pipeline.engine import execute, poll
from orders.services import inbox
from tests.architecture.sources import ROOT

pytestmark = pytest.mark.django_db


def test_the_most_urgent_run_is_found_first_and_each_once(world, alice, film, mug, settings):
    settings.PIPELINE_EXECUTOR = "table"
    first, second = (world.order(alice, thing) for thing in (film, mug))
    StageRun.objects.filter(run__order=second).update(priority=9)
    assert poll.due() == [second.runs.get().pk, first.runs.get().pk]


@pytest.mark.stack
def test_the_command_ends_with_its_workers_when_told_to(tmp_path, settings):
    """In a database of its own: what is started and ended here are real processes."""
    environment = {**os.environ, "VAR_DIR": str(tmp_path), "PIPELINE_EXECUTOR": "table", "DATABASE_URL": ""}
    environment.pop("DATABASE_URL")
    command = [sys.executable, "manage.py"]
    subprocess.run([*command, "migrate", "-v0"], cwd=ROOT, env=environment, check=True)
    with subprocess.Popen(
        [*command, "pipeline_worker", "--processes", "2"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as started:
        assert started.stdout is not None
        assert "2 workers" in started.stdout.readline()
        children = _children(started.pid)
        assert len(children) == 2
        os.kill(children[0], signal.SIGKILL)
        _until(lambda: len(_children(started.pid)) == 2 and children[0] not in _children(started.pid))
        started.send_signal(signal.SIGTERM)
        assert started.wait(timeout=20) == 0
    assert not [pid for pid in children if os.path.exists(f"/proc/{pid}")]


def _children(pid: int) -> list[int]:
    text = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False).stdout
    return [int(line) for line in text.split()]


def _until(is_so) -> None:
    deadline = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_table_is_looked_through_by_the_index_of_what_is_ready(world, alice, film):
    if connection.vendor != "postgresql":
        pytest.skip("plans differ by their engine")
    world.order(alice, film)
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        rows = StageRun.objects.filter(state="ready", available_at__lte=world.now).order_by("-priority", "available_at")
        plan = rows.explain()
        cursor.execute("SET enable_seqscan = on")
    assert "stagerun_ready" in plan


def test_one_round_for_cron_works_on_what_was_stored_and_what_is_lost(world, alice, film, monkeypatch):
    order = world.order(alice, film)
    inbox.store(
        source="memory", event_id="evt-1", kind="charge", payload={"payment": order.payments.get().pk}, now=world.now
    )
    claimed = execute.Worker(order.runs.get(), world.clock).claim()
    StageRun.objects.filter(pk=claimed.pk).update(lease_until=world.now - timedelta(minutes=1))
    call_command("pipeline_sweep")
    assert StageRun.objects.get(pk=claimed.pk).state == StageRun.State.READY
    assert not ProviderEvent.objects.filter(processed_at__isnull=True).exists()
