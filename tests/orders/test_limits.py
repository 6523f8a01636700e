"""Staff hear of what takes too long: once a day, from one worker, and again when what remembers it is back."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.cache import cache
from django.core.mail.backends.base import BaseEmailBackend
from redis.exceptions import ConnectionError as RedisIsAway

from orders.models import PipelineRun, StageRun
from orders.pipeline.engine import limits

pytestmark = pytest.mark.django_db


@pytest.fixture
def late(world, film, alice, settings):
    """An order that nobody has worked on for an hour."""
    settings.ALERT_MAILS = ["desk@station.example"]
    order = world.order(alice, film)
    PipelineRun.objects.filter(order=order).update(created_at=world.now - timedelta(hours=1))
    return order


def test_a_late_stage_is_told_of_once(late, world, caplog):
    assert limits.alert(world.now) == 1
    [told] = mail.outbox
    assert told.to == ["desk@station.example"]
    assert late.number in told.body
    assert late.number in caplog.text
    assert limits.alert(world.now) == 0
    assert len(mail.outbox) == 1


def test_nothing_is_told_of_what_is_in_time(world, film, alice):
    world.order(alice, film)
    assert limits.alert(world.now) == 0
    assert not mail.outbox


def test_a_stage_that_was_begun_counts_from_then(world, film, alice):
    order = world.bought(alice, film)
    StageRun.objects.filter(run__order=order, name="mail").update(
        state=StageRun.State.PARKED, started_at=world.now - timedelta(days=2)
    )
    assert limits.alert(world.now) == 1


def test_a_mail_server_that_is_away_keeps_no_sweep_from_going_on(late, world, settings, caplog):
    settings.EMAIL_BACKEND = f"{__name__}.AwayBackend"
    assert limits.alert(world.now) == 1
    assert "nobody there" in caplog.text


class AwayBackend(BaseEmailBackend):
    """A mail server that does not answer."""

    def send_messages(self, email_messages):
        raise ConnectionRefusedError("nobody there")


def test_without_the_cache_it_is_told_of_later(late, world, monkeypatch, caplog):
    """Every worker would tell of it, and each minute: so nobody does until they can know of each other again."""
    with monkeypatch.context() as patched:
        patched.setattr(cache, "get_many", _away)
        assert limits.alert(world.now) == 0
    assert "cache" in caplog.text
    assert limits.alert(world.now) == 1


def test_where_nothing_is_late_the_cache_is_not_asked(world, monkeypatch, caplog):
    with monkeypatch.context() as patched:
        patched.setattr(cache, "get_many", _away)
        assert limits.alert(world.now) == 0
    assert caplog.text == ""


def test_what_was_taken_before_the_cache_went_away_is_told(late, world, bob, film, monkeypatch):
    another = world.order(bob, film)
    PipelineRun.objects.filter(order=another).update(created_at=world.now - timedelta(hours=1))
    add, asked = cache.add, []

    def once(*args: object) -> bool:
        asked.append(args)
        return add(*args) if len(asked) == 1 else _away()

    with monkeypatch.context() as patched:
        patched.setattr(cache, "add", once)
        assert limits.alert(world.now) == 1
    assert limits.alert(world.now) == 1
    told = "".join(message.body for message in mail.outbox)
    assert (told.count(late.number), told.count(another.number)) == (1, 1)


def _away(*args: object) -> None:
    raise RedisIsAway("Connection refused")
