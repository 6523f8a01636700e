"""Many at once: who has to wait for a row waits, and is not sent away with an error."""

import threading
import time

import pytest
from django.db import connection, connections, transaction

from orders.models import Order
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
