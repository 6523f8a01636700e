"""The right to watch: given once, begun once, over on time, and refused for one clear reason."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from tests import builders
from tests.vod import films
from vod.models import Entitlement, Title
from vod.services import entitlements
from vod.services.entitlements import Allowed, Denied
from vod.services.refusals import REFUSALS, Reason

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def title() -> Title:
    return films.rental_film(starts_at=NOON - timedelta(days=1))


def test_a_right_is_given_once_for_one_reference(alice, title):
    terms = {
        "user": alice,
        "title": title,
        "source": "rental",
        "reference": uuid.uuid4(),
        "start_within_days": 30,
        "viewing_hours": 48,
    }
    first = entitlements.grant(**terms, now=NOON)
    again = entitlements.grant(**terms, now=NOON + timedelta(days=3))
    assert again == first
    assert again.ends_at == NOON + timedelta(days=30)
    assert Entitlement.objects.count() == 1


def test_a_reference_cannot_stand_for_the_right_of_somebody_else(alice, bob, title):
    reference = uuid.uuid4()
    terms = {"title": title, "source": "rental", "reference": reference, "start_within_days": 30, "viewing_hours": 48}
    entitlements.grant(user=alice, now=NOON, **terms)
    with pytest.raises(entitlements.OtherEntitlement):
        entitlements.grant(user=bob, now=NOON, **terms)


def test_the_clock_starts_at_the_confirmed_first_play_and_only_once(alice, title):
    right = films.rented(alice, title, NOON)
    begun = entitlements.begin(entitlement=right, now=NOON + timedelta(days=2))
    again = entitlements.begin(entitlement=right, now=NOON + timedelta(days=3))
    assert begun.first_played_at == again.first_played_at == NOON + timedelta(days=2)
    assert begun.ends_at == again.ends_at == NOON + timedelta(days=4)


def test_beginning_in_the_last_minute_still_gives_the_full_time(alice, title):
    right = films.rented(alice, title, NOON)
    last_minute = NOON + timedelta(days=30, minutes=-1)
    assert entitlements.begin(entitlement=right, now=last_minute).ends_at == last_minute + timedelta(hours=48)


def test_a_right_that_has_run_out_cannot_be_begun(alice, title):
    right = films.rented(alice, title, NOON)
    with pytest.raises(entitlements.CannotBegin) as refusal:
        entitlements.begin(entitlement=right, now=NOON + timedelta(days=30))
    assert refusal.value.reason == Reason.EXPIRED
    right.refresh_from_db()
    assert right.first_played_at is None


def test_a_rental_allows_until_its_very_last_moment(alice, title):
    right = films.begun(alice, title, NOON)
    assert entitlements.may_watch(alice, title, right.ends_at - SECOND) == Allowed(
        entitlement=right, until=right.ends_at
    )
    assert entitlements.may_watch(alice, title, right.ends_at) == Denied(
        reason=Reason.EXPIRED, entitlement=right, since=right.ends_at
    )


def test_a_rental_waits_for_its_first_play(alice, title):
    films.rented(alice, title, NOON)
    right = entitlements.may_watch(alice, title, NOON)
    assert isinstance(right, Allowed)
    assert right.waits_for_first_play


def test_a_rental_of_the_series_covers_its_episode(alice):
    series = builders.title(kind=Title.Kind.SERIES, starts_at=NOON - timedelta(days=1))
    episode = builders.episode_of(series, starts_at=NOON - timedelta(days=1))
    films.with_film(episode)
    films.rented(alice, series, NOON)
    assert isinstance(entitlements.may_watch(alice, episode, NOON), Allowed)


def test_a_clock_that_runs_is_used_before_one_that_would_have_to_be_started(alice, title):
    running = films.begun(alice, title, NOON)
    films.rented(alice, title, NOON)
    right = entitlements.may_watch(alice, title, NOON + SECOND)
    assert isinstance(right, Allowed)
    assert right.entitlement == running


def test_a_free_title_is_for_everybody_and_starts_no_clock(alice, anonymous):
    title = films.free_film(starts_at=NOON - timedelta(days=1), ends_at=NOON + timedelta(days=1))
    title.offers.update(starts_at=NOON - timedelta(days=1))
    films.rented(alice, title, NOON)
    for viewer in (anonymous, alice):
        assert entitlements.may_watch(viewer, title, NOON) == Allowed(until=NOON + timedelta(days=1))


def test_a_guest_is_asked_to_sign_in_and_a_member_to_rent(bob, anonymous, title):
    assert entitlements.may_watch(anonymous, title, NOON) == Denied(reason=Reason.SIGN_IN)
    assert entitlements.may_watch(bob, title, NOON) == Denied(reason=Reason.NOT_ENTITLED)


def test_a_title_without_a_film_starts_no_clock(alice):
    title = builders.title(starts_at=NOON - timedelta(days=1))
    films.rented(alice, title, NOON)
    assert entitlements.may_watch(alice, title, NOON) == Denied(reason=Reason.NO_PACKAGE)


def test_who_rented_on_the_last_day_watches_to_the_end_after_the_title_has_left(alice, bob, title):
    title.ends_at = NOON + timedelta(hours=1)
    title.save()
    films.begun(alice, title, NOON)
    later = NOON + timedelta(hours=2)
    assert isinstance(entitlements.may_watch(alice, title, later), Allowed)
    assert entitlements.may_watch(bob, title, later) == Denied(reason=Reason.NOT_PUBLISHED, since=title.ends_at)


def test_a_title_that_is_not_out_yet_says_when(bob, title):
    before = title.starts_at - SECOND
    assert entitlements.may_watch(bob, title, before) == Denied(reason=Reason.NOT_PUBLISHED, since=title.starts_at)


def test_a_withdrawn_title_is_for_nobody(alice, title):
    right = films.begun(alice, title, NOON)
    title.is_published = False
    title.save()
    assert entitlements.may_watch(alice, title, NOON) == Denied(reason=Reason.NOT_PUBLISHED, entitlement=right)


def test_a_right_taken_back_ends_at_once_and_is_taken_back_once(alice, title):
    right = films.begun(alice, title, NOON)
    assert entitlements.revoke(reference=right.reference, now=NOON + SECOND) == 1
    assert entitlements.revoke(reference=right.reference, now=NOON + 2 * SECOND) == 0
    denied = entitlements.may_watch(alice, title, NOON + SECOND)
    assert isinstance(denied, Denied)
    assert (denied.reason, denied.since) == (Reason.REVOKED, NOON + SECOND)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"ends_at": None}, None),
        ({"starts_at": NOON}, None),
        ({"starts_at": NOON + SECOND}, Reason.NOT_STARTED_YET),
        ({"ends_at": NOON}, Reason.EXPIRED),
        ({"ends_at": NOON + SECOND}, None),
        ({"suspended_at": NOON}, Reason.SUSPENDED),
        ({"revoked_at": NOON}, Reason.REVOKED),
        ({"revoked_at": NOON, "ends_at": NOON}, Reason.REVOKED),
    ],
)
def test_the_reason_and_the_rule_in_the_database_are_one(alice, title, changes, reason):
    right = films.rented(alice, title, NOON - timedelta(hours=1))
    Entitlement.objects.filter(pk=right.pk).update(**changes)
    right.refresh_from_db()
    assert entitlements.why_not(right, NOON) == reason
    assert Entitlement.objects.live_at(NOON).exists() == (reason is None)


def test_the_entitlement_costs_one_query(alice, title, django_assert_num_queries):
    films.begun(alice, title, NOON)
    with django_assert_num_queries(3):  # the entitlement, the film, a free offer
        entitlements.may_watch(alice, title, NOON)


def test_every_reason_has_words_a_next_step_and_a_code_of_its_own():
    assert set(REFUSALS) == set(Reason)
    assert len({words.code for words in REFUSALS.values()}) == len(Reason)
    assert all(str(words.headline) and str(words.text) and str(words.label) for words in REFUSALS.values())
