"""The outside world in memory: what surrounds the purchase is tested quickly and without a network."""

import pytest

from orders import backoffices, payments, warehouses
from orders.backoffices.memory import MemoryBackOffice
from orders.payments.memory import MemoryProvider
from orders.warehouses.memory import MemoryWarehouse
from scripts import catalogue, messages
from shop.models import Variant
from tests import builders
from tests.orders.world import World
from vod.models import Offer


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


@pytest.fixture
def in_english(settings) -> None:
    """Pages in English, so that a test reads as what a person sees."""
    settings.LANGUAGE_CODE = "en"


@pytest.fixture
def in_japanese(settings, tmp_path) -> None:
    """Pages in Japanese from the catalogue as it stands in the sources, compiled or not."""
    (tmp_path / "ja/LC_MESSAGES").mkdir(parents=True)
    catalogue.compile_to(tmp_path / "ja/LC_MESSAGES/django.mo", catalogue.read(messages.JAPANESE))
    settings.LOCALE_PATHS = [tmp_path]
    settings.LANGUAGE_CODE = "ja"


@pytest.fixture
def mug(db) -> Variant:
    """Goods that are sent for 800 yen anywhere."""
    builders.shipping_rates(800)
    builders.video_handler()
    return builders.variant(price=1980, stock=50)


@pytest.fixture
def film(db) -> Offer:
    """A film to rent."""
    builders.video_handler()
    return builders.rental(builders.title())
