"""Runs that ended long ago are compacted into one row each, and nothing of the trail is lost."""

import os
import signal
import threading
from datetime import datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction
from django.utils import timezone

from orders.models import Effect, OperatorAction, PipelineArchive, PipelineRun, StageAttempt, StageRun
from orders.models.archive import Damaged
from orders.pipeline.engine import operate
from orders.pipeline.engine.errors import Refused
from orders.services import archive, cancelling
from tests import builders

State = StageRun.State
PARTS = (StageRun, StageAttempt, Effect)


@pytest.fixture
def finished(world, film, alice, sam):
    """An order of a film, done long ago, with an act of the staff on its way."""
    return finished_order(world, film, alice, sam)


def finished_order(world, film, buyer, actor):
    order = world.order(buyer, film)
    stage = world.stage(order, "charge")
    operate.retry(stage=stage, actor=actor, reason="the buyer called", now=world.now)
    world.pay(order)
    world.work(order)
    age(order)
    return order


def age(order, days: int = 100) -> None:
    PipelineRun.objects.filter(order=order).update(finished_at=timezone.now() - timedelta(days=days))


def archive_all(days: int = 90) -> int:
    now = timezone.now()
    return archive.archive(finished_before=now - timedelta(days=days), now=now)


def rows_of(order) -> dict[str, int]:
    return {
        "StageRun": StageRun.objects.filter(run__order=order).count(),
        "StageAttempt": StageAttempt.objects.filter(stage__run__order=order).count(),
        "Effect": Effect.objects.filter(stage__run__order=order).count(),
    }


@pytest.mark.django_db
def test_everything_of_the_run_is_in_the_archive_and_its_parts_are_gone(world, finished):
    before = rows_of(finished)
    stages = {stage.pk: stage for stage in StageRun.objects.filter(run__order=finished)}
    keys = set(Effect.objects.values_list("key", flat=True))
    tries = {(one.stage_id, one.fence): one for one in StageAttempt.objects.all()}
    assert archive_all() == 1
    assert not any(rows_of(finished).values())
    kept = PipelineArchive.objects.get().unpack()
    assert {stage["id"]: (stage["name"], stage["state"], stage["output"]) for stage in kept["stages"]} == {
        pk: (stage.name, stage.state, stage.output) for pk, stage in stages.items()
    }
    told = [one for stage in kept["stages"] for one in stage["tries"]]
    assert len(told) == before["StageAttempt"]
    for one in told:
        row = tries[one["stage_id"], one["fence"]]
        assert (one["outcome"], datetime.fromisoformat(one["started_at"])) == (row.outcome, row.started_at)
    assert {one["key"] for stage in kept["stages"] for one in stage["effects"]} == keys
    (action,) = [one for stage in kept["stages"] for one in stage["actions"]]
    assert (action["verb"], action["actor"], action["reason"]) == ("retry", "sam@example.com", "the buyer called")
    assert kept["run"]["trace_parent"] == world.run_of(finished).trace_parent


@pytest.mark.django_db
def test_it_is_found_by_order_kind_state_and_time(finished):
    archive_all()
    run = PipelineRun.objects.get(order=finished)
    found = PipelineArchive.objects.get(
        order=finished, pipeline="purchase", version=1, state="succeeded", finished_at=run.finished_at
    )
    assert (found.run, found.began_at) == (run, run.created_at)
    assert found.stages == len(found.unpack()["stages"]) > 3


@pytest.mark.django_db
def test_what_the_staff_did_stays_in_sight(client, finished, sam):
    archive_all()
    action = OperatorAction.objects.get()
    assert (action.stage, action.run, action.subject) == (None, PipelineRun.objects.get(order=finished), "charge")
    client.force_login(sam)
    page = client.get(f"/admin/orders/order/{finished.pk}/change/", headers={"Accept-Language": "en"})
    assert "the buyer called" in page.content.decode()
    kept = f"/admin/orders/pipelinearchive/{PipelineArchive.objects.get().pk}/change/"
    assert kept in page.content.decode()
    page = client.get(kept)
    assert page.status_code == 200
    assert "trace_parent" in page.content.decode()
    assert client.get(f"/admin/orders/pipelinerun/{action.run_id}/change/")["Location"] == kept


@pytest.mark.django_db
def test_a_young_run_and_one_that_is_not_over_stay(world, film, alice, bob, sam):
    open_order = world.order(bob, film)
    PipelineRun.objects.filter(order=open_order).update(created_at=timezone.now() - timedelta(days=400))
    young = finished_order(world, builders.rental(builders.title(slug="another")), alice, sam)
    age(young, days=89)
    assert archive_all() == 0
    assert all(rows_of(young).values())


@pytest.mark.django_db
def test_it_happens_once(finished):
    run = PipelineRun.objects.get(order=finished)
    assert archive_all() == 1
    assert archive_all() == 0
    assert not archive._archive(run.pk, timezone.now())
    assert PipelineArchive.objects.count() == 1


@pytest.mark.django_db
def test_a_damaged_archive_is_noticed(client, finished, sam):
    archive_all()
    kept = PipelineArchive.objects.get()
    kept.pack(kept.unpack() | {"actions": ["forged"]})
    PipelineArchive.objects.update(content=kept.content)
    with pytest.raises(Damaged):
        PipelineArchive.objects.get().unpack()
    PipelineArchive.objects.update(content=b"no longer anything")
    client.force_login(sam)
    assert client.get(f"/admin/orders/pipelinearchive/{kept.pk}/change/").status_code == 200


@pytest.mark.django_db
def test_the_order_page_of_the_buyer_works_without_the_parts(client, world, finished, alice):
    archive_all()
    client.force_login(alice)
    assert client.get(finished.get_absolute_url()).status_code == 200
    assert cancelling.standing(finished) == cancelling.Standing()


@pytest.mark.django_db
def test_a_cancellation_that_was_archived_is_still_known(client, world, mug, alice, sam):
    order = world.order(alice, mug)
    cancelling.cancel(order, alice, "", world.now)
    world.work(order)
    before = cancelling.standing(order)
    outcomes = [cancelling.outcome_of(run) for run in order.runs.filter(pipeline="cancel")]
    age(order)
    assert archive_all() == order.runs.count() == 2
    assert cancelling.standing(order) == before
    assert [cancelling.outcome_of(run) for run in order.runs.filter(pipeline="cancel")] == outcomes
    client.force_login(alice)
    assert client.get(order.get_absolute_url()).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize(("hour", "days", "archived"), [(3, 90, 1), (5, 90, 0), (14, 90, 0), (3, 0, 0)])
def test_workers_do_it_at_night(settings, finished, hour, days, archived):
    settings.PIPELINE_ARCHIVE_DAYS = days
    now = datetime.now(ZoneInfo("Asia/Tokyo")).replace(hour=hour, minute=30)
    assert archive.at_night(now) == archived


@pytest.mark.django_db
def test_one_sweep_takes_no_more_than_a_batch(world, alice, bob, sam, film, monkeypatch):
    monkeypatch.setattr(archive, "BATCH", 1)
    for buyer in (alice, bob):
        finished_order(world, film, buyer, sam)
    assert [archive_all(), archive_all(), archive_all()] == [1, 1, 0]


@pytest.mark.django_db
def test_the_command_archives_all_that_is_old_enough(world, alice, bob, sam, film, monkeypatch):
    monkeypatch.setattr(archive, "BATCH", 1)
    for buyer in (alice, bob):
        finished_order(world, film, buyer, sam)
    said = StringIO()
    call_command("archive_runs", "--days", "365", stdout=said)
    call_command("archive_runs", "--days", "99", stdout=said)
    assert said.getvalue().splitlines() == ["0 runs were archived.", "2 runs were archived."]
    with pytest.raises(CommandError, match="a day or more"):
        call_command("archive_runs", "--days", "0")
    shown = StringIO()
    call_command("purchases", "show", PipelineRun.objects.first().order.number, stdout=shown)
    assert "succeeded  grant  1 attempts, 0 effects" in shown.getvalue()
    assert "staff  charge retry by sam@example.com" in shown.getvalue()


@pytest.mark.django_db
def test_a_fault_on_the_way_leaves_the_run_as_it_was(finished, monkeypatch):
    before = rows_of(finished)

    def fault(*args):
        raise Refused("half-way")

    monkeypatch.setattr(archive, "_take_away", fault)
    with pytest.raises(Refused), transaction.atomic():
        archive_all()
    assert rows_of(finished) == before
    assert not PipelineArchive.objects.exists()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_killed_at_any_statement_it_is_as_before_or_archived_and_goes_on(world, alice):
    if connection.vendor != "postgresql":
        pytest.skip("a test's database in memory belongs to one process")
    builders.video_handler()
    actor = builders.member("sam3@example.com", is_staff=True, is_superuser=True)
    order = finished_order(world, builders.rental(builders.title()), alice, actor)
    before, killed = rows_of(order), 0
    while killed_at(killed + 1):
        killed += 1
        is_archived = PipelineArchive.objects.exists()
        assert rows_of(order) == (dict.fromkeys(before, 0) if is_archived else before)
    assert killed > 8, "there is more than one statement"
    archive_all()
    assert PipelineArchive.objects.get().unpack()["stages"]
    assert not any(rows_of(order).values())


def killed_at(number: int) -> bool:
    """Archive in a child that ends itself by SIGKILL before its statement of that number; False when it has fewer."""
    connections.close_all()
    if (child := os.fork()) == 0:
        left = [number]

        def count(execute, sql, params, many, context):
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)
            return execute(sql, params, many, context)

        try:
            with connection.execute_wrapper(count):
                archive_all()
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_at_once_archive_each_run_once(world, alice, bob):
    if connection.vendor != "postgresql":
        pytest.skip("threads prove something only on PostgreSQL")
    builders.video_handler()
    actor = builders.member("sam4@example.com", is_staff=True, is_superuser=True)
    film = builders.rental(builders.title())
    orders = [finished_order(world, film, buyer, actor) for buyer in (alice, bob)]
    gate, done = threading.Barrier(4), []

    def go() -> None:
        gate.wait()
        done.append(archive_all())
        connections.close_all()

    threads = [threading.Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(done) == PipelineArchive.objects.count() == len(orders)
