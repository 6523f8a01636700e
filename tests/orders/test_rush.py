"""Two hundred buyers at once, fifty pieces: on PostgreSQL, with real threads, through the whole purchase."""

import threading

import pytest
from django.db import connection, connections
from django.utils import timezone

from orders import payments as ports
from orders.models import Order, Payment, StageRun
from orders.pipeline.engine.execute import advance
from orders.services import payments
from shop.models import Allocation, StockItem, StockReservation
from shop.services.stock import StockShort
from tests import builders

BUYERS, STOCK, THREADS = 200, 50, 20

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def mug():
    if connection.vendor != "postgresql":
        pytest.skip("threads prove something only on PostgreSQL")
    builders.shipping_rates()
    builders.video_handler()
    return builders.variant(stock=STOCK)


def in_threads(act, things) -> None:
    """Do `act` with every thing, all threads beginning together."""
    gate = threading.Barrier(THREADS)
    failures: list[BaseException] = []

    def run(share) -> None:
        gate.wait()
        try:
            for thing in share:
                act(thing)
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(things[n::THREADS],)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures


def test_fifty_are_sold_and_a_hundred_and_fifty_are_told_so(world, mug):
    buyers = [builders.member(f"buyer{number}@example.com") for number in range(BUYERS)]
    carts = {buyer.pk: world.cart_of(buyer, mug) for buyer in buyers}
    told = []

    def buy(buyer) -> None:
        try:
            order = world.press_button(buyer, carts[buyer.pk])
        except StockShort:
            told.append(buyer)
            return
        payments.look_again(order, now=timezone.now())
        ports.provider().buyer_pays(world.payment_of(order))
        payments.look_again(order, now=timezone.now())
        advance(order.runs.get().pk)

    in_threads(buy, buyers)
    assert len(told) == BUYERS - STOCK
    assert Order.objects.filter(paid_at__isnull=False).count() == STOCK
    assert Payment.objects.filter(state=Payment.State.SUCCEEDED).count() == STOCK
    assert not StockReservation.objects.holding().exists()
    assert Allocation.objects.count() == STOCK
    item = StockItem.objects.get(variant=mug)
    assert (item.on_hand, item.committed, item.reserved) == (STOCK, STOCK, 0)
    assert not StageRun.objects.filter(state=StageRun.State.PARKED).exists()


def test_twenty_presses_of_one_button_make_one_order(world, alice, mug):
    cart = world.cart_of(alice, mug)
    made = []
    in_threads(lambda _: made.append(world.press_button(alice, cart).pk), list(range(THREADS)))
    assert len(set(made)) == 1
    assert Order.objects.count() == 1
    assert StockReservation.objects.count() == 1


def test_twenty_workers_on_one_run_do_each_stage_once(world, alice, mug):
    order = world.order(alice, mug)
    payments.look_again(order, now=timezone.now())
    ports.provider().buyer_pays(world.payment_of(order))
    payments.look_again(order, now=timezone.now())
    run = order.runs.get()
    in_threads(lambda _: advance(run.pk), list(range(THREADS)))
    advance(run.pk)
    assert len(world.warehouse.instructions) == 1
    assert len(world.mails) == 1
    attempts = [stage.tries.filter(outcome="succeeded").count() for stage in run.stages.filter(state="succeeded")]
    assert set(attempts) == {1}
