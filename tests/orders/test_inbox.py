"""An event that cannot be worked on is tried again for about a day, ever more rarely, and then left to a person."""

from datetime import timedelta

import pytest
from django.db import connection

from orders.models import ProviderEvent
from orders.services import inbox

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("world")]


@pytest.fixture
def broken(world) -> ProviderEvent:
    """A report that no warehouse would send, so that reading it fails every time."""
    event, _ = inbox.store(source=inbox.WAREHOUSE, event_id="rep-1", kind="shipped", payload={}, now=world.now)
    return event


def test_it_is_tried_again_after_pauses_that_double_up_to_ten_minutes(world, broken):
    pauses = []
    for _ in range(14):
        assert inbox.sweep(world.now) == 1
        broken.refresh_from_db()
        pauses.append((broken.next_at - world.now).total_seconds())
        assert inbox.sweep(broken.next_at - timedelta(milliseconds=1)) == 0
        world.now = broken.next_at
    expected = [min(2**number, 600) for number in range(14)]
    assert all(0.8 * right <= pause <= 1.2 * right for pause, right in zip(pauses, expected, strict=True))
    assert pauses != expected  # workers that failed together do not come back together
    assert "KeyError" in broken.error


def test_it_is_given_up_after_about_a_day(world, broken):
    begun = world.now
    while not broken.processed_at:
        inbox.sweep(world.now)
        broken.refresh_from_db()
        world.now = broken.next_at
    assert broken.attempts == inbox.MAX_ATTEMPTS
    assert timedelta(hours=20) < broken.processed_at - begun < timedelta(hours=28)
    assert broken.error


def test_two_workers_at_one_event_make_one_attempt(world, broken):
    stale = ProviderEvent.objects.get(pk=broken.pk)
    assert inbox._claim(ProviderEvent.objects.get(pk=broken.pk), world.now)
    assert not inbox._claim(stale, world.now)
    assert inbox.sweep(world.now) == 0


def test_an_attempt_whose_worker_was_killed_is_taken_up_again(world, broken):
    assert inbox._claim(ProviderEvent.objects.get(pk=broken.pk), world.now)
    assert inbox.sweep(world.now + 1.2 * inbox.FIRST_PAUSE) == 1
    broken.refresh_from_db()
    assert broken.attempts == 2


def test_the_sweep_reads_an_index_of_what_is_due_alone(world):
    due = ProviderEvent.objects.filter(processed_at__isnull=True, next_at__lte=world.now).order_by("next_at")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")  # of so few rows it would read all
    assert "providerevent_due" in due[:50].explain()
