"""Rows that keep their promises: ledgers that cannot be changed, states that move by a table, locks that lock."""

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from config.lib.appendonly import Unchangeable
from config.lib.locks import lock, lock_one
from config.lib.states import IllegalMove
from shop.models import StockItem, StockMovement
from tests import builders
from vod.models import Asset

pytestmark = pytest.mark.django_db


@pytest.fixture
def movement():
    item = StockItem.objects.get(variant=builders.variant())
    return StockMovement.objects.create(key="k", stock_item=item, kind="adjusted", quantity=1)


def test_a_line_of_a_ledger_is_neither_changed_nor_deleted(movement):
    movement.quantity = 2
    for act in (movement.save, movement.delete, StockMovement.objects.all().delete):
        with pytest.raises(Unchangeable):
            act()
    with pytest.raises(Unchangeable):
        StockMovement.objects.update(quantity=3)
    movement.refresh_from_db()
    assert movement.quantity == 1


def test_a_state_moves_only_along_its_table():
    asset = Asset.objects.create(title=builders.title())
    with pytest.raises(IllegalMove, match="uploaded to ready"):
        asset.move_to(Asset.State.READY)
    asset.move_to(Asset.State.PROBING)
    asset.refresh_from_db()
    assert asset.state == Asset.State.PROBING


def test_locks_are_taken_in_the_order_of_keys_and_at_once():
    for _ in range(3):
        builders.variant()
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        rows = lock(StockItem.objects.order_by("-pk"))
    assert [row.pk for row in rows] == sorted(row.pk for row in rows)
    sql = queries.captured_queries[-1]["sql"]
    assert 'ORDER BY "shop_stockitem"."id" ASC' in sql
    assert connection.vendor != "postgresql" or "FOR NO KEY UPDATE OF" in sql


def test_a_lock_on_nothing_says_so():
    with transaction.atomic(), pytest.raises(ObjectDoesNotExist):
        lock_one(StockItem.objects.all(), pk=0)


@pytest.mark.django_db(transaction=True)
def test_a_lock_needs_a_transaction():
    with pytest.raises(transaction.TransactionManagementError):
        lock(StockItem.objects.all())
