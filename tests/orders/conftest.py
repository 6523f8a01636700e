"""The outside world in memory: what surrounds the purchase is tested quickly and without a network."""

import pytest

from orders import backoffices, payments, warehouses
from orders.backoffices.memory import MemoryBackOffice
from orders.payments.memory import MemoryProvider
from orders.warehouses.memory import MemoryWarehouse
from tests.orders.world import World


@pytest.fixture
def world(settings) -> World:
    """A payment provider, a warehouse and a back office that remember what they were asked for."""
    settings.PAYMENT_PROVIDER = settings.WAREHOUSE_SYSTEM = settings.BACKOFFICE = "memory"
    for made in (payments._made, warehouses._made, backoffices._made):
        made.cache_clear()
    provider, warehouse, backoffice = payments.provider(), warehouses.warehouse_system(), backoffices.backoffice()
    assert isinstance(provider, MemoryProvider)
    assert isinstance(warehouse, MemoryWarehouse)
    assert isinstance(backoffice, MemoryBackOffice)
    return World(provider, warehouse, backoffice)
