"""Where one stopped: saved in order, whatever arrives when, and finished once for all."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests import builders
from tests.vod import films
from vod.models import PlaybackSession, Progress
from vod.services import playback
from vod.services.progress import resume_at, save_progress

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


@pytest.fixture
def title():
    return builders.title(slug="tram")


def save(alice, title, position_s, *, at=NOON, age_s=0.0):
    return save_progress(user=alice, title=title, position_s=position_s, duration_s=100.0, age_s=age_s, now=at)


def test_the_first_position_is_kept_and_the_next_replaces_it(alice, title):
    assert save(alice, title, 12.5).position_s == 12.5
    assert save(alice, title, 30, at=NOON + timedelta(seconds=15)).position_s == 30
    assert Progress.objects.count() == 1


def test_a_save_that_waited_offline_does_not_overwrite_a_newer_one(alice, title):
    save(alice, title, 80, at=NOON)
    late = save(alice, title, 20, at=NOON + timedelta(minutes=5), age_s=600)
    assert late.position_s == 80
    assert late.updated_at == NOON


def test_an_age_beyond_all_time_counts_as_the_oldest_there_is(alice, title):
    assert save(alice, title, 20, age_s=1e300).updated_at == NOON - timedelta(days=30)


def test_a_title_is_finished_from_95_percent_on_and_stays_so(alice, title):
    assert save(alice, title, 94.9).finished_at is None
    finished = save(alice, title, 95, at=NOON + timedelta(minutes=1))
    assert finished.finished_at == NOON + timedelta(minutes=1)
    again = save(alice, title, 10, at=NOON + timedelta(days=1))
    assert (again.position_s, again.finished_at) == (10, finished.finished_at)
    twice = save(alice, title, 99, at=NOON + timedelta(days=2))
    assert twice.finished_at == finished.finished_at


def test_a_position_past_the_end_is_the_end(alice, title):
    assert save(alice, title, 5000).position_s == 100


def test_nothing_resumes_inside_the_last_part(alice, title):
    assert resume_at(None, 100) == 0
    assert resume_at(save(alice, title, 94), 100) == 94
    assert resume_at(save(alice, title, 95, at=NOON + timedelta(seconds=1)), 100) == 0


@pytest.fixture
def send(alice, client):
    """Saves as the player of alice does, with her token unless another is given."""
    films.free_film(slug="free")
    client.force_login(alice)
    client.get(reverse("vod:watch", args=["free"]))
    token = playback.token_of(PlaybackSession.objects.get())

    def post(slug="free", **sent):
        body = sent.pop("body", None) or json.dumps({"token": token} | sent)
        return client.post(reverse("vod:progress", args=[slug]), body, content_type="application/json")

    return post


def test_the_player_saves_and_is_told_what_is_stored(alice, send):
    answer = send(position_s=4.5, age_s=1.2)
    assert answer.status_code == 200
    assert answer.json() == {"position_s": 4.5, "is_finished": False}
    stored = Progress.objects.get(user=alice)
    assert stored.duration_s == 15.5
    assert stored.updated_at < timezone.now() - timedelta(seconds=1)


@pytest.mark.parametrize(
    "sent",
    [
        {"position_s": -1},
        {"position_s": "NaN"},
        {"position_s": "x"},
        {"position_s": 10**400},
        {},
        {"body": "no json"},
        {"body": "[1]"},
        {"body": "[" * 100_000},
    ],
)
def test_a_save_that_makes_no_sense_is_refused_and_leaves_nothing(send, sent):
    answer = send(**sent)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert not Progress.objects.exists()


def test_a_save_for_another_title_is_refused(send):
    films.free_film(slug="other")
    assert send(slug="other", position_s=3).status_code == 400


def test_bob_cannot_save_through_the_player_of_alice(bob, client, send):
    client.force_login(bob)
    assert send(position_s=3).json()["reason"] == "other_browser"
    assert not Progress.objects.exists()


def test_a_guest_is_told_to_sign_in(client, send):
    client.logout()
    assert send(position_s=3).json()["reason"] == "sign_in"


def test_the_last_position_is_saved_even_after_the_right_has_ended(alice, send):
    PlaybackSession.objects.update(started_at=timezone.now() - timedelta(days=2))
    assert send(position_s=9).status_code == 200


def test_a_save_needs_the_pages_own_token_against_forgery(alice, send, client):
    strict = type(client)(enforce_csrf_checks=True)
    strict.force_login(alice)
    body = json.dumps({"token": "x", "position_s": 1})
    answer = strict.post(reverse("vod:progress", args=["free"]), body, content_type="application/json")
    assert answer.status_code == 403
