"""One act on many stages, and what is held back: first shown, then done, each guarded and kept."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from orders.admin import redrive
from orders.models import Circuit, OperatorAction, Pause, StageRun
from orders.pipeline.engine import gates
from tests.admin.rows import fill
from tests.admin.test_run_page import _tags, crowd

Verb = OperatorAction.Verb
State = StageRun.State
SHOW, DO = "admin:orders_stagerun_redrive", "admin:orders_stagerun_redrive_do"


@pytest.fixture
def parked(chief) -> int:
    """A run with many stages that stand still; how many."""
    crowd(chief, 12)
    return StageRun.objects.filter(state=State.PARKED).count()


def _plan(client, **asked):
    return client.get(reverse(SHOW), asked)


def _do(client, plan, verb: str, **form):
    stages = [f"{row.stage.pk}-{row.stage.fence}" for row in plan.context["plan"].done]
    return client.post(reverse(DO), {"verb": verb, "stage": stages, "reason": "mended"} | form, follow=True)


def test_the_dry_run_says_what_would_happen_and_does_nothing(visit, sam, parked):
    before = set(StageRun.objects.values_list("pk", "state"))
    plan = _plan(visit(sam), verb="skip", state__exact="parked").context["plan"]
    relied_on = {row.stage.name for row in plan.left}
    assert len(plan.rows) == parked
    assert relied_on == {"place", "ship_list"}
    assert "instruct" in {row.stage.name for row in plan.done}
    assert sum(group.count for group in plan.groups) == parked
    assert set(StageRun.objects.values_list("pk", "state")) == before
    assert not OperatorAction.objects.exists()


def test_the_filtered_set_is_retried_and_each_is_kept(visit, sam, parked):
    client = visit(sam)
    plan = _plan(client, verb="retry", state__exact="parked", name="instruct")
    chosen = {row.stage.pk for row in plan.context["plan"].done}
    assert chosen == set(StageRun.objects.filter(name="instruct", state=State.PARKED).values_list("pk", flat=True))
    _do(client, plan, "retry")
    assert not StageRun.objects.filter(pk__in=chosen, state=State.PARKED).exists()
    assert StageRun.objects.filter(state=State.PARKED).count() == parked - len(chosen)
    kept = OperatorAction.objects.filter(verb=Verb.RETRY, actor=sam, reason="mended")
    assert set(kept.values_list("stage", flat=True)) == chosen


def test_what_moved_on_since_the_dry_run_is_left_alone(visit, sam, parked):
    client = visit(sam)
    plan = _plan(client, verb="retry", state__exact="parked", name="instruct")
    first, second = plan.context["plan"].done[:2]
    StageRun.objects.filter(pk=first.stage.pk).update(fence=first.stage.fence + 1)
    StageRun.objects.filter(pk=second.stage.pk).update(state=State.SUCCEEDED)
    assert "warning" in _tags(_do(client, plan, "retry"))
    assert StageRun.objects.get(pk=first.stage.pk).state == State.PARKED
    assert StageRun.objects.get(pk=second.stage.pk).state == State.SUCCEEDED


def test_many_are_assigned_and_found_by_whom(visit, sam, chief, parked):
    client = visit(sam)
    plan = _plan(client, verb="assign", state__exact="parked")
    _do(client, plan, "assign", to=chief.pk)
    assert StageRun.objects.filter(assignee=chief).count() == parked
    listed = reverse("admin:orders_stagerun_changelist")
    assert visit(chief).get(listed, {"assigned": "me"}).context["cl"].result_count == parked
    assert client.get(listed, {"owner": "warehouse", "state__exact": "parked"}).context["cl"].result_count == parked


@pytest.mark.parametrize(
    ("verb", "form"), [("skip", {"reason": " "}), ("retry", {"stage": []}), ("explode", {}), ("retry", {"stage": "1"})]
)
def test_a_form_without_what_it_needs_changes_nothing(visit, sam, parked, verb, form):
    client = visit(sam)
    plan = _plan(client, verb="retry", state__exact="parked")
    assert _tags(_do(client, plan, verb, **form)) == ["error"]
    assert StageRun.objects.filter(state=State.PARKED).count() == parked


def test_one_act_is_about_a_thousand_at_the_most(visit, sam, parked, monkeypatch):
    monkeypatch.setattr(redrive, "MOST", 5)
    client = visit(sam)
    response = _plan(client, verb="retry", state__exact="parked")
    plan = response.context["plan"]
    assert (len(plan.rows), plan.beyond) == (5, parked - 5)
    everything = [f"{one.pk}-{one.fence}" for one in StageRun.objects.filter(state=State.PARKED)]
    client.post(reverse(DO), {"verb": "retry", "stage": everything})
    assert OperatorAction.objects.count() <= 5


def test_the_dry_run_costs_the_same_for_many(visit, chief):
    client = visit(chief)
    client.get("/admin/")
    counted = []
    for count in (6, 30):
        crowd(chief, count)
        with CaptureQueriesContext(connection) as queries:
            _plan(client, verb="retry", state__exact="parked")
        counted.append(len(queries))
    assert counted[0] == counted[1] <= 10


def test_who_may_only_look_is_refused_here_too(visit, carol, parked):
    carol.user_permissions.add(*Permission.objects.filter(codename__startswith="view_"))
    client = visit(carol)
    listed = client.get(reverse("admin:orders_stagerun_changelist")).content.decode()
    assert reverse(SHOW) not in listed
    assert _plan(client, verb="retry").status_code == 403
    assert client.post(reverse(DO), {"verb": "retry"}).status_code == 403
    assert client.post(reverse("admin:orders_pause_begin"), {"what": "system:mail", "reason": "x"}).status_code == 403
    assert client.post(reverse("admin:orders_pause_end"), {"what": "system:mail"}).status_code == 403
    assert "orders_pause_begin" not in client.get(reverse("admin:orders_pause_changelist")).content.decode()


# Pauses


def test_a_system_is_paused_with_a_reason_and_goes_on_again(visit, sam):
    client = visit(sam)
    begin, end = reverse("admin:orders_pause_begin"), reverse("admin:orders_pause_end")
    form = {"what": "system:warehouse", "hours": "4", "reason": "stocktaking"}
    client.post(begin, form)
    pause = Pause.objects.get()
    assert (pause.scope, pause.name, pause.actor, pause.reason) == ("system", "warehouse", sam, "stocktaking")
    assert timedelta(hours=3) < pause.until - timezone.now() <= timedelta(hours=4)
    assert "stocktaking" in client.get(reverse("admin:orders_pause_changelist")).content.decode()
    client.post(end, {"what": "system:warehouse"})
    assert not Pause.objects.exists()
    assert list(OperatorAction.objects.values_list("verb", "subject")) == [
        (Verb.PAUSE, "system warehouse"),
        (Verb.GO_ON, "system warehouse"),
    ]
    client.get("/admin/")  # which tells what was done so far
    assert _tags(client.post(end, {"what": "system:warehouse"}, follow=True))[-1:] == ["error"]


@pytest.mark.parametrize(
    "form",
    [
        {"what": "system:warehouse", "reason": " "},
        {"what": "system:moon", "reason": "x"},
        {"what": "galaxy:warehouse", "reason": "x"},
        {"what": "system:warehouse", "reason": "x", "hours": "9999999"},
    ],
)
def test_nothing_else_can_be_paused(visit, sam, form):
    response = visit(sam).post(reverse("admin:orders_pause_begin"), form, follow=True)
    assert _tags(response) == ["error"]
    assert not Pause.objects.exists()


def test_each_outside_system_is_told_in_words(visit, sam, in_english):
    until = timezone.now() + timedelta(minutes=1)
    Circuit.objects.create(system="warehouse", failures=gates.OPENS_AT + 1, until=until, error="no route")
    Circuit.objects.create(system="mail", failures=1, error="later")
    rows = visit(sam).get(reverse("admin:orders_pause_changelist")).context["circuit_rows"]
    told = {row.system: str(row.state.text) for row in rows}
    assert told["warehouse"] == "does not answer"
    assert told["mail"] == "fails now and then"
    assert told["payment"] == "answers"
    assert "tried again at" in next(row.told for row in rows if row.system == "warehouse")


def test_the_list_of_stages_tells_owner_and_age(visit, chief):
    fill(1)
    StageRun.objects.update(finished_at=timezone.now() - timedelta(hours=3), owner="warehouse")
    text = visit(chief).get(reverse("admin:orders_stagerun_changelist")).content.decode()
    assert "graph" in text or "流れ図" in text
