"""My page: what alice may watch and until when, what she was watching, and what she has ordered."""

import re
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from orders.models import Order, OrderLine
from tests import builders
from vod.models import Entitlement, Progress

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _english(settings):
    settings.LANGUAGE_CODE = "en"


@pytest.fixture
def signed_in(client, alice):
    client.force_login(alice)
    return client


def right(user, title, **fields) -> Entitlement:
    values = {
        "source": Entitlement.Source.RENTAL,
        "starts_at": timezone.now() - MINUTE,
        "ends_at": timezone.now() + timedelta(days=30),
        "viewing_hours": 48,
    }
    return Entitlement.objects.create(user=user, title=title, **(values | fields))


def order(user, *, total: int = 2310, names: tuple[str, ...] = ("ゴマくんマグカップ",), **fields) -> Order:
    placed = Order.objects.create(
        user=user, email=user.email, checkout_key=uuid.uuid4(), subtotal=total, total=total, **fields
    )
    handler = builders.video_handler()
    for name in names:
        variant = builders.variant(stock=None)
        OrderLine.objects.create(
            order=placed, variant=variant, handler=handler, name=name, unit_price=total, quantity=1, tax_rate=10
        )
    return placed


def words(page: str) -> str:
    main = page[page.index("<main") : page.index("</main>")]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def test_it_greets_alice_with_her_number_and_leads_to_her_settings(signed_in, alice):
    page = signed_in.get("/account/").content.decode()
    assert "青木 アリス" in words(page)
    assert alice.member_number in words(page)
    assert alice.email in words(page)
    for path in ("/account/profile/", "/accounts/email/", "/accounts/password/change/", "/account/addresses/"):
        assert f'href="{path}"' in page
    assert '<form method="post" action="/accounts/logout/">' in page


def test_a_member_without_a_password_is_led_to_set_one(signed_in, alice):
    alice.set_unusable_password()
    alice.save()
    signed_in.force_login(alice)
    page = signed_in.get("/account/").content.decode()
    assert 'href="/accounts/password/set/"' in page


def test_with_nothing_bought_it_says_where_to_begin(signed_in):
    page = signed_in.get("/account/").content.decode()
    assert "Nothing rented at the moment" in page
    assert "No orders yet" in page
    assert "Continue watching" not in page
    assert 'href="/vod/"' in page
    assert 'href="/shop/"' in page


def test_a_rental_that_was_not_begun_says_until_when_to_begin(signed_in, alice):
    film = builders.title(slug="tram")
    until = datetime(2099, 12, 24, 3, 30, tzinfo=UTC)
    right(alice, film, ends_at=until)
    page = signed_in.get("/account/").content.decode()
    assert "Not played yet" in page
    assert "Start by 24 Dec 2099, 12:30 JST" in words(page)
    assert '<time datetime="2099-12-24T12:30:00+09:00">' in page
    assert "From the first play you have 48 hours." in page
    assert 'href="/watch/tram/"' in page


def test_a_rental_that_was_begun_says_until_when_it_can_be_watched(signed_in, alice):
    until = datetime(2099, 12, 24, 3, 30, tzinfo=UTC)
    right(alice, builders.title(), ends_at=until, first_played_at=timezone.now())
    page = words(signed_in.get("/account/").content.decode())
    assert "Watchable until 24 Dec 2099, 12:30 JST" in page
    assert "Not played yet" not in page


@pytest.mark.parametrize(
    "change",
    [
        {"ends_at": timezone.now() - MINUTE},
        {"revoked_at": timezone.now()},
        {"suspended_at": timezone.now()},
        {"starts_at": timezone.now() + timedelta(days=1)},
    ],
    ids=["ended", "revoked", "suspended", "not begun"],
)
def test_a_right_that_does_not_hold_now_is_not_shown(signed_in, alice, change):
    right(alice, builders.title(name="古い映画", name_en=""), **change)
    assert "古い映画" not in signed_in.get("/account/").content.decode()


def test_bobs_films_and_orders_are_not_alices(signed_in, bob):
    right(bob, builders.title(name="ボブの映画", name_en=""))
    theirs = order(bob)
    page = signed_in.get("/account/").content.decode()
    assert "ボブの映画" not in page
    assert theirs.number not in page
    assert theirs.number not in signed_in.get("/account/orders/").content.decode()


def test_it_goes_on_with_what_was_begun_under_its_series_name(signed_in, alice):
    series = builders.title(kind="series", name="みなと日和", name_en="Harbour Days")
    episode = builders.episode_of(series, slug="harbour-1", name="第一話", name_en="The first morning")
    right(alice, series)
    Progress.objects.create(user=alice, title=episode, position_s=754, duration_s=1500)
    page = signed_in.get("/account/").content.decode()
    assert "Goes on at 12:34 of 25:00" in words(page)
    assert "Harbour Days The first morning" in words(page)
    assert 'href="/watch/harbour-1/"' in page


def test_a_free_film_that_was_begun_is_gone_on_with_too(signed_in, alice):
    film = builders.title(slug="free-film")
    builders.free_offer(film)
    Progress.objects.create(user=alice, title=film, position_s=60, duration_s=600)
    assert 'href="/watch/free-film/"' in signed_in.get("/account/").content.decode()


@pytest.mark.parametrize(
    ("progress", "is_free", "is_published"),
    [
        ({"position_s": 60, "finished_at": timezone.now()}, True, True),
        ({"position_s": 580}, True, True),
        ({"position_s": 0}, True, True),
        ({"position_s": 60}, False, True),
        ({"position_s": 60}, True, False),
    ],
    ids=["finished", "in its last twentieth", "not begun", "no right any more", "withdrawn"],
)
def test_what_cannot_be_gone_on_with_is_not_offered(signed_in, alice, progress, is_free, is_published):
    film = builders.title(is_published=is_published)
    if is_free:
        builders.free_offer(film)
    Progress.objects.create(user=alice, title=film, duration_s=600, **progress)
    assert "Continue watching" not in signed_in.get("/account/").content.decode()


@pytest.mark.parametrize(
    ("state", "delivery", "said"),
    [
        ("pending_payment", "unfulfilled", "Waiting for payment"),
        ("expired", "unfulfilled", "Not paid in time"),
        ("cancelled", "none_required", "Cancelled"),
        ("placed", "none_required", "Paid"),
        ("placed", "unfulfilled", "Being prepared for dispatch"),
        ("placed", "partially_fulfilled", "Partly dispatched"),
        ("completed", "fulfilled", "Dispatched"),
    ],
)
def test_the_state_of_an_order_is_told_in_words(signed_in, alice, state, delivery, said):
    placed = order(alice, state=state, fulfillment_state=delivery)
    page = signed_in.get("/account/").content.decode()
    assert f"{placed.number} ¥2,310 {said}" in words(page)
    assert f'href="/orders/{placed.number}/"' in page


def test_an_order_is_known_by_its_first_thing_and_how_many_there_are_besides(signed_in, alice):
    order(alice, names=("ゴマくんマグカップ", "手ぬぐい", "缶バッジ"))
    assert "ゴマくんマグカップ and 2 more" in words(signed_in.get("/account/").content.decode())


def test_the_newest_ten_orders_are_here_and_all_on_pages_of_their_own(signed_in, alice):
    now = timezone.now()
    placed = [order(alice, created_at=now - timedelta(days=age)) for age in range(23)]
    page = signed_in.get("/account/").content.decode()
    assert [one.number in page for one in placed] == [True] * 10 + [False] * 13
    first = signed_in.get("/account/orders/").content.decode()
    second = signed_in.get("/account/orders/?page=2").content.decode()
    assert [one.number in first for one in placed] == [True] * 20 + [False] * 3
    assert [one.number in second for one in placed] == [False] * 20 + [True] * 3
    assert "23 orders" in words(first)
    assert signed_in.get("/account/orders/?page=nonsense").status_code == 200


def test_my_page_costs_the_same_for_few_rows_and_for_many(signed_in, alice, django_assert_max_num_queries):
    for number in range(12):
        series = builders.title(kind="series")
        episode = builders.episode_of(series, number=number + 1)
        right(alice, episode)
        Progress.objects.create(user=alice, title=episode, position_s=60, duration_s=600)
        order(alice, names=("マグ", "手ぬぐい"))
        builders.address(user=alice, is_default=False)
    with django_assert_max_num_queries(12):
        signed_in.get("/account/")
    with django_assert_max_num_queries(12):
        signed_in.get("/account/orders/")


def test_my_page_is_kept_by_no_cache(signed_in):
    assert "no-store" in signed_in.get("/account/")["Cache-Control"]


def test_my_page_is_not_for_writing(signed_in):
    assert signed_in.post("/account/").status_code == 405
