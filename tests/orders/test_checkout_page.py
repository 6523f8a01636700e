"""The confirmation screen and its button."""

import re

import pytest
from django.urls import reverse

from accounts.models import Address
from orders.models import Cart, Order, Payment
from orders.pipeline.engine.errors import Transient
from shop.models import ShippingRate, StockItem, StockReservation, Variant
from tests import builders
from tests.orders.reading import words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]
CHECKOUT, PLACE, ADDRESS = (reverse(f"orders:{name}") for name in ("checkout", "place_order", "checkout_address"))
SIX = ("quantity", "price", "payment", "delivery", "period", "cancellation")
NEW_ADDRESS = {
    "name": "髙橋 𠮷乃",
    "name_kana": "たかはし よしの",
    "postal_code": "０６０－００４２",
    "prefecture": "1",
    "city": "札幌市中央区大通西",
    "line1": "1-2-3",
    "phone": "011-234-5678",
}


@pytest.fixture
def shopper(client, alice, world):
    client.force_login(alice)
    return client


@pytest.fixture
def cart(world, alice, mug, film) -> Cart:
    return world.cart_of(alice, mug, film)


def button(client) -> dict[str, str]:
    """What the order button of the screen sends."""
    page = client.get(CHECKOUT).content.decode()
    return {name: re.search(rf'name="{name}" value="([^"]+)"', page)[1] for name in ("checkout_key", "digest")}


def press(client, sent, *, method="element"):
    return client.post(PLACE, sent | {"method": method}, headers={"Accept": "application/json"})


def test_who_is_signed_out_signs_in_first_and_comes_back(client, world):
    for address in (CHECKOUT, ADDRESS):
        assert client.get(address).url == f"{reverse('account_login')}?next={address}"
    assert client.post(PLACE).url == f"{reverse('account_login')}?next={PLACE}"


def test_who_had_to_sign_in_at_the_button_sees_the_screen_once_more(shopper, cart):
    assert shopper.get(PLACE).url == CHECKOUT
    assert not Order.objects.exists()


def test_the_screen_says_all_that_the_law_asks_for(shopper, cart):
    page = words(shopper.get(CHECKOUT))
    for heading in (
        "What and how many",
        "Total to pay",
        "When and how you pay",
        "When you receive it",
        "How long this order can be made",
        "Cancellation and returns",
    ):
        assert f"<dt>{heading}</dt>" in page
    assert "¥3,110, tax included, with ¥800 for shipping." in page
    assert "Start within 30 days" in page
    assert "sent within 3 to 5 business days" in page
    assert "cannot be cancelled once it has been bought" in page
    assert "within 8 days of arrival" in page
    assert reverse("cms:page", args=["tokushoho"]) in page


def test_what_the_screen_said_is_kept_with_the_order_word_for_word(shopper, cart):
    page = words(shopper.get(CHECKOUT))
    press(shopper, button(shopper))
    kept = Order.objects.get().terms
    assert tuple(item["key"] for item in kept["items"]) == SIX
    for item in kept["items"]:
        assert item["heading"] in page
        assert all(sentence.replace("'", "&#x27;") in page for sentence in item["sentences"])


def test_the_button_says_that_it_orders_and_what_is_paid(shopper, cart):
    page = words(shopper.get(CHECKOUT))
    pressed = re.search(r"<button[^>]*data-pay>(.*?)</button>", page)[1]
    assert "Place the order" in pressed
    assert "¥3,110, tax included" in pressed


def test_nothing_is_ticked_beforehand_and_no_card_number_is_asked_by_us(shopper, cart):
    form = words(shopper.get(CHECKOUT)).partition('id="checkout-form"')[2].partition("</form>")[0]
    assert "checked" not in form
    visible = [tag for tag in re.findall(r"<input[^>]*>", form) if 'type="hidden"' not in tag]
    assert visible == []


def test_the_form_works_without_a_script_and_says_so(shopper, cart, settings):
    page = words(shopper.get(CHECKOUT))
    assert 'name="method" value="hosted"' in page
    assert "<noscript>" in page
    assert f'<script src="{settings.STRIPE_JS_URL}" defer>' in page
    assert "unsafe" not in shopper.get(CHECKOUT).headers["Content-Security-Policy"]


def test_films_alone_need_no_address(shopper, world, alice, film):
    world.cart_of(alice, film)
    page = words(shopper.get(CHECKOUT))
    assert "Delivery address" not in page
    assert "There is nothing to pay beside it." in page


def test_goods_without_an_address_ask_for_one(shopper, world, alice, mug):
    cart = world.cart_of(alice, mug)
    Cart.objects.update(ship_to=None)
    alice.addresses.all().delete()
    assert shopper.get(CHECKOUT).url == ADDRESS

    assert shopper.post(ADDRESS, NEW_ADDRESS).url == CHECKOUT
    cart.refresh_from_db()
    assert (cart.ship_to.name, cart.ship_to.postal_code) == ("髙橋 𠮷乃", "0600042")
    page = words(shopper.get(CHECKOUT))
    assert "髙橋 𠮷乃" in page
    assert "〒060-0042" in page


def test_a_mistake_in_a_new_address_keeps_what_was_typed(shopper, world, alice, mug):
    world.cart_of(alice, mug)
    answer = shopper.post(ADDRESS, NEW_ADDRESS | {"postal_code": "123"})
    assert answer.status_code == 422
    page = words(answer)
    assert 'href="#id_postal_code"' in page
    assert 'value="髙橋 𠮷乃"' in page
    assert "<details" in page
    assert " open>" in page
    assert alice.addresses.count() == 1


def test_an_address_is_chosen_from_ones_own_book_alone(shopper, world, alice, bob, mug):
    cart = world.cart_of(alice, mug)
    office = builders.address(user=alice, name="職場", is_default=False)
    assert shopper.post(ADDRESS, {"address": office.pk}).url == CHECKOUT
    cart.refresh_from_db()
    assert cart.ship_to == office
    assert shopper.post(ADDRESS, {"address": builders.address(user=bob).pk}).status_code == 404
    assert shopper.post(ADDRESS, {"address": "everywhere"}).status_code == 422


def test_goods_that_do_not_go_there_say_so_and_cannot_be_ordered(shopper, cart):
    sent = button(shopper)
    ShippingRate.objects.all().delete()
    page = words(shopper.get(CHECKOUT))
    assert "Something in the cart cannot be sent to 北海道." in page
    assert "data-pay>" not in page
    assert press(shopper, sent).status_code == 409
    assert not Order.objects.exists()


def test_the_button_gives_the_card_form_its_secret(shopper, cart):
    answer = press(shopper, button(shopper)).json()
    order = Order.objects.get()
    assert answer["order"] == order.number
    assert answer["clientSecret"].endswith("_secret")
    assert answer["returnUrl"] == f"http://testserver{reverse('orders:order_return', args=[order.number])}"


def test_without_a_script_the_button_leads_to_the_payment_page(shopper, cart):
    answer = shopper.post(PLACE, button(shopper) | {"method": "hosted"})
    assert answer.url.startswith("https://pay.example/")
    assert Order.objects.get().payments.get().method == Payment.Method.HOSTED


def test_pressing_twice_leads_to_the_same_order(shopper, cart):
    sent = button(shopper)
    first, second = press(shopper, sent).json(), press(shopper, sent).json()
    assert first == second
    assert Order.objects.count() == Payment.objects.count() == 1
    assert StockReservation.objects.count() == 1


def test_going_back_or_reloading_after_the_order_leads_to_it(shopper, cart):
    press(shopper, button(shopper))
    order = Order.objects.get()
    assert shopper.get(CHECKOUT).url == order.get_absolute_url()
    assert "no-store" in shopper.get(order.get_absolute_url()).headers["Cache-Control"]


@pytest.mark.parametrize("change", ["price", "quantity", "fee"])
def test_what_changed_between_screen_and_button_is_not_ordered(shopper, cart, change):
    sent = button(shopper)
    if change == "price":
        Variant.objects.update(price=2200)
    elif change == "quantity":
        cart.lines.filter(variant__isnull=False).update(quantity=2)
    else:
        ShippingRate.objects.update(fee=900)
    answer = press(shopper, sent)
    assert answer.status_code == 409
    assert "has changed; nothing was ordered" in answer.json()["error"]
    assert answer.json()["url"] == reverse("orders:cart")
    page = shopper.post(PLACE, sent | {"method": "hosted"}, follow=True)
    assert "has changed; nothing was ordered" in words(page)
    assert not Order.objects.exists()
    assert not StockReservation.objects.exists()


@pytest.mark.parametrize("change", ["another", "edited", "recipient"])
def test_an_address_changed_in_another_tab_is_looked_at_again(shopper, alice, cart, change):
    sent = button(shopper)
    cart.refresh_from_db()
    if change == "another":
        other = builders.address(user=alice, line1="9-9-9", is_default=False)  # of the same prefecture: no other fee
        shopper.post(ADDRESS, {"address": other.pk})
    elif change == "edited":
        Address.objects.filter(pk=cart.ship_to_id).update(line2="ひとつ荘 201")
    else:
        Address.objects.filter(pk=cart.ship_to_id).update(name="馬場 ボブ")
    answer = press(shopper, sent)
    assert answer.status_code == 409
    assert "has changed; nothing was ordered" in answer.json()["error"]
    assert not Order.objects.exists()
    assert press(shopper, button(shopper)).status_code == 200
    cart.refresh_from_db()
    assert Order.objects.get().ship_to.as_dict() == cart.ship_to.as_dict()


def test_films_alone_are_ordered_wherever_the_address_moved(shopper, world, alice, film):
    cart = world.cart_of(alice, film)
    sent = button(shopper)
    cart.ship_to = builders.address(user=alice)
    cart.save()
    assert press(shopper, sent).status_code == 200


def test_who_comes_a_moment_too_late_is_told_by_name(shopper, cart, mug):
    sent = button(shopper)
    StockItem.objects.update(on_hand=0)
    assert f"{mug.display_name} is sold out." in press(shopper, sent).json()["error"]
    assert not Order.objects.exists()


def test_a_film_that_waits_for_payment_elsewhere_leads_there(shopper, world, alice, film):
    order = world.order(alice, film)
    world.cart_of(alice, film)
    answer = press(shopper, button(shopper))
    assert (answer.status_code, answer.json()["url"]) == (409, order.get_absolute_url())


def test_an_order_made_while_the_payment_service_is_away_waits_on_its_page(shopper, cart, world, monkeypatch):
    def away(*args):
        raise Transient("no answer")

    monkeypatch.setattr(world.payments, "open", away)
    answer = press(shopper, button(shopper)).json()
    order = Order.objects.get()
    assert answer == {"order": order.number, "url": order.get_absolute_url()}
    assert order.state == Order.State.PENDING_PAYMENT


def test_a_form_that_was_tampered_with_orders_nothing(shopper, bob, world, cart, mug):
    sent = button(shopper)
    assert press(shopper, sent | {"digest": "0" * 24}).status_code == 409
    assert press(shopper, sent | {"checkout_key": "x"}).status_code == 409
    assert press(shopper, sent, method="cash").status_code == 409
    bobs = world.cart_of(bob, builders.variant())
    assert press(shopper, sent | {"checkout_key": str(bobs.checkout_key)}).status_code == 404
    assert not Order.objects.exists()


@pytest.mark.parametrize("lines", [1, 8])
def test_the_screen_takes_few_queries_at_any_length(
    shopper, alice, world, mug, film, lines, django_assert_max_num_queries
):
    world.cart_of(alice, mug, film, *(builders.variant() for _ in range(lines)))
    shopper.get(CHECKOUT)
    with django_assert_max_num_queries(16):
        assert shopper.get(CHECKOUT).status_code == 200
