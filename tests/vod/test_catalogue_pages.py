"""The list of titles: what it shows, how it is narrowed, and what it costs."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests import builders
from vod.models import Entitlement, Genre, Title

pytestmark = pytest.mark.django_db


def _film(**fields):
    made = builders.playable(builders.title(**fields))
    builders.free_offer(made)
    return made


def _series_with_rental():
    series = builders.title(kind=Title.Kind.SERIES, slug="strolls", name="港町さんぽ")
    episode = builders.playable(builders.episode_of(series, slug="tram", name="坂の電車"))
    builders.rental(episode, price=330)
    return series, episode


def test_the_list_shows_films_and_episodes_with_their_access_in_words(client):
    _film(name="灯台守")
    _series_with_rental()
    page = client.get("/vod/").content.decode()
    assert "灯台守" in page
    assert "無料" in page or "Free" in page
    assert "坂の電車" in page
    assert "330円" in page


def test_a_title_leaves_the_list_in_the_second_its_window_ends(client):
    now = timezone.now()
    ends_at = now + timedelta(minutes=5)
    made = _film(ends_at=ends_at)
    assert made in Title.objects.published(ends_at - timedelta(seconds=1))
    assert made not in Title.objects.published(ends_at)
    Title.objects.filter(pk=made.pk).update(ends_at=timezone.now())
    assert made.name not in client.get("/vod/").content.decode()


def test_a_draft_and_a_title_of_tomorrow_are_in_no_list_and_have_no_page(client):
    builders.title(slug="draft", name="下書きの番組", is_published=False)
    builders.title(slug="later", name="明日の番組", starts_at=builders.tomorrow())
    page = client.get("/vod/").content.decode()
    assert "下書きの番組" not in page
    assert "明日の番組" not in page
    assert client.get("/vod/draft/").status_code == 404
    assert client.get("/vod/later/").status_code == 404


def test_facets_are_parameters_of_the_address_and_can_be_taken_away(client):
    film = _film(name="灯台守")
    _series, episode = _series_with_rental()
    genre = Genre.objects.create(slug="food", name="食べもの")
    film.genres.add(genre)
    found = client.get("/vod/", {"genre": "food"})
    assert [card.title for card in found.context["cards"]] == [film]
    assert ("genre", "食べもの") in found.context["chips"]
    assert 'href="/vod/"' in found.content.decode()
    rentals = client.get("/vod/", {"access": "rental", "series": "strolls"})
    assert [card.title for card in rentals.context["cards"]] == [episode]
    assert "/vod/?series=strolls" in rentals.content.decode()


def test_a_genre_of_a_series_finds_its_episodes(client):
    series, episode = _series_with_rental()
    series.genres.add(Genre.objects.create(slug="travel", name="旅"))
    assert [card.title for card in client.get("/vod/?genre=travel").context["cards"]] == [episode]


def test_an_unknown_facet_is_dropped_and_the_whole_list_opens(client):
    film = _film()
    found = client.get("/vod/", {"genre": "no-such", "access": "stolen", "page": "nonsense"})
    assert found.status_code == 200
    assert [card.title for card in found.context["cards"]] == [film]
    assert found.context["chips"] == []


def test_a_rental_that_is_free_as_well_counts_as_free(client):
    film = _film()
    builders.rental(film)
    assert [card.title for card in client.get("/vod/?access=free").context["cards"]] == [film]
    assert client.get("/vod/?access=rental").context["cards"] == []


def test_what_cannot_be_played_yet_is_announced_and_not_sold(client):
    made = builders.title(slug="soon", name="流れ星")
    builders.rental(made)
    page = client.get("/vod/soon/")
    assert page.context["card"].access.kind == "coming"
    assert 'name="offer"' not in page.content.decode()


def test_nothing_found_offers_to_drop_each_condition(client):
    Genre.objects.create(slug="food", name="食べもの").titles.add(_film())
    page = client.get("/vod/", {"genre": "food", "access": "rental"}).content.decode()
    assert "/vod/?access=rental" in page
    assert "/vod/?genre=food" in page


def test_the_list_has_real_pages(client):
    for number in range(30):
        _film(name=f"番組{number:02}")
    second = client.get("/vod/?access=free&page=2")
    assert len(second.context["cards"]) == 6
    assert "access=free&amp;page=1" in second.content.decode()


@pytest.mark.parametrize("rows", [3, 30])
def test_the_list_asks_at_most_eight_questions_at_any_length(client, alice, rows, django_assert_max_num_queries):
    for _ in range(rows):
        _film()
    client.force_login(alice)
    with django_assert_max_num_queries(8):
        client.get("/vod/")


def test_the_holder_of_a_right_reads_until_when_on_the_card(client, alice, bob):
    _series, episode = _series_with_rental()
    Entitlement.objects.create(
        user=alice,
        title=episode,
        source="rental",
        starts_at=timezone.now() - timedelta(hours=1),
        ends_at=timezone.now() + timedelta(days=2, hours=1),
        viewing_hours=48,
    )
    client.force_login(alice)
    held = client.get("/vod/")
    assert held.context["cards"][0].access.kind == "held"
    client.force_login(bob)
    assert client.get("/vod/").context["cards"][0].access.kind == "rental"


def test_a_right_to_a_series_covers_its_episodes_and_a_revoked_one_nothing(client, alice):
    series, _episode = _series_with_rental()
    right = Entitlement.objects.create(user=alice, title=series, source="rental", starts_at=timezone.now())
    client.force_login(alice)
    assert client.get("/vod/").context["cards"][0].access.right == right
    Entitlement.objects.update(revoked_at=timezone.now())
    assert client.get("/vod/").context["cards"][0].access.kind == "rental"
