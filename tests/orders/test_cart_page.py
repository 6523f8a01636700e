"""The cart as people see it: filled, changed, emptied, kept."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from orders.models import Cart, CartLine, Order
from shop.models import StockItem, Variant
from tests import builders
from tests.builders import PASSWORD
from tests.orders.reading import words
from vod.models import Offer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("world", "in_english")]
CART = reverse("orders:cart")
JSON = {"Accept": "application/json"}


def add(client, thing, quantity=1, **fields):
    name = "variant" if isinstance(thing, Variant) else "offer"
    return client.post(reverse("orders:add_to_cart"), {name: thing.pk, "quantity": quantity, **fields})


def change(client, line, **fields):
    return client.post(reverse("orders:change_line", args=[line.pk]), fields, follow=True)


@pytest.fixture
def shopper(client, alice):
    client.force_login(alice)
    return client


def test_an_empty_cart_leads_on_to_films_and_goods(client):
    page = client.get(CART)
    assert "Your cart is empty" in words(page)
    assert reverse("vod:catalogue") in words(page)
    assert reverse("shop:catalogue") in words(page)
    assert "sessionid" not in client.cookies  # looking keeps nothing


def test_goods_and_films_stand_in_groups_by_how_they_arrive(client, mug, film):
    frozen = builders.variant(builders.product(name="氷下魚", temperature_class="frozen"))
    for thing in (mug, film, frozen):
        add(client, thing)
    page = words(client.get(CART))
    assert page.index("sent to you by parcel") < page.index("in a frozen parcel") < page.index("to watch online")
    assert "Rental for 48 hours from the first play; start within 30 days" in page


def test_adding_leads_back_to_where_one_was_or_on_to_the_cart(client, mug, film):
    shop = "http://testserver/shop/"
    assert add(client, mug).url == CART
    assert add(client, film, next="checkout").url == reverse("orders:checkout")
    for came_from, leads_to in ((shop, shop), ("https://elsewhere.example/", CART)):
        answer = client.post(reverse("orders:add_to_cart"), {"variant": mug.pk}, headers={"Referer": came_from})
        assert answer.url == leads_to


def test_a_script_that_adds_is_told_the_new_count(client, mug):
    answer = client.post(reverse("orders:add_to_cart"), {"variant": mug.pk, "quantity": 2}, headers=JSON)
    assert answer.json()["count"] == 2
    assert "data-count>2<" in words(client.get(CART))


@pytest.mark.parametrize("quantity", ["-1", "0", "many", "1.5"])
def test_a_quantity_that_is_no_whole_number_from_one_adds_nothing(client, mug, quantity):
    answer = client.post(reverse("orders:add_to_cart"), {"variant": mug.pk, "quantity": quantity}, follow=True)
    assert "could not be added" in words(answer)
    assert not CartLine.objects.exists()


@pytest.mark.parametrize("quantity", ["-1", "0", "", "1e3"])
def test_a_line_keeps_its_quantity_when_the_new_one_is_none(client, mug, quantity):
    add(client, mug, 3)
    page = change(client, CartLine.objects.get(), quantity=quantity)
    assert "The quantity is a whole number from 1." in words(page)
    assert CartLine.objects.get().quantity == 3


def test_the_buttons_beside_the_number_take_one_step(client, mug):
    add(client, mug, 3)
    line = CartLine.objects.get()
    change(client, line, quantity=3, step=1)
    assert CartLine.objects.get().quantity == 4
    change(client, line, quantity=1, step=-1)
    assert CartLine.objects.get().quantity == 1


def test_the_most_of_one_order_is_said_and_kept(client, mug):
    add(client, mug, 9)
    page = change(client, CartLine.objects.get(), quantity=11)
    assert "At most 10 of this can be ordered at once." in words(page)
    assert CartLine.objects.get().quantity == 9


def test_what_was_taken_out_can_be_put_back(client, mug):
    add(client, mug, 3)
    page = client.post(reverse("orders:remove_line", args=[CartLine.objects.get().pk]), follow=True)
    assert "was taken out of the cart" in words(page)
    assert not CartLine.objects.exists()
    assert "was taken out" not in words(client.get(CART))  # said once

    undo = {"variant": mug.pk, "quantity": 3, "next": "cart"}
    assert 'name="quantity" value="3"' in words(page)
    client.post(reverse("orders:add_to_cart"), undo)
    assert CartLine.objects.get().quantity == 3


def test_a_changed_price_is_marked_from_old_to_new(client, mug):
    add(client, mug)
    Variant.objects.update(price=2200)
    page = words(client.get(CART))
    assert "The price has changed since you added this: ¥1,980 → ¥2,200" in page
    assert "Sign in and check out" in page  # it is told, and stops nobody


def test_what_is_sold_out_or_short_is_said_before_the_checkout(shopper, mug, film):
    add(shopper, mug, 5)
    StockItem.objects.update(on_hand=3)
    page = words(shopper.get(CART))
    assert "Only 3 are left." in page
    assert "Take 3" in page
    assert f'href="{reverse("orders:checkout")}"' not in page

    StockItem.objects.update(on_hand=0)
    assert "This is sold out." in words(shopper.get(CART))
    assert shopper.get(reverse("orders:checkout")).url == CART


def test_a_cart_promises_no_more_than_one_warehouse_can_send(shopper, mug):
    StockItem.objects.filter(variant=mug).update(on_hand=3)
    StockItem.objects.create(variant=mug, warehouse=builders.warehouse("hakodate", "函館倉庫"), on_hand=2)
    add(shopper, mug, quantity=4)
    page = shopper.get(CART)
    assert "Only 3 are left" in words(page)
    assert not page.context["page"].can_be_ordered


def test_what_left_the_shop_is_said(client, mug, film):
    add(client, mug)
    add(client, film)
    Variant.objects.update(is_active=False)
    Offer.objects.update(ends_at=timezone.now())
    assert words(client.get(CART)).count("This is no longer on sale.") == 2


def test_a_film_whose_window_ended_is_said_before_the_checkout(client, film):
    add(client, film)
    type(film.title).objects.update(ends_at=timezone.now() - timedelta(seconds=1))
    assert "This is no longer on sale." in words(client.get(CART))


def test_a_film_that_can_be_watched_already_is_not_sold_again(shopper, world, alice, film):
    world.bought(alice, film)
    again = add(shopper, film)
    assert again.url == film.title.get_absolute_url()
    answer = shopper.post(reverse("orders:add_to_cart"), {"offer": film.pk}, headers=JSON)
    assert (answer.status_code, answer.json()["url"]) == (409, film.title.get_absolute_url())
    assert Order.objects.count() == 1


def test_a_film_bought_meanwhile_says_so_in_the_cart(shopper, world, alice, film):
    add(shopper, film)
    cart = Cart.objects.get()
    world.pay(world.press_button(alice, cart))
    world.work(Order.objects.get())
    guests = Cart.objects.create(user=alice)  # as merged from a guest's, which knew nothing of the order
    CartLine.objects.create(cart=guests, offer=film, unit_price_seen=film.price)
    page = words(shopper.get(CART))
    assert "You can watch this already." in page
    assert reverse("vod:watch", args=[film.title.slug]) in page


def test_shipping_is_open_until_the_prefecture_is_known(client, alice, mug):
    add(client, mug)
    assert "depends on where to" in words(client.get(CART))
    builders.address(user=alice)
    client.force_login(alice)
    add(client, mug)
    page = words(client.get(CART))
    assert "¥800" in page
    assert "¥2,780" in page
    assert "北海道" in page


def test_the_gap_to_free_shipping_shrinks_to_nothing(client, mug):
    add(client, mug)
    assert "<strong>¥6,820</strong> more of goods and shipping is free" in words(client.get(CART))
    add(client, mug, 4)
    page = words(client.get(CART))
    assert "Shipping is free" in page
    assert "more of goods" not in page


def test_the_tax_is_stated_once_per_rate(client, mug):
    food = builders.variant(builders.product(name="いか墨せんべい", tax_category="reduced"), price=1080)
    add(client, mug)
    add(client, food)
    page = words(client.get(CART))
    assert "10%: ¥1,980 (tax in it ¥180)" in page
    assert "※ 8%: ¥1,080 (tax in it ¥80)" in page


def test_a_guests_cart_survives_signing_in_with_nothing_lost(client, alice, mug, film, world):
    other = builders.variant(price=500)
    world.cart_of(alice, mug, other, quantity=7)
    add(client, mug, 6)
    add(client, film)
    client.post(reverse("account_login"), {"login": alice.email, "password": PASSWORD, "way": "password"})

    cart = Cart.objects.get(user=alice, state=Cart.State.OPEN)
    assert {line.variant or line.offer: line.quantity for line in cart.lines.all()} == {mug: 10, other: 7, film: 1}
    page = words(client.get(CART))
    assert "data-count>18<" in page
    assert "To the checkout" in page


def test_somebody_elses_line_is_not_found(client, bob, world, mug):
    line = world.cart_of(bob, mug).lines.get()
    for name in ("orders:change_line", "orders:remove_line"):
        assert client.post(reverse(name, args=[line.pk]), {"quantity": 9}).status_code == 404
    add(client, builders.variant())
    assert client.post(reverse("orders:remove_line", args=[line.pk])).status_code == 404
    line.refresh_from_db()
    assert line.quantity == 1


def test_a_cart_is_changed_by_posting_alone(client, mug):
    add(client, mug)
    line = CartLine.objects.get()
    for address in ("orders:add_to_cart", "orders:change_line", "orders:remove_line"):
        args = [] if address == "orders:add_to_cart" else [line.pk]
        assert client.get(reverse(address, args=args)).status_code == 405
    assert client.post(CART).status_code == 405


def test_a_rare_kanji_is_shown_as_it_was_written(client, mug):
    add(client, builders.variant(builders.product(name="髙橋𠮷右衛門の湯呑", name_en="")))
    assert "髙橋𠮷右衛門の湯呑" in words(client.get(CART))


@pytest.mark.parametrize("lines", [1, 8])
def test_the_cart_takes_few_queries_at_any_length(
    shopper, alice, world, mug, film, lines, django_assert_max_num_queries
):
    builders.address(user=alice)
    world.cart_of(alice, mug, film, *(builders.variant() for _ in range(lines)))
    shopper.get(CART)
    with django_assert_max_num_queries(14):
        shopper.get(CART)
