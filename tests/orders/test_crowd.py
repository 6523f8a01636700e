"""Many at once: who has to wait for a row waits, and is not sent away with an error."""

import threading
import time

import pytest
from django.db import connection, connections, transaction

from config.lib.locks import lock
from orders.models import Cart, Order
from orders.services import carts
from shop.models import StockItem


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_buyer_who_waits_long_for_the_stock_of_a_sought_after_thing_gets_the_order(world, alice, mug):
    if connection.vendor != "postgresql":
        pytest.skip("row locks exist only on PostgreSQL")
    cart = world.cart_of(alice, mug)
    held, done = threading.Event(), threading.Event()

    def others_before() -> None:
        with transaction.atomic():
            StockItem.objects.filter(variant=mug).update(damaged=0)
            held.set()
            done.wait(timeout=3.5)  # longer than one lock is waited for
        connections.close_all()

    crowd = threading.Thread(target=others_before)
    crowd.start()
    held.wait()
    began = time.monotonic()
    order = world.press_button(alice, cart)
    assert time.monotonic() - began > 3
    crowd.join()
    assert Order.objects.get() == order
    assert StockItem.objects.get(variant=mug).reserved == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("whose", ["member", "guest"])
def test_a_cart_that_ends_while_another_is_merged_into_it_loses_no_line(world, alice, mug, film, whose):
    """The member orders in one browser, or has signed in there with the same guest's cart, while signing in here."""
    if connection.vendor != "postgresql":
        pytest.skip("row locks exist only on PostgreSQL")
    member_cart = world.cart_of(alice, film)
    guest_cart = carts.open_cart(user=None, token=None, now=world.now)
    carts.add_variant(cart=guest_cart, variant=mug, quantity=2, now=world.now)

    def sign_in() -> None:
        carts.merge(guest_token=guest_cart.token, user=alice, now=world.now)
        connections.close_all()

    merging = threading.Thread(target=sign_in)
    with transaction.atomic():
        for cart in lock(Cart.objects.all()):
            if whose == "member" and cart == member_cart:
                Cart.objects.filter(pk=cart.pk).update(state=Cart.State.ORDERED)
            if whose == "guest" and cart == guest_cart:
                carts.merge(guest_token=cart.token, user=alice, now=world.now)
        merging.start()
        merging.join(timeout=1)
    merging.join()
    now_open = carts.find_cart(user=alice, token=None)
    assert list(now_open.lines.filter(variant=mug).values_list("quantity", flat=True)) == [2]
