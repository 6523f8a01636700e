"""The outside world in memory: what surrounds the purchase is tested quickly and without a network."""

from uuid import uuid4

import pytest

from orders import backoffices, payments, warehouses
from orders.backoffices.memory import MemoryBackOffice
from orders.models import Order, OrderLine, PipelineRun
from orders.payments.memory import MemoryProvider
from orders.pipeline.engine import graph
from orders.pipeline.engine.graph import Pipeline, Stage
from orders.pipeline.engine.start import start
from orders.warehouses.memory import MemoryWarehouse
from scripts import catalogue, messages
from shop.models import Variant
from tests import builders
from tests.orders.story import Log
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


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def order(alice) -> Order:
    made = Order.objects.create(checkout_key=uuid4(), user=alice, email=alice.email, subtotal=330, total=330)
    OrderLine.objects.create(
        order=made,
        offer=builders.rental(builders.title()),
        handler=builders.video_handler(),
        name="作品",
        unit_price=330,
        quantity=1,
        tax_rate=10,
    )
    return made


@pytest.fixture
def begin(order, log, monkeypatch):
    """Register a pipeline of these stages, start it, and return its run."""

    def register(*stages: Stage, **options) -> PipelineRun:
        monkeypatch.setattr(graph, "_registry", {})
        graph.register(
            Pipeline(
                "story",
                1,
                stages,
                finished=lambda order, now: log.ended.append("finished"),
                taken_back=lambda order, now, reason: log.ended.append(f"taken back: {reason}"),
                **options,
            )
        )
        return start("story", order=order, now=log.now)

    return register
