"""Stock cannot be oversold, and every counter can be explained by its ledger."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, connections
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shop.models import Allocation, StockItem, StockMovement, StockReservation
from shop.services import stock
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture
def mug():
    return builders.variant(stock=10)


def wanted(variant, quantity, reference=None):
    return stock.Wanted(reference or uuid4(), variant.pk, quantity)


def hold(variant, quantity, *, now=None, minutes=30):
    now = now or timezone.now()
    (held,) = stock.reserve(wanted=[wanted(variant, quantity)], now=now, until=now + timedelta(minutes=minutes))
    return held


def counters(variant):
    item = StockItem.objects.get(variant=variant)
    return item.on_hand, item.committed, item.reserved


def test_a_hold_takes_what_is_there_and_no_more(mug):
    hold(mug, 10)
    with pytest.raises(stock.StockShort) as short:
        hold(mug, 1)
    assert (short.value.wanted, short.value.available) == (1, 0)
    assert counters(mug) == (10, 0, 10)


def test_two_lines_of_one_variant_are_counted_together(mug):
    now = timezone.now()
    lines = [wanted(mug, 6), wanted(mug, 5)]
    with pytest.raises(stock.StockShort):
        stock.reserve(wanted=lines, now=now, until=now + timedelta(minutes=5))
    assert not StockReservation.objects.exists()


def test_all_is_held_or_nothing(mug):
    now, other = timezone.now(), builders.variant(stock=1)
    with pytest.raises(stock.StockShort):
        stock.reserve(wanted=[wanted(mug, 3), wanted(other, 2)], now=now, until=now + timedelta(minutes=5))
    assert counters(mug) == (10, 0, 0)


def test_a_hold_is_over_when_its_time_has_passed_though_nothing_tidied_it(mug):
    now = timezone.now()
    hold(mug, 10, now=now, minutes=30)
    later = now + timedelta(minutes=30)
    assert hold(mug, 4, now=later).quantity == 4
    assert counters(mug) == (10, 0, 4)
    assert set(StockReservation.objects.values_list("state", flat=True)) == {"held", "expired"}


def test_a_hold_that_lapsed_but_was_not_needed_can_still_be_paid(mug):
    now = timezone.now()
    held = hold(mug, 10, now=now)
    stock.commit(wanted=[wanted(mug, 10, held.reference)], now=now + timedelta(hours=2))
    assert counters(mug) == (10, 10, 0)


def test_a_hold_whose_stock_went_to_somebody_else_is_short(mug):
    now = timezone.now()
    held = hold(mug, 10, now=now)
    hold(mug, 10, now=now + timedelta(hours=1))
    with pytest.raises(stock.StockShort):
        stock.commit(wanted=[wanted(mug, 10, held.reference)], now=now + timedelta(hours=1))


def test_a_hold_that_lapsed_is_taken_anew_from_its_own_warehouse_alone(mug):
    """The order line went to the handler of that warehouse; another's goods would never be sent."""
    held = hold(mug, 4, minutes=-1)
    stock.tidy(now=timezone.now())
    elsewhere = builders.warehouse("otaru", "小樽倉庫")
    StockItem.objects.create(warehouse=elsewhere, variant=mug, on_hand=9)
    StockItem.objects.filter(pk=held.stock_item_id).update(on_hand=3)
    with pytest.raises(stock.StockShort) as short:
        stock.commit(wanted=[wanted(mug, 4, held.reference)], now=timezone.now())
    assert short.value.available == 3
    assert not StockItem.objects.filter(committed__gt=0).exists()


def test_what_is_left_is_what_one_warehouse_could_send(mug):
    StockItem.objects.create(warehouse=builders.warehouse("otaru", "小樽倉庫"), variant=mug, on_hand=9)
    with pytest.raises(stock.StockShort) as short:
        hold(mug, 11)
    assert short.value.available == 10


def test_committing_twice_commits_once(mug):
    held = hold(mug, 3)
    for _ in range(2):
        stock.commit(wanted=[wanted(mug, 3, held.reference)], now=timezone.now())
    assert counters(mug) == (10, 3, 0)
    assert Allocation.objects.count() == 1


def test_what_is_shipped_leaves_the_shelf_once(mug):
    held = hold(mug, 3)
    stock.commit(wanted=[wanted(mug, 3, held.reference)], now=timezone.now())
    for _ in range(2):
        stock.ship(reference=held.reference, quantity=2, key="parcel-1", now=timezone.now())
    assert counters(mug) == (8, 1, 0)
    stock.ship(reference=held.reference, quantity=1, key="parcel-2", now=timezone.now())
    assert counters(mug) == (7, 0, 0)
    assert Allocation.objects.get().state == Allocation.State.SHIPPED


def test_what_is_taken_back_can_be_sold_again(mug):
    held = hold(mug, 10)
    stock.commit(wanted=[wanted(mug, 10, held.reference)], now=timezone.now())
    stock.uncommit(references=[held.reference], now=timezone.now())
    stock.uncommit(references=[held.reference], now=timezone.now())
    assert counters(mug) == (10, 0, 0)
    hold(mug, 10)


def test_the_second_warehouse_serves_when_the_first_has_too_little(mug):
    second = builders.warehouse("tomakomai", "苫小牧センター")
    StockItem.objects.create(warehouse=second, variant=mug, on_hand=20)
    assert hold(mug, 15).stock_item.warehouse == second


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.sampled_from("hrcxs"), st.integers(1, 6)), max_size=25))
def test_whatever_happens_the_counters_are_what_the_rows_say(steps):
    variant = builders.variant(stock=12)
    now, held, committed = timezone.now(), [], []
    for act, number in steps:
        now += timedelta(minutes=number)
        try:
            if act == "h":
                held.append((hold(variant, number, now=now, minutes=10), number))
            elif act == "r" and held:
                stock.release(references=[held.pop()[0].reference], now=now)
            elif act == "c" and held:
                one, quantity = held.pop()
                stock.commit(wanted=[wanted(variant, quantity, one.reference)], now=now)
                committed.append(one)
            elif act == "x":
                stock.tidy(now=now)
            elif act == "s" and committed:
                one = committed.pop()
                stock.ship(reference=one.reference, quantity=one.quantity, key=str(one.reference), now=now)
        except stock.StockShort:
            continue
    item = StockItem.objects.get(variant=variant)
    open_ones = Allocation.objects.filter(stock_item=item, state="open")
    shipped = StockMovement.objects.filter(stock_item=item, kind="shipped")
    assert item.reserved == stock.held_quantity(variant.pk)
    assert item.committed == sum(one.quantity for one in open_ones)
    assert item.on_hand == 12 + sum(move.quantity for move in shipped)
    assert item.committed + item.reserved <= item.on_hand


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_two_hundred_buyers_fifty_get_one_and_the_others_are_told():
    if connection.vendor != "postgresql":
        pytest.skip("threads prove something only on PostgreSQL")
    variant = builders.variant(stock=50)
    sold, told = [], []
    gate = threading.Barrier(20)

    def buyers(count: int) -> None:
        gate.wait()
        for _ in range(count):
            reference, now = uuid4(), timezone.now()
            try:
                stock.reserve(wanted=[wanted(variant, 1, reference)], now=now, until=now + timedelta(minutes=5))
                stock.commit(wanted=[wanted(variant, 1, reference)], now=now)
                sold.append(reference)
            except stock.StockShort:
                told.append(reference)
        connections.close_all()

    threads = [threading.Thread(target=buyers, args=(10,)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(sold), len(told)) == (50, 150)
    assert counters(variant) == (50, 50, 0)
    assert not StockReservation.objects.holding().exists()
