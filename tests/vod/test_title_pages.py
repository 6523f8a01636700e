"""The page of a title: one thing to do, its terms before paying, and an honest end."""

import json
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from cms.models import RelatedGoods
from tests import builders
from vod.models import Entitlement, Progress, Title

pytestmark = pytest.mark.django_db


@pytest.fixture
def episode():
    series = builders.title(kind=Title.Kind.SERIES, slug="strolls", name="港町さんぽ")
    first = builders.playable(builders.episode_of(series, number=1, slug="tram", name="坂の電車"))
    second = builders.playable(builders.episode_of(series, number=2, slug="boat", name="朝の船"), seconds=1490)
    builders.free_offer(first)
    builders.rental(second, price=330)
    return second


def _right(user, title, **fields):
    values = {
        "source": "rental",
        "starts_at": timezone.now() - timedelta(hours=1),
        "ends_at": timezone.now() + timedelta(days=30),
        "viewing_hours": 48,
    }
    return Entitlement.objects.create(user=user, title=title, **(values | fields))


def _structured(page):
    return json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)[1])


def test_the_button_names_the_price_and_the_term_and_the_rule_stands_before_paying(client, episode):
    page = client.get("/vod/boat/?hl=en").content.decode()
    assert "Rent for 48 hours: ¥330" in page
    assert "48 hours from the first play" in page
    assert "Begin within 30 days" in page
    assert f'name="offer" value="{episode.offers.get().pk}"' in page


def test_the_last_moment_to_begin_is_thirty_days_from_paying(client, episode):
    context = client.get("/vod/boat/").context
    assert timedelta(days=29, hours=23) < context["last_start"] - timezone.now() <= timedelta(days=30)


def test_a_holder_sees_until_when_and_no_buy_control(client, alice, episode):
    _right(alice, episode, first_played_at=timezone.now(), ends_at=timezone.now() + timedelta(hours=47, minutes=30))
    client.force_login(alice)
    page = client.get("/vod/boat/?hl=en").content.decode()
    assert "Watchable until" in page
    assert "47 hours left" in page
    assert 'name="offer"' not in page
    assert "/watch/boat/" in page


def test_a_rental_not_begun_says_by_when_to_begin(client, alice, episode):
    _right(alice, episode)
    client.force_login(alice)
    page = client.get("/vod/boat/?hl=en").content.decode()
    assert "Begin by" in page
    assert "watch for 48 hours" in page


def test_a_right_that_is_over_offers_the_rental_again(client, alice, episode):
    _right(alice, episode, starts_at=timezone.now() - timedelta(days=3), ends_at=timezone.now() - timedelta(seconds=1))
    client.force_login(alice)
    assert 'name="offer"' in client.get("/vod/boat/").content.decode()


def test_somebody_half_way_through_is_offered_to_go_on(client, alice, episode):
    _right(alice, episode)
    Progress.objects.create(user=alice, title=episode, position_s=612, duration_s=1490)
    client.force_login(alice)
    page = client.get("/vod/boat/?hl=en").content.decode()
    assert "Resume at 10:12" in page
    assert "14:38 left" in page


def test_a_film_nearly_over_begins_anew(client, alice, episode):
    _right(alice, episode)
    Progress.objects.create(user=alice, title=episode, position_s=1480, duration_s=1490)
    client.force_login(alice)
    assert client.get("/vod/boat/").context["card"].resumes_at == 0


def test_the_episode_list_marks_the_one_that_is_open(client, episode):
    page = client.get("/vod/boat/").content.decode()
    assert page.count('aria-current="page"') == 1
    assert re.search(r'href="/vod/boat/" aria-current="page"', page)


def test_the_series_leads_to_the_first_episode_not_finished(client, alice, episode):
    client.force_login(alice)
    assert client.get("/vod/strolls/").context["next"].title.slug == "tram"
    Progress.objects.create(
        user=alice, title=Title.objects.get(slug="tram"), position_s=600, duration_s=600, finished_at=timezone.now()
    )
    page = client.get("/vod/strolls/?hl=en")
    assert page.context["next"].title == episode
    assert "Episode 2: rent for 48 hours, ¥330" in page.content.decode()


def test_structured_data_says_the_price_the_page_shows(client, episode):
    page = client.get("/vod/boat/").content.decode()
    thing = _structured(page)
    assert thing["@type"] == "VideoObject"
    assert thing["duration"] == "PT0H24M50S"
    assert thing["offers"]["price"] == "330"
    assert "330円" in page


def test_a_hostile_name_cannot_leave_the_structured_data(client):
    hostile = '</script><script>alert("x")</script>'
    made = builders.playable(builders.title(slug="hostile", name=hostile))
    builders.free_offer(made)
    page = client.get("/vod/hostile/").content.decode()
    assert "<script>alert" not in page
    assert _structured(page)["name"] == hostile


def test_an_ended_title_says_what_ended_and_when_and_offers_others(client, episode):
    gone = builders.playable(builders.title(slug="gone", name="さよなら桟橋"))
    builders.rental(gone)
    Title.objects.filter(pk=gone.pk).update(ends_at=timezone.now() - timedelta(minutes=1))
    page = client.get("/vod/gone/")
    assert page.status_code == 410
    text = page.content.decode()
    assert "さよなら桟橋" in text
    assert "<time datetime=" in text
    assert "朝の船" in text
    assert 'name="offer"' not in text


def test_who_rented_in_time_still_sees_the_page_of_an_ended_title(client, alice, bob, episode):
    _right(alice, episode)
    Title.objects.filter(pk=episode.pk).update(ends_at=timezone.now() - timedelta(minutes=1))
    client.force_login(bob)
    assert client.get("/vod/boat/").status_code == 410
    client.force_login(alice)
    assert client.get("/vod/boat/").status_code == 200


def test_related_goods_can_be_put_into_the_cart_from_the_page(client, episode):
    mug = builders.product(slug="mug")
    variant = builders.variant(mug, stock=3)
    RelatedGoods.objects.create(title=episode.episode.season.series, product=mug)
    page = client.get("/vod/boat/").content.decode()
    assert mug.name in page
    assert f'name="variant" value="{variant.pk}"' in page


def test_a_title_page_asks_at_most_twelve_questions(client, alice, episode, django_assert_max_num_queries):
    for number in range(3, 12):
        builders.rental(builders.playable(builders.episode_of(episode.episode.season.series, number=number)))
        goods = builders.product()
        builders.variant(goods)
        RelatedGoods.objects.create(title=episode.episode.season.series, product=goods)
    client.force_login(alice)
    with django_assert_max_num_queries(12):
        client.get("/vod/boat/")


def test_pages_of_titles_are_read_only(client, episode):
    assert client.post("/vod/boat/").status_code == 405
    assert client.post("/vod/").status_code == 405


def test_goods_of_an_episode_stand_on_the_page_of_its_series_too(client, episode):
    towel = builders.product(name="大漁旗てぬぐい")
    builders.variant(towel)
    RelatedGoods.objects.create(title=episode, product=towel)
    assert towel.name in client.get("/vod/strolls/").content.decode()
    assert towel.name not in client.get("/vod/tram/").content.decode()
