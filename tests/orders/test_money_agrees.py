"""One sum, wherever it is stated: page, charge, tax document, mail and paper, for carts of any kind."""

import random
import re

import pytest
from django.core.cache import cache
from django.db import transaction
from django.template.loader import render_to_string

from config.lib import tax
from orders import papers
from orders.models import Order, OrderLine, Payment, TaxDocument
from orders.order_page import order_page
from orders.payments.stripe import StripeProvider
from orders.services import documents, receipts
from shop.models import StockItem
from tests import builders
from tests.reading_pdf import text_of
from tests.sizes import IS_FULL

pytestmark = pytest.mark.django_db
CARTS = 10_000 if IS_FULL else 200
PRICES = (1, 9, 10, 11, 98, 105, 108, 330, 999, 1296, 1980, 12_345, 99_999)


@pytest.fixture
def things(world):
    """Goods and films of both rates, and postage."""
    builders.shipping_rates(770)
    builders.video_handler()
    goods = [
        builders.variant(builders.product(name=f"品{n}", tax_category=rate), price=1, stock=1)
        for n, rate in enumerate(("standard", "reduced") * 4)
    ]
    films = [builders.rental(builders.title(name=f"映画{n}"), price=50) for n in range(3)]
    StockItem.objects.update(on_hand=1_000_000)
    return goods, films


def _fill(chance: random.Random, things) -> list[tuple[object, int]]:
    """A cart at random: which things, how many of each, at which price."""
    goods, films = things
    chosen = chance.sample([*goods, *films], chance.randint(1, 8))
    for thing in chosen:
        price = chance.choice(PRICES) if chance.random() < 0.6 else chance.randint(1, 50_000)
        thing.price = price if thing in goods else max(50, price)  # no film costs less
        thing.save(update_fields=["price"])
    return [(thing, chance.randint(1, 9) if thing in goods else 1) for thing in chosen]


def _buy(world, alice, chosen) -> Order:
    cart = None
    for thing, quantity in chosen:
        cart = world.cart_of(alice, thing, quantity=quantity)
    order = world.press_button(alice, cart)
    order.paid_at, order.state = world.now, Order.State.PLACED
    order.save(update_fields=["paid_at", "state"])
    documents.issue_invoice(order, now=world.now)
    order.payments.update(state=Payment.State.SUCCEEDED, captured=order.total)
    return order


def _yen(text: str) -> int:
    return int(text.replace(",", ""))


def _of_page(alice, order: Order) -> int:
    page = order_page(alice, order.number)
    html = render_to_string("orders/order_details.html", {"page": page, "order": page.order})
    [total] = re.findall(r'id="order-sum".*?<dd class="totals-sum">([\d,]+)円', html, re.DOTALL)
    return _yen(total)


def _of_paper(text: str) -> tuple[int, dict[int, tuple[int, int]]]:
    """The total and for each rate the sum and the tax in it, as a reader finds them."""
    [(total, whole_tax)] = re.findall(r"^合計 ([\d,]+)円 ([\d,]+)円$", text, re.MULTILINE)
    rates = {
        int(rate): (_yen(gross), _yen(inside))
        for rate, gross, inside in re.findall(r"(\d+)%対象 ([\d,]+)円 ([\d,]+)円", text)
    }
    assert sum(inside for _, inside in rates.values()) == _yen(whole_tax)
    return _yen(total), rates


def _expected(order: Order) -> dict[int, int]:
    """The gross of each rate from the rows of the order, by another way than the engine's."""
    gross: dict[int, int] = {}
    for rate, price, quantity in OrderLine.objects.filter(order=order).values_list(
        "tax_rate", "unit_price", "quantity"
    ):
        gross[rate] = gross.get(rate, 0) + price * quantity
    if order.shipping_fee:
        gross[10] = gross.get(10, 0) + order.shipping_fee
    return gross


def _agrees(world, alice, chosen) -> None:
    order = _buy(world, alice, chosen)
    document = TaxDocument.objects.get(order=order)
    charged = StripeProvider.opening_request(StripeProvider.__new__(StripeProvider), order.payments.get())["amount"]
    assert order.total == charged == document.total == _of_page(alice, order)

    issue = receipts.issue(order, sequence=1, actor=alice, now=world.now, addressee="客", proviso="お品代")
    gross = _expected(order)
    for text in (text_of(papers.tax_document(document)), text_of(papers.receipt(issue))):
        total, rates = _of_paper(text)
        assert total == order.total
        assert f"{order.total:,}円" in text
        assert {rate: sums[0] for rate, sums in rates.items()} == gross
        assert sum(gross.values()) == total
        assert all(inside == whole * rate // (100 + rate) for rate, (whole, inside) in rates.items())
    assert [(one.rate, one.gross, one.tax) for one in tax.summarise((r, g) for r, g in gross.items())] == [
        (one.rate, one.gross, one.tax) for one in document.summaries.all()
    ]


def test_page_charge_document_and_paper_state_one_sum(world, alice, things, settings, in_japanese):
    """Carts at random, each bought and undone again, so that every one begins with nothing."""
    chance = random.Random(20261124)
    for _ in range(CARTS):
        settings.FREE_SHIPPING_FROM = chance.choice((0, 5_000, 10_000_000))
        chosen = _fill(chance, things)
        cache.clear()
        with transaction.atomic():
            _agrees(world, alice, chosen)
            transaction.set_rollback(True)


def test_a_sum_that_is_a_yen_off_would_be_seen(world, alice, things, in_japanese, monkeypatch):
    """The control: tax taken line by line, as shops did, does not pass."""
    goods, _ = things
    for thing in goods[:3]:
        thing.price = 105
        thing.save(update_fields=["price"])
    engine = tax.summarise

    def by_line(amounts):
        amounts = list(amounts)
        each = [one for pair in amounts for one in engine([pair])]
        return [
            tax.RateSummary(one.rate, one.gross, sum(part.tax for part in each if part.rate == one.rate))
            for one in engine(amounts)
        ]

    monkeypatch.setattr(documents.tax, "summarise", by_line)
    with pytest.raises(AssertionError):
        _agrees(world, alice, [(goods[0], 1), (goods[2], 1), (goods[4], 1)])
