"""The watch page: who sees the player, who a question, and who a reason with the next step."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tests import builders
from tests.vod import films
from vod.models import PlaybackSession, Progress, Title

pytestmark = pytest.mark.django_db
MANY = 25


@pytest.fixture
def title():
    return films.rental_film(slug="tram")


def watch(client, slug="tram", **extra):
    return client.get(reverse("vod:watch", args=[slug]), {"hl": "en"}, **extra)


def words(answer) -> str:
    return answer.content.decode()


def test_alice_confirms_the_beginning_and_then_sees_the_player(alice, client, title):
    right = films.rented(alice, title, timezone.now())
    client.force_login(alice)
    asked = watch(client)
    assert "Begin to watch" in words(asked)
    assert "48 hours" in words(asked)
    assert not PlaybackSession.objects.exists()
    assert "data-player" not in words(asked)

    begun = client.post(reverse("vod:begin", args=["tram"]))
    assert begun["Location"] == reverse("vod:watch", args=["tram"]) + "#play"
    right.refresh_from_db()
    assert right.ends_at - right.first_played_at == timedelta(hours=48)

    shown = watch(client)
    assert shown.status_code == 200
    assert "data-player-video" in words(shown)
    assert "You can watch until" in words(shown)
    assert "no-store" in shown["Cache-Control"]
    assert PlaybackSession.objects.get().entitlement == right


def test_beginning_twice_starts_the_clock_once(alice, client, title):
    right = films.rented(alice, title, timezone.now())
    client.force_login(alice)
    client.post(reverse("vod:begin", args=["tram"]))
    right.refresh_from_db()
    first = right.ends_at
    client.post(reverse("vod:begin", args=["tram"]))
    right.refresh_from_db()
    assert right.ends_at == first


def test_looking_at_the_page_starts_no_clock(alice, client, title):
    right = films.rented(alice, title, timezone.now())
    client.force_login(alice)
    watch(client)
    assert client.get(reverse("vod:begin", args=["tram"])).status_code == 405
    right.refresh_from_db()
    assert right.first_played_at is None


def test_bob_cannot_begin_what_alice_has_rented(alice, bob, client, title):
    right = films.rented(alice, title, timezone.now())
    client.force_login(bob)
    client.post(reverse("vod:begin", args=["tram"]))
    right.refresh_from_db()
    assert right.first_played_at is None
    denied = watch(client)
    assert denied.status_code == 403
    assert "You have not rented this title" in words(denied)
    assert "V-104" in words(denied)


def test_a_guest_is_sent_to_sign_in_and_back(client, title):
    denied = watch(client)
    assert denied.status_code == 403
    assert f"{reverse('account_login')}?next=/watch/tram/" in words(denied)
    assert not PlaybackSession.objects.exists()


def test_the_page_tells_that_the_time_is_over_and_when(alice, client, title):
    films.begun(alice, title, timezone.now() - timedelta(hours=48, seconds=1))
    client.force_login(alice)
    denied = watch(client)
    assert denied.status_code == 403
    assert "Your viewing time has ended" in words(denied)
    assert "<time" in words(denied)


def test_a_title_that_is_not_out_yet_tells_when_it_begins(client):
    films.free_film(slug="later", starts_at=timezone.now() + timedelta(days=2))
    denied = watch(client, "later")
    assert denied.status_code == 403
    assert "Begins" in words(denied)


def test_a_draft_is_not_found(client, alice):
    films.rental_film(slug="draft", is_published=False)
    client.force_login(alice)
    assert watch(client, "draft").status_code == 404
    assert watch(client, "nothing-at-all").status_code == 404


def test_a_title_without_a_film_says_that_it_is_being_prepared(client):
    builders.free_offer(builders.title(slug="soon"))
    denied = watch(client, "soon")
    assert denied.status_code == 403
    assert "being prepared" in words(denied)


def test_a_series_leads_to_its_own_page(client):
    series = builders.title(slug="series", kind=Title.Kind.SERIES)
    assert client.get(reverse("vod:watch", args=["series"]))["Location"] == series.get_absolute_url()


def test_a_guest_watches_a_free_title(client):
    films.free_film(slug="free")
    shown = watch(client, "free")
    assert shown.status_code == 200
    session = PlaybackSession.objects.get()
    assert session.user is None
    assert session.browser_key == client.session.session_key


@pytest.mark.parametrize(
    "header", [{"sec-purpose": "prefetch;prerender"}, {"purpose": "prefetch"}, {"x-moz": "prefetch"}]
)
def test_a_page_fetched_ahead_opens_no_player(client, header):
    films.free_film(slug="free")
    assert watch(client, "free", headers=header).status_code == 503
    assert not PlaybackSession.objects.exists()


def test_the_page_offers_the_film_without_javascript_and_has_no_inline_script(client):
    films.free_film(slug="free")
    page = words(watch(client, "free"))
    assert 'src="/media/hls/' in page
    assert "<noscript>" in page
    assert " style=" not in page
    assert "onclick" not in page
    scripts = re.findall("<script[^>]*>", page)
    assert scripts
    assert all(" src=" in tag or 'type="application/json"' in tag for tag in scripts)


def test_the_player_goes_on_where_alice_stopped_but_never_in_the_last_part(alice, client):
    title = films.free_film(slug="free")
    client.force_login(alice)
    seen = Progress.objects.create(user=alice, title=title, position_s=7.25, duration_s=15.5)
    assert watch(client, "free").context["resume_at"] == 7.25
    seen.position_s = 14.8
    seen.save()
    assert watch(client, "free").context["resume_at"] == 0


def test_the_page_of_an_episode_lists_the_season_and_leads_on(client):
    series = builders.title(slug="series", name="港の灯", kind=Title.Kind.SERIES)
    for number in range(1, 6):
        episode = builders.episode_of(series, number=number, slug=f"episode-{number}", name=f"第{number}夜", name_en="")
        builders.free_offer(episode)
        films.with_film(episode)
    page = words(watch(client, "episode-2"))
    assert 'href="/watch/episode-2/" aria-current="page"' in page
    assert 'href="/watch/episode-3/">' in page.partition("data-player-after")[2]
    assert "第5夜" in page
    assert "The end." in words(watch(client, "episode-5"))


def test_the_page_keeps_its_queries_bounded(alice, client, django_assert_max_num_queries):
    series = builders.title(slug="series", kind=Title.Kind.SERIES)
    for number in range(1, 8):
        films.with_film(builders.episode_of(series, number=number, slug=f"episode-{number}"))
    films.begun(alice, series, timezone.now())
    client.force_login(alice)
    with django_assert_max_num_queries(MANY):
        assert watch(client, "episode-4").status_code == 200
