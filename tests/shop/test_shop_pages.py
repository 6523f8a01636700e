"""The shop window: price, stock in words, postage, and a choice that lives in the address."""

import json
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from shop.models import Category, Option, Product, ShippingRate, StockItem, StockReservation
from shop.queries import stock_of
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture
def mug():
    made = builders.product(slug="mug", name="ゴマくんマグカップ")
    Option.objects.create(product=made, name="色", name_en="Colour")
    builders.variant(made, sku="MUG-W", label="白雪", label_en="Snow", price=1980, stock=20, position=1)
    builders.variant(made, sku="MUG-B", label="青", label_en="Blue", price=2200, stock=0, position=2)
    return made


def _structured(page):
    return json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)[1])


def test_a_card_names_price_tax_and_stock(client, mug):
    page = client.get("/shop/").content.decode()
    assert "1,980円" in page
    assert client.get("/shop/").context["cards"][0].stock.state == "in_stock"


@pytest.mark.parametrize(
    ("free", "state"), [(None, "none"), (-2, "none"), (0, "none"), (1, "few"), (5, "few"), (6, "in_stock")]
)
def test_stock_becomes_a_word(free, state):
    assert stock_of(free).state == state


def test_the_address_chooses_the_variant(client, mug):
    page = client.get("/shop/mug/?variant=MUG-B&hl=en")
    assert page.context["choice"].variant.sku == "MUG-B"
    text = page.content.decode()
    assert "¥2,200" in text
    assert "sold out" in text
    assert 'name="variant"' not in text
    assert "?variant=MUG-W" in text


def test_without_a_choice_the_first_in_stock_is_shown(client, mug):
    StockItem.objects.filter(variant__sku="MUG-W").update(on_hand=0)
    StockItem.objects.filter(variant__sku="MUG-B").update(on_hand=3)
    assert client.get("/shop/mug/").context["choice"].variant.sku == "MUG-B"
    assert client.get("/shop/mug/?variant=NO-SUCH").context["choice"].variant.sku == "MUG-B"


def test_the_form_offers_no_more_than_stock_and_limit_allow(client, mug):
    assert 'max="10"' in client.get("/shop/mug/").content.decode()
    StockItem.objects.filter(variant__sku="MUG-W").update(on_hand=4)
    assert 'max="4"' in client.get("/shop/mug/").content.decode()


def test_a_hold_takes_stock_until_it_lapses_and_then_counts_as_free(client, mug):
    item = StockItem.objects.get(variant__sku="MUG-W")
    StockItem.objects.filter(pk=item.pk).update(on_hand=2, reserved=2)
    hold = StockReservation.objects.create(
        stock_item=item, quantity=2, expires_at=timezone.now() + timedelta(minutes=5)
    )
    assert client.get("/shop/mug/?variant=MUG-W").context["choice"].stock.free == 0
    StockReservation.objects.filter(pk=hold.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get("/shop/mug/?variant=MUG-W").context["choice"].stock.free == 2


def test_two_warehouses_are_not_added_up_since_an_order_is_filled_from_one(client, mug):
    other = builders.warehouse("tokyo", "東京倉庫")
    StockItem.objects.filter(variant__sku="MUG-W").update(on_hand=2)
    StockItem.objects.create(warehouse=other, variant=mug.variants.get(sku="MUG-W"), on_hand=3)
    assert client.get("/shop/mug/?variant=MUG-W").context["choice"].stock.free == 3


def test_postage_is_said_beside_the_price(client, mug, settings):
    builders.shipping_rates(800)
    ShippingRate.objects.filter(prefecture=1).update(fee=650)
    settings.FREE_SHIPPING_FROM = 9000
    page = client.get("/shop/mug/?hl=en").content.decode()
    assert "Postage from ¥650, free from ¥9,000" in page


def test_food_carries_its_reduced_rate_and_its_temperature(client):
    soup = builders.product(slug="soup", name="スープ", tax_category="reduced", temperature_class="frozen")
    builders.variant(soup, price=2160)
    page = client.get("/shop/soup/?hl=en").content.decode()
    assert "reduced rate 8%" in page
    assert "frozen" in page


def test_structured_data_says_the_price_and_stock_the_page_shows(client, mug):
    page = client.get("/shop/mug/?variant=MUG-B").content.decode()
    thing = _structured(page)
    assert thing["@type"] == "Product"
    assert thing["sku"] == "MUG-B"
    assert thing["offers"]["price"] == "2200"
    assert thing["offers"]["availability"] == "https://schema.org/OutOfStock"
    assert "2,200円" in page


def test_goods_leave_the_shop_in_the_second_their_window_ends(client, mug):
    ends_at = timezone.now() + timedelta(minutes=1)
    Product.objects.update(ends_at=ends_at)
    assert mug in Product.objects.published(ends_at - timedelta(seconds=1))
    assert mug not in Product.objects.published(ends_at)
    Product.objects.update(ends_at=timezone.now())
    assert client.get("/shop/").context["cards"] == []
    assert client.get("/shop/mug/").status_code == 404


def test_a_product_without_anything_to_order_is_not_shown(client):
    empty = builders.product(slug="empty")
    builders.variant(empty, is_active=False)
    assert client.get("/shop/").context["cards"] == []
    assert client.get("/shop/empty/").status_code == 404


def test_the_list_is_narrowed_by_category_and_sorted_by_price(client, mug):
    towel = builders.product(slug="towel")
    builders.variant(towel, price=900)
    cloth = Category.objects.create(slug="cloth", name="布もの")
    Product.objects.filter(pk=towel.pk).update(category=cloth)
    assert [card.product for card in client.get("/shop/?category=cloth").context["cards"]] == [towel]
    cheap_first = client.get("/shop/?sort=price").context["cards"]
    assert [card.price for card in cheap_first] == [900, 1980]
    dear_first = client.get("/shop/?sort=price-desc").context["cards"]
    assert [card.price for card in dear_first] == [1980, 900]


def test_an_unknown_category_or_order_opens_the_whole_list(client, mug):
    page = client.get("/shop/?category=no-such&sort=stolen&page=99")
    assert page.status_code == 200
    assert len(page.context["cards"]) == 1


@pytest.mark.parametrize("rows", [2, 30])
def test_the_list_asks_at_most_eight_questions_at_any_length(client, alice, rows, django_assert_max_num_queries):
    for _ in range(rows):
        builders.variant(builders.product())
    client.force_login(alice)
    with django_assert_max_num_queries(8):
        client.get("/shop/")


def test_a_product_page_asks_at_most_twelve_questions(client, alice, mug, django_assert_max_num_queries):
    builders.shipping_rates()
    client.force_login(alice)
    with django_assert_max_num_queries(12):
        client.get("/shop/mug/")
