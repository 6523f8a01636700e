"""What a Prometheus reads: what is under way, what grows old, and at what cost."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from orders import metrics
from orders.models import Circuit, Order, OutboundMail, Pause, PipelineRun, ProviderEvent, StageAttempt, StageRun
from orders.pipeline.engine import beat, gates
from orders.pipeline.engine.errors import Refused
from orders.pipeline.engine.sweep import sweep
from tests import builders
from tests.orders import conftest as purchases

film, mug, world = purchases.film, purchases.mug, purchases.world

pytestmark = pytest.mark.django_db
State = StageRun.State


def read() -> dict[str, float]:
    """Every sample by its name and labels, as in `runs{pipeline=purchase,…}`."""
    found = {}
    for family in text_string_to_metric_families(generate_latest(metrics.registry()).decode()):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[sample.name.removeprefix("hitotsu_") + (f"{{{labels}}}" if labels else "")] = sample.value
    return found


def test_the_address_answers_in_prometheus_own_form(client, world, film, alice):
    world.order(alice, film)
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=")
    assert answer["Cache-Control"] == "no-store"
    assert "# TYPE hitotsu_runs gauge" in answer.content.decode()
    assert client.post("/metrics").status_code == 405


def test_a_token_is_asked_for_where_one_is_set(client, settings):
    settings.METRICS_TOKEN = "s3cret-and-long"
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Basic s3cret-and-long"}).status_code == 401
    right = {"Authorization": "Bearer s3cret-and-long"}
    assert client.get("/metrics", headers=right | {"Host": "10.0.0.7:8000"}).status_code == 200
    assert client.get("/metrics", headers=right, REMOTE_ADDR="203.0.113.5").status_code == 200


def test_without_a_token_only_this_machine_reads_and_in_production_nobody(client, settings):
    assert client.get("/metrics", REMOTE_ADDR="203.0.113.5").status_code == 404
    settings.PRODUCTION = True
    assert client.get("/metrics").status_code == 404


def test_runs_and_stages_that_are_not_over_are_counted(world, film, alice, bob):
    done, open_order = world.bought(alice, film), world.order(bob, film)
    assert world.run_of(done).finished_at
    found = read()
    assert found["runs{pipeline=purchase,state=running,version=1}"] == 1
    assert found["stages{pipeline=purchase,stage=charge,state=ready}"] == 1
    assert found["stages{pipeline=purchase,stage=mail,state=blocked}"] == 1
    assert world.stage(open_order, "charge").state == State.READY


def test_parked_stages_name_their_owner(world, mug, alice, monkeypatch):
    def no(*args):
        raise Refused("No such SKU")

    monkeypatch.setattr(world.warehouse, "instruct", no)
    world.bought(alice, mug)
    found = read()
    assert found["stages_parked{owner=warehouse,stage=purchase.instruct}"] == 1
    assert found["attempts_recent{outcome=refused,stage=purchase.instruct}"] == 1


def test_a_due_stage_grows_old_although_sweeps_announce_it_again_and_again(world, film, alice):
    order = world.order(alice, film)
    past = timezone.now() - timedelta(minutes=9)
    StageRun.objects.filter(run__order=order, state=State.READY).update(available_at=past)
    for minutes in (8, 4, 1):
        sweep(now=timezone.now() - timedelta(minutes=minutes))
    assert read()["oldest_due_seconds"] == pytest.approx(540, abs=20)
    assert read()["stages_due"] == 1
    world.later(minutes=1)
    world.work(order)
    assert read()["oldest_due_seconds"] == 0
    assert world.stage(order, "charge").overdue_since is None


def test_what_waits_behind_a_pause_is_not_called_old(world, film, alice):
    order = world.order(alice, film)
    past = timezone.now() - timedelta(minutes=9)
    StageRun.objects.filter(run__order=order, state=State.READY).update(available_at=past)
    sweep(now=timezone.now() - timedelta(minutes=8))
    Pause.objects.create(scope=Pause.Scope.SYSTEM, name="payment", reason="maintenance")
    gates.forget()
    sweep(now=timezone.now())
    found = read()
    assert (found["stages_due"], found["oldest_due_seconds"]) == (0, 0)
    assert found["paused{name=payment,scope=system}"] == 1
    gates.forget()


def test_attempts_tell_how_long_they_took(world, film, alice):
    order = world.bought(alice, film)
    ended = timezone.now()
    rows = StageAttempt.objects.filter(stage__run__order=order, stage__name="mail")
    super(type(rows), rows).update(started_at=ended - timedelta(seconds=7), finished_at=ended)
    found = read()
    assert found["attempts_recent{outcome=succeeded,stage=purchase.mail}"] == 1
    assert found["attempts_recent_seconds{outcome=succeeded,stage=purchase.mail}"] == 7
    assert found["attempts_recent_longest_seconds{outcome=succeeded,stage=purchase.mail}"] == 7
    super(type(rows), rows).update(finished_at=ended - timedelta(minutes=16))
    assert "attempts_recent{outcome=succeeded,stage=purchase.mail}" not in read()


def test_what_else_needs_somebody_is_counted(world, film, alice):
    now = timezone.now()
    order = world.order(alice, film)
    OutboundMail.objects.create(
        order=order, dedupe_key="k", kind="paid", to=alice.email, message_id="<m>", state=OutboundMail.State.UNCERTAIN
    )
    Circuit.objects.create(system="warehouse", failures=gates.OPENS_AT)
    Circuit.objects.create(system="backoffice", failures=1)
    ProviderEvent.objects.create(provider="p", event_id="e", kind="k", payload={}, received_at=now - timedelta(hours=1))
    found = read()
    assert found["mails_uncertain"] == 1
    assert (found["circuit_open{system=warehouse}"], found["circuit_open{system=backoffice}"]) == (1, 0)
    assert found["circuit_failures{system=backoffice}"] == 1
    assert found["inbox_waiting"] == 1
    assert found["inbox_oldest_seconds"] == pytest.approx(3600, abs=10)


def test_sweepers_are_counted_while_they_are_heard_of():
    assert "sweepers_silent_seconds" not in read()
    beat.beat(timezone.now() - timedelta(minutes=5))
    assert read()["sweepers"] == 0
    assert read()["sweepers_silent_seconds"] == pytest.approx(300, abs=10)
    beat.beat(timezone.now())
    assert read()["sweepers"] == 1


def test_stages_beyond_their_limit_are_counted(world, film, alice):
    order = world.order(alice, film)
    assert "stages_beyond_limit{stage=purchase.charge}" not in read()
    PipelineRun.objects.filter(order=order).update(created_at=timezone.now() - timedelta(minutes=6))
    assert read()["stages_beyond_limit{stage=purchase.charge}"] == 1


def test_words_of_people_cannot_break_the_form():
    Pause.objects.create(scope=Pause.Scope.SYSTEM, name='a"b\nc\\', reason="-")
    assert read()['paused{name=a"b\nc\\,scope=system}'] == 1


@pytest.fixture
def many_finished(world, film, alice, monkeypatch) -> None:
    """Three thousand finished runs with seven stages each beside one that is under way."""
    monkeypatch.setattr(metrics, "MOST_ATTEMPTS", 200)
    order = world.bought(alice, film)
    stage = world.stage(order, "grant")
    old = timezone.now() - timedelta(days=30)
    orders = Order.objects.bulk_create(
        Order(checkout_key=builders.uuid.uuid4(), user=alice, email=alice.email, subtotal=1, total=1)
        for _ in range(3000)
    )
    runs = PipelineRun.objects.bulk_create(
        PipelineRun(pipeline="purchase", version=1, order=one, state="succeeded", created_at=old, finished_at=old)
        for one in orders
    )
    stages = StageRun.objects.bulk_create(
        StageRun(run=run, seq=number, name=f"{stage.name}{number}", kind="transactional", state=State.SUCCEEDED)
        for run in runs
        for number in range(7)
    )
    StageAttempt.objects.bulk_create(
        StageAttempt(stage=one, number=1, fence=1, worker="w", outcome="succeeded", started_at=old, finished_at=old)
        for one in stages
    )
    OutboundMail.objects.bulk_create(
        OutboundMail(
            order=one, dedupe_key=f"m{one.pk}", kind="paid", to=alice.email, message_id=f"<{one.pk}>", state="sent"
        )
        for one in orders
    )
    ProviderEvent.objects.bulk_create(
        ProviderEvent(provider="p", event_id=str(one.pk), kind="k", payload={}, processed_at=old) for one in orders
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def test_the_cost_does_not_grow_with_what_is_finished(many_finished, world, film, bob):
    with CaptureQueriesContext(connection) as asked:
        read()
    queries = [one["sql"] for one in asked if one["sql"].lstrip().startswith("SELECT")]
    world.order(bob, film)
    with CaptureQueriesContext(connection) as again:
        read()
    assert _cost(again) == _cost(asked) <= 14
    large = "orders_(stagerun|pipelinerun|stageattempt|order|outboundmail|providerevent)"
    scan = rf"Seq Scan on {large}\b" if connection.vendor == "postgresql" else rf"SCAN {large}(?! USING)"
    plans = {sql: _plan(sql) for sql in queries if "EXPLAIN" not in sql}
    scanned = {sql: plan for sql, plan in plans.items() if re.search(scan, plan)}
    assert not scanned, "\n\n".join(f"{sql}\n{plan}" for sql, plan in scanned.items())


def _cost(asked: CaptureQueriesContext) -> int:
    """How many queries; the clock of all processes is read once a minute by whoever comes first."""
    return sum("clock_timestamp" not in one["sql"] for one in asked)


def _plan(sql: str) -> str:
    explain = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
    with connection.cursor() as cursor:
        cursor.execute(f"{explain} {sql}".replace("%", "%%"), [])
        return "\n".join(str(row[-1]) for row in cursor.fetchall())
