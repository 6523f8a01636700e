"""The page of an order: paying it, following it, and what others see of it."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from orders.models import Order, Payment, Refund
from orders.order_page import order_page
from orders.payments.base import Standing
from orders.pipeline.engine import operate
from orders.pipeline.engine.errors import Refused, Transient
from orders.services import inbox, payments, refunding
from orders.services.refunding import Wish
from shop.models import StockItem, StockReservation
from tests import builders
from tests.orders.reading import words
from vod.models import Entitlement

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


@pytest.fixture
def shopper(client, alice, world):
    client.force_login(alice)
    return client


def address(order, name="order"):
    return reverse(f"orders:{name}", args=[order.number])


def waiting(world, user, *things, method="element") -> Order:
    """An order whose payment is open at the provider."""
    order = world.order(user, *things, method=method)
    world.work(order, only="charge")
    return order


def send(world, order, quantity) -> None:
    """The warehouse sends so many pieces and reports it."""
    made = order.fulfillment_orders.get()
    line = made.lines.get()
    parcel = world.warehouse.ship(str(made.reference), {str(line.order_line.reference): quantity})
    payload = {"id": parcel.external_id, "reference": str(made.reference), "shipment": parcel.external_id}
    event, _ = inbox.store(
        source="warehouse", event_id=parcel.external_id, kind="shipment.created", payload=payload, now=world.now
    )
    inbox.process(event.pk, now=world.now)
    world.work(order)


def step_states(page) -> list[str]:
    return re.findall(r'class="progress-step progress-(\w+)"', page)


def test_nobody_else_sees_it(shopper, bob, world, mug):
    order = waiting(world, bob, mug)
    for name in ("order", "order_return", "pay", "order_events"):
        assert shopper.get(address(order, name)).status_code == 404
    assert shopper.post(address(order, "pay"), {"method": "hosted"}).status_code == 404
    assert shopper.get("/orders/H000-000-000/").status_code == 404
    assert order.payments.get().method == Payment.Method.ELEMENT


def test_who_is_signed_out_signs_in_first_and_comes_back(client, alice, world, mug):
    order = waiting(world, alice, mug)
    assert client.get(address(order)).url == f"{reverse('account_login')}?next={address(order)}"
    assert client.post(address(order, "pay")).url == f"{reverse('account_login')}?next={address(order, 'pay')}"
    assert client.get(address(order, "order_events")).status_code == 404
    client.force_login(alice)
    assert client.get(address(order, "pay")).url == address(order)


def test_it_is_kept_by_no_cache_and_found_by_no_search(shopper, alice, world, mug):
    answer = shopper.get(address(waiting(world, alice, mug)))
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["X-Robots-Tag"] == "noindex"


def test_nothing_is_held_for_a_film_so_nothing_is_said_of_it(shopper, alice, world, film):
    order = waiting(world, alice, film)
    page = words(shopper.get(address(order)))
    assert "Please pay by <time datetime=" in page
    assert "held for you" not in page
    assert all("held" not in sentence for item in order.terms["items"] for sentence in item["sentences"])


def test_an_unpaid_order_says_until_when_it_is_held_and_how_to_pay(shopper, alice, world, mug, film):
    order = waiting(world, alice, mug, film)
    page = words(shopper.get(address(order)))
    assert "held for you until <time datetime=" in page
    config = json.loads(re.search(r'<script id="payment_config"[^>]*>(.*?)</script>', page)[1])
    assert config["clientSecret"].endswith("_secret")
    assert config["amount"] == order.total
    assert config["returnUrl"].endswith(address(order, "order_return"))
    assert 'name="method" value="hosted"' in page
    assert "Open the payment page" in page
    assert step_states(page) == ["done", "current", "waiting", "waiting", "waiting"]
    assert reverse("vod:watch", args=[film.title.slug]) not in page


def test_a_declined_card_is_explained_and_the_order_stays_payable(shopper, alice, world, mug):
    order = waiting(world, alice, mug)
    world.payments.buyer_is_declined(world.payment_of(order), "expired_card")
    page = words(shopper.get(address(order)))
    assert "The card has expired. Please use another card." in page
    assert "clientSecret" in page

    world.payments.buyer_is_declined(world.payment_of(order), "some_code_of_tomorrow")
    assert "The card was declined. Please use another card or ask your card company." in words(
        shopper.get(address(order))
    )


def test_opening_the_payment_page_gives_the_card_form_up_first(shopper, alice, world, mug):
    order = waiting(world, alice, mug)
    answer = shopper.post(address(order, "pay"), {"method": "hosted"})
    assert answer.url.startswith("https://pay.example/")
    assert [payment.state for payment in order.payments.order_by("generation")] == ["cancelled", "pending"]
    page = words(shopper.get(address(order)))
    assert "payment_config" not in page
    assert "Enter the card on this page" in page

    assert shopper.post(address(order, "pay"), {"method": "hosted"}).url == answer.url  # twice is the same page
    assert shopper.post(address(order, "pay"), {"method": "element"}).url == address(order)
    assert "clientSecret" in words(shopper.get(address(order)))


def test_a_payment_service_that_is_away_is_said_and_leaves_the_order_alone(shopper, alice, world, mug, monkeypatch):
    def away(*args):
        raise Transient("no answer")

    order = waiting(world, alice, mug)
    monkeypatch.setattr(world.payments, "status", away)
    page = words(shopper.get(address(order)))
    assert "The payment service does not answer just now. Your order is safe" in page
    assert "payment_config" not in page
    answer = shopper.post(address(order, "pay"), {"method": "hosted"}, follow=True)
    assert "The payment service does not answer just now." in words(answer)


def test_coming_back_from_paying_believes_the_provider_and_not_the_address(shopper, alice, world, mug):
    order = waiting(world, alice, mug)
    back = address(order, "order_return") + "?redirect_status=succeeded"
    assert shopper.get(back).url == address(order)
    assert "One step is left: the payment" in words(shopper.get(address(order)))

    world.payments.buyer_pays(world.payment_of(order))
    shopper.get(back)
    page = words(shopper.get(address(order)))
    assert "The payment has arrived" in page  # the workers have not been there yet
    assert "payment_config" not in page


def test_a_payment_that_the_provider_is_at_work_on_is_not_paid_again(shopper, alice, world, mug):
    order = waiting(world, alice, mug)
    ref = world.payment_of(order).provider_ref
    world.payments.payments[ref] = replace(world.payments.payments[ref], standing=Standing.PROCESSING)
    page = words(shopper.get(address(order)))
    assert "We are checking the payment" in page
    assert "Open the payment page" not in page
    assert 'data-open="yes"' in page


def test_a_paid_order_thanks_and_opens_the_films(shopper, alice, world, mug, film):
    order = world.bought(alice, mug, film)
    page = words(shopper.get(address(order)))
    assert "Thank you for your order" in page
    assert f"A confirmation has been sent to {alice.email}." in page
    assert f'href="{reverse("vod:watch", args=[film.title.slug])}"' in page
    assert "Start by <time" in page
    assert "髙橋 𠮷乃" in page
    assert "Being packed" in page
    assert step_states(page) == ["done", "done", "done", "done", "current"]
    assert 'aria-current="step"' in page
    assert shopper.post(address(order, "pay"), {"method": "hosted"}).url == address(order)
    assert order.payments.count() == 1


def test_its_invoice_is_read_from_what_was_stored(shopper, alice, world, mug, settings):
    food = builders.variant(builders.product(name="いか墨せんべい", tax_category="reduced"), price=1080)
    order = world.bought(alice, mug, food)
    settings.INVOICE_ISSUER, settings.INVOICE_REGISTRATION_NUMBER = "another", "T9999999999999"
    page = words(shopper.get(address(order)))
    assert "株式会社みなと放送" in page
    assert "T1234567890123" in page
    assert f"{order.number}-1" in page
    assert 'at 10%</dt><dd class="small soft">¥2,780 (tax in it ¥252)' in page
    assert '※ at 8%</dt><dd class="small soft">¥1,080 (tax in it ¥80)' in page


def test_goods_leave_in_parts_and_each_parcel_can_be_followed(shopper, alice, world, mug):
    order = world.bought(alice, mug, quantity=3)
    send(world, order, 1)
    page = words(shopper.get(address(order)))
    assert "1 of 3 shipped" in page
    assert "Part of it is on its way; the rest follows." in page
    assert "Yamato Transport" in page
    assert 'href="https://jizen.kuronekoyamato.co.jp/jizen/servlet/crjz.b.NQ0010?id=12345678901"' in page
    assert 'data-open="yes"' in page

    send(world, order, 2)
    page = words(shopper.get(address(order)))
    assert ">Shipped<" in page
    assert step_states(page) == ["done"] * 4
    assert 'data-open="no"' in page
    assert "js/order.js" not in page


def test_a_film_alone_has_neither_parcel_nor_address(shopper, alice, world, film):
    page = words(shopper.get(address(world.bought(alice, film))))
    assert step_states(page) == ["done"] * 3
    assert "Delivery address" not in page
    assert "Dispatch" not in page


def test_an_order_that_lapsed_says_that_nothing_was_charged(shopper, alice, world, mug):
    order = waiting(world, alice, mug)
    world.later(minutes=31)
    world.work(order)
    page = words(shopper.get(address(order)))
    assert "This order has lapsed" in page
    assert "Nothing was charged" in page
    assert reverse("shop:catalogue") in page
    assert "payment_config" not in page


def test_an_order_that_was_given_back_shows_the_document_that_corrects_it(shopper, alice, world, mug, film):
    order = world.order(alice, mug, film, quantity=1)
    StockReservation.objects.update(state=StockReservation.State.EXPIRED)
    StockItem.objects.update(reserved=0, on_hand=0)
    world.pay(order)
    world.work(order)
    page = words(shopper.get(address(order)))
    assert "This order was cancelled" in page
    assert "The whole payment was given back" in page
    assert not Entitlement.objects.live_at(world.now).visible_to(alice).exists()
    assert reverse("vod:watch", args=[film.title.slug]) not in page
    assert ("Return invoice" in page) == order.tax_documents.exists()


def test_what_was_given_back_is_shown_until_it_has_arrived(shopper, alice, sam, world, film):
    order = world.bought(alice, film)
    world.payments.refunds_take_days = True
    asked = refunding.ask(
        order=order,
        wish=Wish(Refund.Kind.AMOUNT, amount=130),
        actor=sam,
        reason="the customer shouted",
        token=uuid4(),
        now=world.now,
    )
    page = words(shopper.get(address(order)))
    assert "Being given back" in page
    assert "¥130" in page
    assert "shouted" not in page
    assert 'data-open="yes"' in shopper.get(address(order)).content.decode()
    world.work(order)
    asked.refresh_from_db()
    world.payments.refund_arrives(asked.provider_ref)
    world.later(hours=7)
    world.work(order)
    response = shopper.get(address(order))
    assert "Given back" in words(response)
    assert "Return invoice" in words(response)
    assert 'data-open="no"' in response.content.decode()


def test_who_was_given_everything_back_is_not_thanked_for_an_order(shopper, alice, sam, world, film):
    order = world.bought(alice, film)
    assert "Thank you for your order" in words(shopper.get(address(order)))
    wish = Wish(Refund.Kind.REST, with_shipping=True)
    refunding.ask(order=order, wish=wish, actor=sam, reason="r", token=uuid4(), now=world.now)
    world.work(order)
    assert "Your payment was given back" in words(shopper.get(address(order)))
    assert "Thank you for your order" not in words(shopper.get(address(order)))


def test_goods_that_were_stopped_are_not_said_to_be_packed(shopper, alice, sam, world, mug, film):
    order = world.bought(alice, mug, film, quantity=2)
    assert "Being packed" in words(shopper.get(address(order)))
    goods = Wish(Refund.Kind.LINES, {order.lines.get(variant=mug).pk: 2}, with_shipping=True)
    refunding.ask(order=order, wish=goods, actor=sam, reason="asked", token=uuid4(), now=world.now)
    world.work(order)
    page = words(shopper.get(address(order)))
    assert "Being packed" not in page
    assert "Money given back for 2 of 2" in page
    assert "Dispatch" not in page
    assert "Watch now" in page


def test_what_was_confirmed_can_be_read_again(shopper, alice, world, mug):
    order = world.bought(alice, mug)
    page = words(shopper.get(address(order)))
    assert all(item["heading"] in page for item in order.terms["items"])


@pytest.mark.parametrize("things", [1, 8])
def test_the_page_takes_few_queries_at_any_length(
    shopper, alice, world, mug, film, things, django_assert_max_num_queries
):
    goods = [builders.variant() for _ in range(things)]
    unpaid, paid = waiting(world, alice, mug, *goods), world.bought(alice, film, mug, *goods)
    for order in (unpaid, paid):
        shopper.get(address(order))
        with django_assert_max_num_queries(19):
            shopper.get(address(order))


def test_looking_again_changes_nothing(shopper, alice, world, mug):
    order = world.bought(alice, mug)
    before = order_page(alice, order.number)
    payments.look_again(order, now=world.now)
    shopper.get(address(order, "order_return"))
    after = order_page(alice, order.number)
    assert before
    assert after
    assert (before.phase, before.steps) == (after.phase, after.steps)
    assert len(world.mails) == 1


LONGER, CHECKING = "takes a little longer than usual", "We are looking into something here"


def test_a_warehouse_that_is_away_makes_it_take_longer(shopper, alice, world, mug, film, monkeypatch):
    def away(instruction, key):
        raise Transient("no answer")

    with monkeypatch.context() as broken:
        broken.setattr(world.warehouse, "instruct", away)
        order = world.bought(alice, mug, film)
        page = words(shopper.get(address(order)))
        assert LONGER in page
        assert step_states(page) == ["done", "done", "done", "current", "waiting"]
        assert "instruct" not in page
    world.later(minutes=11)
    world.work(order)
    assert LONGER not in words(shopper.get(address(order)))


def test_what_nobody_has_begun_after_a_while_takes_longer(shopper, alice, world, mug):
    """The warehouse is known to be away, so nobody even tries."""
    operate.pause(scope="system", name="warehouse", actor=None, reason="stocktaking", now=world.now)
    order = world.bought(alice, mug)
    assert LONGER not in words(shopper.get(address(order)))
    Order.objects.filter(pk=order.pk).update(paid_at=timezone.now() - timedelta(minutes=3))
    assert LONGER in words(shopper.get(address(order)))


def test_what_is_parked_is_being_looked_into(shopper, alice, world, mug, monkeypatch):
    def refuses(instruction, key):
        raise Refused("unknown prefecture")

    monkeypatch.setattr(world.warehouse, "instruct", refuses)
    order = world.bought(alice, mug)
    page = words(shopper.get(address(order)))
    assert CHECKING in page
    assert LONGER not in page
    assert "unknown prefecture" not in page


def test_an_order_that_is_taken_back_says_so_and_no_more(shopper, alice, world, mug):
    operate.pause(scope="system", name="warehouse", actor=None, reason="stocktaking", now=world.now)
    order = world.bought(alice, mug)
    operate.take_back(run=order.runs.get(), actor=alice, reason="they called", now=world.now)
    page = words(shopper.get(address(order)))
    assert "Being cancelled" in page
    assert step_states(page) == ["done", "current"]
