"""The port to warehouse systems; a warehouse is addressed through the one the settings name."""

from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from orders.warehouses.base import WarehouseSystem

SYSTEMS = {"http": "orders.warehouses.http.HttpWarehouse", "memory": "orders.warehouses.memory.MemoryWarehouse"}


def warehouse_system() -> WarehouseSystem:
    return _made(settings.WAREHOUSE_SYSTEM)


@cache
def _made(code: str) -> WarehouseSystem:
    made: WarehouseSystem = import_string(SYSTEMS[code])()
    return made
