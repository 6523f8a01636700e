"""What anybody may read: titles and goods."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests import builders
from vod.models import Genre, Title


def _slugs(client, address: str) -> list[str]:
    response = client.get(address)
    assert response.status_code == 200, response.content
    return [row["slug"] for row in response.json()["results"]]


def test_the_index_leads_to_everything(client, catalogue, alice):
    client.force_login(alice)
    index = client.get("/api/v1/").json()
    assert index["titles"] == "http://testserver/api/v1/titles/"
    for address in index.values():
        assert client.get(address).status_code == 200, address


def test_titles_are_those_that_viewers_may_see_the_newest_entry_first(client, catalogue):
    builders.title(slug="ended", starts_at=timezone.now() - timedelta(days=3), ends_at=timezone.now())
    builders.title(slug="tomorrow", starts_at=builders.tomorrow())
    assert _slugs(client, "/api/v1/titles/") == ["coming", "tram", "first-ferry", "minato-no-asa"]


@pytest.mark.parametrize(
    ("query", "slugs"),
    [
        ("kind=film", ["coming", "tram"]),
        ("kind=series", ["minato-no-asa"]),
        ("kind=episode", ["first-ferry"]),
        ("series=minato-no-asa", ["first-ferry"]),
        ("q=みなと", []),
        ("q=港の朝", ["first-ferry", "minato-no-asa"]),
        ("q=ＴＲＡＭ&kind=episode", ["first-ferry"]),
        ("series=minato-no-asa&q=近日", []),
    ],
)
def test_titles_are_narrowed_by_kind_series_and_words(client, catalogue, query, slugs):
    assert _slugs(client, f"/api/v1/titles/?{query}") == slugs


def test_an_episode_names_its_place_and_is_offered_by_its_series_too(client, catalogue):
    episode = client.get("/api/v1/titles/first-ferry/").json()
    assert episode["series"] == {"slug": "minato-no-asa", "name": "港の朝", "name_en": "Harbour Morning"}
    assert (episode["season"], episode["episode"], episode["duration_s"]) == (1, 1, 600.0)
    assert episode["access"] == "rental"
    assert [offer["price"] for offer in episode["offers"]] == [330, 550]
    offer = episode["offers"][0]
    assert (offer["currency"], offer["tax_rate"], offer["start_within_days"], offer["viewing_hours"]) == (
        "JPY",
        10,
        30,
        48,
    )
    assert episode["url"] == "http://testserver/vod/first-ferry/"
    assert client.get("/vod/first-ferry/").status_code == 200


def test_a_free_film_has_no_windows_and_pictures_have_full_addresses(client, catalogue):
    film = client.get("/api/v1/titles/tram/").json()
    assert film["access"] == "free"
    assert [(offer["kind"], offer["price"], offer["viewing_hours"]) for offer in film["offers"]] == [("free", 0, None)]
    assert film["artwork_wide"] == "http://testserver/media/files/public/titles/tram.png"
    assert film["artwork_tall"] is None
    assert film["genres"] == [{"slug": "travel", "name": "旅", "name_en": "Travel"}]
    assert film["series"] is film["season"] is film["episode"] is None


def test_what_cannot_be_played_yet_is_not_offered(client, catalogue):
    coming = client.get("/api/v1/titles/coming/").json()
    assert (coming["access"], coming["offers"], coming["duration_s"]) == ("coming", [], None)


@pytest.mark.parametrize("slug", ["draft", "no-such"])
def test_a_title_that_viewers_may_not_see_is_not_found(client, catalogue, slug):
    assert client.get(f"/api/v1/titles/{slug}/").status_code == 404
    assert client.get(f"/api/v1/products/{slug}/").status_code == 404


def test_goods_come_with_variants_stock_and_pictures(client, catalogue):
    mug = client.get("/api/v1/products/mug/").json()
    assert [variant["availability"] for variant in mug["variants"]] == ["in_stock", "few", "none"]
    assert {variant["price"] for variant in mug["variants"]} == {1980}
    assert mug["category"] == {"slug": "goods", "name": "グッズ", "name_en": "Goods"}
    assert mug["tax_rate"] == 10
    [picture] = mug["pictures"]
    assert picture["variant"] == mug["variants"][1]["sku"]
    assert picture["image"].startswith("http://testserver/")


def test_a_picture_of_what_is_not_sold_any_more_is_left_out(client, catalogue):
    catalogue["colours"][1].is_active = False
    catalogue["colours"][1].save()
    mug = client.get("/api/v1/products/mug/").json()
    assert len(mug["variants"]) == 2
    assert mug["pictures"] == []


@pytest.mark.parametrize(
    ("query", "slugs"), [("category=goods", ["mug"]), ("q=マグカップ", ["mug"]), ("q=皿", []), ("", ["mug"])]
)
def test_goods_are_narrowed_by_category_and_words(client, catalogue, query, slugs):
    assert _slugs(client, f"/api/v1/products/?{query}") == slugs


def test_pages_hold_every_title_once_even_when_one_is_added_on_the_way(client, db):
    made = [builders.title(slug=f"t{number}").slug for number in range(7)]
    address, seen = "/api/v1/titles/?page_size=3", []
    while address:
        page = client.get(address).json()
        seen += [row["slug"] for row in page["results"]]
        address = page["next"]
        builders.title()
    assert seen == made[::-1]
    assert client.get(page["previous"]).json()["results"][0]["slug"] == made[3]


def test_a_page_has_24_rows_unless_told_otherwise(client, db):
    for _ in range(26):
        builders.title()
    assert len(_slugs(client, "/api/v1/titles/")) == 24
    assert len(_slugs(client, "/api/v1/titles/?page_size=26")) == 26


@pytest.mark.parametrize("rows", [1, 30])
def test_a_list_asks_the_database_the_same_for_any_number_of_rows(client, db, rows, django_assert_max_num_queries):
    series = builders.title(slug="series", kind=Title.Kind.SERIES)
    genre = Genre.objects.create(slug="travel", name="旅")
    for number in range(rows):
        episode = builders.playable(builders.episode_of(series, number=number + 1))
        builders.rental(episode)
        episode.genres.add(genre)
        builders.variant(builders.product())
    with django_assert_max_num_queries(4):
        assert len(_slugs(client, "/api/v1/titles/?page_size=100&series=series&q=tram")) == rows
    with django_assert_max_num_queries(4):
        assert len(_slugs(client, "/api/v1/products/?page_size=100&category=goods&q=goma")) == rows


# --- Caching --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/api/v1/titles/", "/api/v1/products/mug/", "/api/v1/", "/api/v1/schema/"])
def test_what_has_not_changed_is_answered_without_a_body(client, catalogue, address):
    first = client.get(address)
    assert first["Cache-Control"] == "public, max-age=60"
    again = client.get(address, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_what_has_changed_is_sent_anew(client, catalogue):
    first = client.get("/api/v1/products/mug/")
    catalogue["colours"][0].price = 2200
    catalogue["colours"][0].save()
    again = client.get("/api/v1/products/mug/", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 200
    assert again.json()["variants"][0]["price"] == 2200


def test_the_catalogue_knows_nobody_so_that_one_answer_serves_everybody(client, catalogue, alice):
    nobodys = client.get("/api/v1/titles/")
    client.force_login(alice)
    hers = client.get("/api/v1/titles/")
    assert hers.content == nobodys.content
    assert "Cookie" not in hers.get("Vary", "")


def test_the_head_of_an_answer_can_be_asked_for_alone(client, catalogue):
    response = client.head("/api/v1/titles/")
    assert (response.status_code, response.content) == (200, b"")
