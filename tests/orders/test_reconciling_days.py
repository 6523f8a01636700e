"""Which day is due, and what the task does about it."""

from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from config.lib import clock
from orders import tasks
from orders.models import Discrepancy, ReconciliationRun
from orders.payments import books
from orders.services import discrepancies, reconciling
from orders.services.judging import Finding
from tests.orders.test_rush import THREADS, in_threads

pytestmark = pytest.mark.django_db
DAY = date(2026, 4, 10)


def at(hour: float, day: date = DAY) -> datetime:
    midnight = timezone.make_aware(datetime.combine(day, datetime.min.time()))
    return midnight + timedelta(hours=hour)


def ended(day: date, finished_at: datetime | None) -> ReconciliationRun:
    step = "done" if finished_at else "charges"
    return ReconciliationRun.objects.create(provider="memory", day=day, step=step, finished_at=finished_at)


def before(days: int) -> date:
    return DAY - timedelta(days=days)


def test_a_new_house_begins_with_yesterday_after_three(world):
    assert reconciling.due_day(at(2.9)) == before(2)
    assert reconciling.due_day(at(3.1)) == before(1)


def test_nothing_is_due_once_yesterday_was_read_to_its_end(world):
    ended(before(1), at(3.2))
    assert reconciling.due_day(at(4)) is None
    assert reconciling.due_day(at(26)) is None
    assert reconciling.due_day(at(27.1)) == DAY


def test_a_day_that_was_cut_off_comes_first(world):
    ended(before(3), None)
    ended(before(2), at(4, before(1)))
    assert reconciling.due_day(at(4)) == before(3)


def test_days_that_were_missed_are_made_good_a_week_back_at_the_most(world):
    ended(before(9), at(4, before(8)))
    ended(before(4), at(4, before(3)))
    assert reconciling.due_day(at(4)) == before(3)


def test_a_day_that_somebody_compared_before_it_was_over_is_compared_again(world):
    ended(before(1), at(12, before(1)))
    assert reconciling.due_day(at(4)) == before(1)


@pytest.fixture
def sent(monkeypatch) -> list[str]:
    names: list[str] = []
    monkeypatch.setattr(tasks, "send", lambda name, **kwargs: names.append(name))
    return names


def test_the_task_goes_through_yesterday_and_then_leaves_it(world, sent):
    tasks.reconcile()
    run = ReconciliationRun.objects.get()
    assert run.step == ReconciliationRun.Step.DONE
    tasks.reconcile()
    run.refresh_from_db()
    assert (run.rounds, sent) == (1, [])


def test_what_does_not_fit_into_one_message_is_left_to_the_next(world, sent, monkeypatch):
    real = reconciling.reconcile_due
    monkeypatch.setattr(reconciling, "reconcile_due", lambda *, seconds: real(seconds=0.0))
    tasks.reconcile()
    assert sent == ["orders.reconcile"]
    assert ReconciliationRun.objects.get().step == ReconciliationRun.Step.CHARGES


def test_a_provider_that_is_away_is_left_for_ten_minutes(world, sent, monkeypatch):
    def away(*args):
        raise reconciling.Transient("no answer")

    monkeypatch.setattr(type(world.payments), "list_charges", away)
    tasks.reconcile()
    assert sent == []
    assert ReconciliationRun.objects.get().finished_at is None


def test_the_day_is_japans(world, alice, film):
    """A payment just after midnight in Japan is of the new day, though it is still the day before in Greenwich."""
    order = world.bought(alice, film)
    charge = order.payments.get().charge_ref
    world.payments.happened[charge] = at(0.01)
    order.payments.update(captured=1, succeeded_at=at(0.01))
    reconciling.reconcile(before(1))
    assert not Discrepancy.objects.exists()
    reconciling.reconcile(DAY)
    assert Discrepancy.objects.get().run.day == DAY


def test_our_clock_and_the_providers_may_put_a_payment_on_two_days(world, alice, film):
    order = world.bought(alice, film)
    world.payments.happened[order.payments.get().charge_ref] = at(-0.01)
    order.payments.update(succeeded_at=at(0.01))
    for day in (before(1), DAY):
        reconciling.reconcile(day)
    assert not Discrepancy.objects.exists()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_many_processes_at_once_find_each_thing_once():
    """Each page is won by one of them; the others leave the day to it, and nothing is lost or told twice."""
    if connection.vendor != "postgresql":
        pytest.skip("threads prove something only on PostgreSQL")
    run = ReconciliationRun.objects.create(provider="memory", day=DAY)
    finding = Finding("money_without_order", "charge", "ch_1", 330, "JPY", {})
    line = books.ListedCharge("ch_1", at(1), 330, "JPY", books.Outcome.SUCCEEDED)
    told: list[str] = []

    def read(mine: ReconciliationRun) -> None:
        entries = [discrepancies.entry("memory", line, clock.now())]
        step = ReconciliationRun.Step.REFUNDS
        try:
            reconciling._advance(mine, step=step, cursor="x", entries=entries, findings=[finding])
            told.append("won")
        except reconciling.Overtaken:
            told.append("overtaken")

    in_threads(read, [ReconciliationRun.objects.get(pk=run.pk) for _ in range(THREADS)])
    assert sorted(told) == ["overtaken"] * (THREADS - 1) + ["won"]
    assert Discrepancy.objects.count() == 1
