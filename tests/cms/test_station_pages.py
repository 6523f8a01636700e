"""Home, search, the frame of every page, and what is sent beside the pages."""

import gzip
import json
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from cms.models import Notice, Page
from tests import builders
from vod.models import Progress, Title

pytestmark = pytest.mark.django_db


def _film(**fields):
    made = builders.playable(builders.title(**fields))
    builders.free_offer(made)
    return made


# --- Home -------------------------------------------------------------------------------------------------------------


def test_an_empty_station_still_has_a_first_page(client):
    assert client.get("/").status_code == 200


def test_home_shows_new_titles_series_and_goods(client):
    _film(name="灯台守")
    builders.title(kind=Title.Kind.SERIES, name="港町さんぽ")
    builders.variant(builders.product(name="手ぬぐい"))
    page = client.get("/").content.decode()
    assert all(name in page for name in ("灯台守", "港町さんぽ", "手ぬぐい"))


def test_what_was_begun_comes_first_and_leads_into_the_player(client, alice):
    begun = _film(slug="begun")
    Progress.objects.create(user=alice, title=begun, position_s=100, duration_s=600)
    client.force_login(alice)
    page = client.get("/").content.decode()
    main = page[page.index("<main") :]
    assert re.search(r'<a [^>]*href="([^"]+)"', main)[1] == "/watch/begun/"


@pytest.mark.parametrize("fields", [{"finished_at": timezone.now()}, {"position_s": 599}, {"position_s": 0}])
def test_what_is_finished_nearly_over_or_not_begun_is_not_continued(client, alice, fields):
    values = {"position_s": 100, "duration_s": 600}
    Progress.objects.create(user=alice, title=_film(), **(values | fields))
    client.force_login(alice)
    assert client.get("/").context["home"].unfinished == []


def test_what_somebody_else_began_is_theirs(client, alice, bob):
    Progress.objects.create(user=alice, title=_film(), position_s=100, duration_s=600)
    client.force_login(bob)
    assert client.get("/").context["home"].unfinished == []


def test_a_rental_that_ran_out_is_no_longer_continued(client, alice):
    rented = builders.playable(builders.title())
    builders.rental(rented)
    Progress.objects.create(user=alice, title=rented, position_s=100, duration_s=600)
    client.force_login(alice)
    assert client.get("/").context["home"].unfinished == []


@pytest.mark.parametrize("rows", [2, 15])
def test_home_asks_at_most_fourteen_questions_at_any_length(client, alice, rows, django_assert_max_num_queries):
    for _ in range(rows):
        Progress.objects.create(user=alice, title=_film(), position_s=100, duration_s=600)
        builders.title(kind=Title.Kind.SERIES)
        builders.variant(builders.product())
    client.force_login(alice)
    with django_assert_max_num_queries(14):
        client.get("/")


# --- Search -----------------------------------------------------------------------------------------------------------

ALIKE = [
    ("ゴマくん", ("ゴマくん", "ごまくん", "ｺﾞﾏくん", "ゴマクン", "　ごまくん　")),
    ("ABC放送局", ("ABC", "abc", "ＡＢＣ", "ａｂｃ")),
    ("第10話のスープ", ("第10話", "第１０話", "10話 スープ", "すーぷ", "ｽｰﾌﾟ")),
    ("コーヒーとパン", ("コーヒー", "こーひー", "ｺｰﾋｰ", "ぱん", "ﾊﾟﾝ コーヒー")),
]


@pytest.mark.parametrize(("name", "typed"), [(name, typed) for name, ways in ALIKE for typed in ways])
def test_however_it_is_typed_the_same_title_is_found(client, name, typed):
    wanted = _film(name=name)
    _film(name="関係のない番組", name_en="Something else")
    found = client.get("/search/", {"q": typed}).context["found"]
    assert [card.title for card in found.titles] == [wanted]


def test_search_finds_by_reading_cast_synopsis_and_goods_by_name(client):
    film = _film(name="灯台", reading="とうだい", cast="三浦 灯", synopsis="岬の一日")
    mug = builders.product(name="マグカップ")
    builders.variant(mug)
    for words in ("トウダイ", "三浦", "岬"):
        assert client.get("/search/", {"q": words}).context["found"].titles[0].title == film
    assert client.get("/search/", {"q": "まぐかっぷ"}).context["found"].goods[0].product == mug


def test_the_name_of_a_series_finds_the_series_and_its_episodes(client):
    series = builders.title(kind=Title.Kind.SERIES, name="港町さんぽ", name_en="")
    episode = builders.playable(builders.episode_of(series, name="坂の電車", name_en=""))
    found = client.get("/search/", {"q": "みなと町 さんぽ"}).context["found"]
    assert found.count == 0
    found = client.get("/search/", {"q": "港町"}).context["found"]
    assert found.series == [series]
    assert [card.title for card in found.titles] == [episode]


def test_nothing_found_helps_with_what_is_new(client):
    film = _film(name="灯台守")
    page = client.get("/search/", {"q": "存在しない言葉", "hl": "en"})
    assert "Nothing was found" in page.content.decode()
    assert [card.title for card in page.context["found"].popular] == [film]


def test_what_is_searched_for_is_shown_as_text(client):
    page = client.get("/search/", {"q": '"><script>alert(1)</script>'}).content.decode()
    assert "<script>alert" not in page


def test_an_ended_title_is_not_found(client):
    _film(name="さよなら", starts_at=timezone.now() - timedelta(days=2), ends_at=timezone.now())
    assert client.get("/search/", {"q": "さよなら"}).context["found"].count == 0


def test_search_asks_at_most_fourteen_questions(client, alice, django_assert_max_num_queries):
    for _ in range(15):
        _film(name="灯台の番組")
        builders.variant(builders.product(name="灯台のカップ"))
    client.force_login(alice)
    with django_assert_max_num_queries(14):
        page = client.get("/search/", {"q": "灯台"})
    assert page.context["found"].count == 30


def test_the_index_is_sent_once_and_then_only_when_it_has_changed(client):
    _film(name="ゴマくん", slug="goma")
    first = client.get("/search/index.json")
    assert json.loads(first.content)["entries"][0][:4] == ["ゴマくん", "The Tram Street", "/vod/goma/", "film"]
    again = client.get("/search/index.json", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    assert again.content == b""
    assert "public" in first["Cache-Control"]


# --- The frame --------------------------------------------------------------------------------------------------------

PAGES = ["/", "/vod/", "/shop/", "/search/"]


@pytest.mark.parametrize("address", PAGES)
def test_every_page_forbids_inline_code_and_carries_none(client, address):
    _film()
    builders.variant(builders.product())
    response = client.get(address)
    policy = response["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "object-src 'none'" in policy
    page = response.content.decode()
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", page)
    scripts = re.findall(r"<script([^>]*)>", page)
    assert all("src=" in script or "application/ld+json" in script for script in scripts)


def test_the_language_switch_keeps_path_and_query(client):
    japanese = client.get("/search/?q=灯台&page=1")
    page = japanese.content.decode()
    assert '<html lang="ja">' in page
    assert 'href="/search/?q=%E7%81%AF%E5%8F%B0&amp;page=1&amp;hl=en"' in page
    english = client.get("/search/?q=灯台&page=1&hl=en")
    assert '<html lang="en">' in english.content.decode()
    assert '<html lang="en">' in client.get("/vod/").content.decode(), "the choice is remembered"


def test_search_engines_are_told_of_both_languages(client):
    page = client.get("/vod/?genre=food").content.decode()
    for code, address in (("ja", "hl=ja"), ("en", "hl=en"), ("x-default", 'genre=food"')):
        assert re.search(rf'hreflang="{code}" href="http://testserver/vod/\?[^>]*{address}', page)


def test_the_foot_has_its_links_in_one_order_on_every_page(client):
    Page.objects.create(slug="terms", name="利用規約", body="本文")
    orders = {
        tuple(re.findall(r'href="/pages/([a-z-]+)/"', client.get(page).content.decode()[-4000:])) for page in PAGES
    }
    assert orders == {("tokushoho", "terms", "privacy", "external-transmission", "accessibility", "contact")}


def test_the_count_of_the_cart_stands_in_the_head(client):
    session = client.session
    session["cart_count"] = 3
    session.save()
    assert re.search(r'id="cart-count" class="cart-count"><span data-count>3<', client.get("/").content.decode())
    client.session.flush()
    client.cookies.clear()
    assert re.search(r'id="cart-count" class="cart-count" hidden>', client.get("/").content.decode())


def test_a_notice_stands_on_every_page_from_its_start_to_its_end(client):
    now = timezone.now()
    Notice.objects.create(text="断水のお知らせ", starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=1))
    Notice.objects.create(text="昨日のお知らせ", starts_at=now - timedelta(days=2), ends_at=now - timedelta(seconds=1))
    Notice.objects.create(text="明日のお知らせ", starts_at=now + timedelta(days=1))
    for address in PAGES:
        page = client.get(address).content.decode()
        assert "断水のお知らせ" in page
        assert "昨日のお知らせ" not in page
        assert "明日のお知らせ" not in page


def test_a_page_of_the_station_is_markdown_and_never_runs_html(client):
    table = "| 項目 | 内容 |\n|---|---|\n| 電話 | 0134 |"
    hostile = "<script>alert(1)</script>\n\n[x](javascript:alert(1))"
    body = f"## 販売事業者\n\n{table}\n\n{hostile}"
    Page.objects.create(slug="tokushoho", name="特定商取引法に基づく表記", body=body, body_en="Plain")
    page = client.get("/pages/tokushoho/").content.decode()
    assert "<h2>販売事業者</h2>" in page
    assert "<td>0134</td>" in page
    assert "<script>alert" not in page
    assert 'href="javascript' not in page
    assert "<p>Plain</p>" in client.get("/pages/tokushoho/?hl=en").content.decode()
    assert client.get("/pages/no-such/").status_code == 404


# --- The stylesheet ---------------------------------------------------------------------------------------------------


def test_one_stylesheet_is_loaded_and_may_be_kept_for_ever(client):
    address = re.search(r'<link rel="stylesheet" href="([^"]+)"', client.get("/").content.decode())[1]
    plain = client.get(address)
    assert plain["Content-Type"] == "text/css; charset=utf-8"
    assert "immutable" in plain["Cache-Control"]
    assert plain.content.startswith(b"@layer reset, tokens, base, layout, components, pages, utilities;")
    zipped = client.get(address, headers={"Accept-Encoding": "gzip, br"})
    assert gzip.decompress(zipped.content) == plain.content
    assert len(zipped.content) < 25_000


def test_an_old_name_of_the_stylesheet_gives_the_present_one_but_is_not_kept(client):
    response = client.get("/styles/0123456789abcdef.css")
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-cache"
