"""A graph does not change under the runs that began with it, and no worker starts that would leave some behind."""

import json
from dataclasses import replace
from io import StringIO

import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import connection

from config.checks import refuse_to_start
from orders.checks import graphs_are_as_they_were_released, unfinished_runs_are_known
from orders.models import PipelineRun, StageRun
from orders.pipeline.engine import graph, released
from orders.pipeline.purchase import PURCHASE
from tests.orders.stages import transactional


@pytest.fixture
def file(tmp_path, monkeypatch):
    """A register of releases of this test's own, with what the repository releases."""
    copy = tmp_path / "released.json"
    copy.write_text(released.FILE.read_text())
    monkeypatch.setattr(released, "FILE", copy)
    return copy


@pytest.fixture
def become(monkeypatch):
    """Have the code know these pipelines and no others."""
    return lambda *pipelines: monkeypatch.setattr(
        graph, "_registry", {(one.name, one.version): one for one in pipelines}
    )


def test_the_graphs_of_this_code_are_the_released_ones():
    assert graphs_are_as_they_were_released(None) == []


@pytest.mark.parametrize(
    "changed",
    [
        lambda stages: (*stages, transactional("more", lambda ctx: {}, "grant")),
        lambda stages: stages[:-1],
        lambda stages: (replace(stages[0], after=(), undo=None), *stages[1:]),
    ],
    ids=["a stage more", "a stage less", "an undoing less"],
)
def test_a_graph_that_changed_under_its_version_is_refused(changed, file, become):
    become(replace(PURCHASE, stages=changed(PURCHASE.stages)))
    (refusal,) = graphs_are_as_they_were_released(None)
    assert refusal.id == "orders.E001"
    assert "Raise its version" in refusal.hint
    before = file.read_text()
    with pytest.raises(CommandError, match="Raise its version") as refused:
        call_command("pipeline_versions", "--release")
    assert refused.value.returncode == 2
    assert file.read_text() == before, "what was released stays"


def test_how_often_a_stage_is_tried_may_change_at_any_time(file, become):
    patient = replace(PURCHASE.stages[0], retry=graph.Retry(attempts=3), limit=None)
    become(replace(PURCHASE, stages=(patient, *PURCHASE.stages[1:])))
    assert graphs_are_as_they_were_released(None) == []


def test_a_new_version_is_released_by_the_command_that_the_refusal_names(file, become):
    become(PURCHASE, replace(PURCHASE, version=99, stages=PURCHASE.stages[:3]))
    (refusal,) = graphs_are_as_they_were_released(None)
    assert (refusal.id, refusal.msg) == ("orders.E002", "purchase 99 is not released.")
    said = StringIO()
    call_command("pipeline_versions", "--release", stdout=said)
    assert said.getvalue() == "purchase 99 is released. Commit released.json.\n"
    assert graphs_are_as_they_were_released(None) == []
    assert json.loads(file.read_text())["purchase 1"] == json.loads(json.dumps(PURCHASE.shape()))


@pytest.mark.django_db
def test_a_worker_that_does_not_know_the_version_of_an_unfinished_run_does_not_start(world, film, alice, become):
    world.order(alice, film)
    refuse_to_start("default")
    become()
    with pytest.raises(SystemExit, match="1 unfinished runs are of purchase in version 1, which this code"):
        refuse_to_start("default")


@pytest.mark.django_db
def test_nor_does_one_that_does_not_know_a_stage_of_it(world, film, alice, become):
    world.order(alice, film)
    become(replace(PURCHASE, stages=tuple(one for one in PURCHASE.stages if one.name != "mail")))
    (refusal,) = unfinished_runs_are_known(None, databases=["default"])
    assert "purchase in version 1 have the stage mail" in refusal.msg


@pytest.mark.django_db
def test_a_finished_run_of_a_forgotten_version_keeps_nobody_from_starting(world, film, alice, become):
    order = world.bought(alice, film)
    assert world.run_of(order).finished_at
    become()
    assert unfinished_runs_are_known(None, databases=["default"]) == []


@pytest.mark.django_db
def test_after_a_roll_back_a_worker_may_be_told_to_leave_such_runs_alone(world, film, alice, become, settings):
    world.order(alice, film)
    become()
    settings.PIPELINE_LEAVE_UNKNOWN = True
    assert unfinished_runs_are_known(None, databases=["default"]) == []


@pytest.mark.django_db
def test_web_servers_do_not_ask_the_database(django_assert_num_queries):
    with django_assert_num_queries(0):
        run_checks()


@pytest.mark.django_db
def test_the_list_counts_unfinished_runs_by_version(world, film, alice, bob, become):
    world.order(alice, film)
    PipelineRun.objects.update(version=7)
    become(PURCHASE)
    said = StringIO()
    call_command("pipeline_versions", stdout=said)
    first, second = said.getvalue().splitlines()
    assert first.split() == ["purchase", "1", "0", "unfinished", "released"]
    assert second.split() == ["purchase", "7", "1", "unfinished", "not", "known", "to", "this", "code"]


@pytest.mark.django_db
def test_what_is_asked_reads_only_unfinished_runs(world, film, alice):
    rows = StageRun.objects.filter(run__finished_at__isnull=True).values_list("name", flat=True)
    plan = rows.explain()
    assert "pipelinerun_unfinished" in plan or connection.vendor == "postgresql", plan
