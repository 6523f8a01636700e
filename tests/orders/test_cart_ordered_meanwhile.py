"""The order button is pressed in one tab while the cart is being changed in another.

Two real interleavings: the change looked the cart up before the order was written and waits for its lock, with two
connections to PostgreSQL; and the order was written between the look-up and the change, on any database.
"""

import threading
import time

import pytest
from django.db import connection, connections, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from orders.models import Cart, CartLine, Order
from orders.services import carts
from tests.orders.reading import words

pytestmark = [pytest.mark.usefixtures("in_english")]
SECONDS = 20


def until_somebody_waits_for_a_lock() -> None:
    """Return once another connection stands before a lock that this one holds."""
    deadline = time.monotonic() + SECONDS
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
            )
            if cursor.fetchone()[0]:
                return
    raise AssertionError("nobody came to wait")


def while_ordering(world, alice, cart: Cart, change) -> object:
    """Begin `change` while the order is written and not yet committed; return what it came to."""
    answers = []

    def run() -> None:
        try:
            answers.append(change())
        except BaseException as error:
            answers.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    with transaction.atomic():
        world.press_button(alice, cart)
        thread.start()
        until_somebody_waits_for_a_lock()
    thread.join(SECONDS)
    assert not isinstance(answers[0], BaseException), answers
    return answers[0]


@pytest.fixture
def two_connections():
    if connection.vendor != "postgresql":
        pytest.skip("on SQLite one transaction at a time writes")


@pytest.fixture
def shopper(client, alice) -> Client:
    client.force_login(alice)
    return client


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_what_is_added_while_the_cart_is_ordered_is_in_the_next_cart(two_connections, shopper, world, alice, mug, film):
    cart = world.cart_of(alice, mug)
    add = reverse("orders:add_to_cart")
    answer = while_ordering(world, alice, cart, lambda: shopper.post(add, {"offer": film.pk}, follow=True))
    assert answer.status_code == 200
    assert Order.objects.get().lines.get().variant == mug
    assert CartLine.objects.get(cart__state=Cart.State.OPEN, cart__user=alice).offer == film


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", ["orders:change_line", "orders:remove_line"])
def test_a_line_changed_while_the_cart_is_ordered_stays_as_ordered(two_connections, shopper, world, alice, mug, act):
    cart = world.cart_of(alice, mug)
    line = cart.lines.get()
    post = reverse(act, args=[line.pk])
    answer = while_ordering(world, alice, cart, lambda: shopper.post(post, {"quantity": 3}, follow=True))
    assert "ordered or changed elsewhere" in words(answer)
    line.refresh_from_db()
    assert line.quantity == Order.objects.get().lines.get().quantity == 1


@pytest.mark.django_db
def test_a_cart_that_was_ordered_since_it_was_looked_up_takes_nothing_more(world, alice, mug, film):
    cart = world.cart_of(alice, mug)
    line = cart.lines.select_related("variant").get()
    world.press_button(alice, Cart.objects.get(pk=cart.pk))
    now = timezone.now()
    for change in (
        lambda: carts.add_variant(cart=cart, variant=mug, quantity=1, now=now),
        lambda: carts.add_offer(cart=cart, offer=film, now=now),
        lambda: carts.change_quantity(line=line, quantity=2, now=now),
        lambda: carts.remove(line=line, now=now),
    ):
        with pytest.raises(carts.CartMoved):
            change()
    assert [(one.variant, one.quantity) for one in cart.lines.all()] == [(mug, 1)]


@pytest.mark.django_db
def test_a_line_that_was_taken_out_in_another_tab_is_not_changed(world, alice, mug):
    line = world.cart_of(alice, mug).lines.select_related("variant").get()
    carts.remove(line=CartLine.objects.get(pk=line.pk), now=timezone.now())
    with pytest.raises(carts.CartMoved):
        carts.change_quantity(line=line, quantity=2, now=timezone.now())
