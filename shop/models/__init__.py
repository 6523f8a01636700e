"""Everything the shop keeps: goods, their stock in each warehouse, and what it costs to send them."""

from shop.models.catalogue import Category, Option, Product, ProductImage, TemperatureClass, Variant
from shop.models.shipping import ShippingRate
from shop.models.stock import Allocation, StockItem, StockMovement, StockReservation, Warehouse

__all__ = [
    "Allocation",
    "Category",
    "Option",
    "Product",
    "ProductImage",
    "ShippingRate",
    "StockItem",
    "StockMovement",
    "StockReservation",
    "TemperatureClass",
    "Variant",
    "Warehouse",
]
