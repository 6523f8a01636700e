"""Whatever was bought, whatever has left, and whatever is asked for in whichever order: the books add up to the yen."""

from collections import Counter
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from orders.models import FulfillmentOrder, Order, Refund, RefundLine, TaxDocument
from orders.services import fulfilment, refunding, refunds
from orders.services.refunding import NotRefundable, Wish
from shop.models import Allocation, StockItem
from tests import builders
from tests.sizes import IS_FULL, IS_SAMPLE

EXAMPLES = 400 if IS_FULL else 12 if IS_SAMPLE else 40
STOCK = 100


@st.composite
def wishes(draw) -> tuple[str, list[int], set[int], bool, int]:
    """A kind, a quantity for each line (0: not chosen), the lines that come back, the shipping fee, and an amount."""
    kind = draw(st.sampled_from(Refund.Kind.values))
    quantities = draw(st.lists(st.integers(0, 3), min_size=4, max_size=4))
    back = draw(st.sets(st.integers(0, 3)))
    return kind, quantities, back, draw(st.booleans()), draw(st.integers(1, 4000))


def goods(price: int, category: str, at):
    return builders.variant(builders.product(tax_category=category), price=price, stock=STOCK, at=at)


@pytest.mark.django_db
@settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(st.data())
def test_no_yen_and_no_piece_is_lost_or_doubled(world, alice, sam, data):
    builders.shipping_rates(800)
    builders.video_handler()
    near, far = builders.warehouse(), builders.warehouse("naha", "那覇倉庫")
    prices = data.draw(
        st.tuples(st.integers(1, 3000), st.integers(1, 3000), st.integers(1, 3000), st.integers(50, 999))
    )
    things = [
        goods(prices[0], "standard", near),
        goods(prices[1], "reduced", near),
        goods(prices[2], "reduced", far),
        builders.rental(builders.title(), price=prices[3]),
    ]
    order = world.bought(alice, *things, quantity=data.draw(st.integers(1, 3)))
    sent = _send_some(world, order, data)
    for wish in data.draw(st.lists(wishes(), max_size=6)):
        _ask(world, order, sam, wish)
        if data.draw(st.booleans()):
            world.work(order)
            _come_back(world, order, data)
        _check(world, order, things, sent)
    world.work(order)
    _give_the_rest(world, order, sam)
    _check(world, order, things, sent)
    payment = world.payment_of(order)
    assert payment.refunded == payment.captured == order.total


def _send_some(world, order: Order, data) -> Counter:
    """Each warehouse sends nothing, a part, or all of it."""
    sent: Counter = Counter()
    for made in order.fulfillment_orders.all():
        parts = {str(row.order_line.reference): data.draw(st.integers(0, row.quantity)) for row in made.lines.all()}
        parts = {reference: quantity for reference, quantity in parts.items() if quantity}
        if parts:
            parcel = world.warehouse.ship(str(made.reference), parts)
            fulfilment.record_shipment(reference=str(made.reference), shipment=parcel, now=world.now)
            sent.update(parts)
    return sent


def _ask(world, order: Order, sam, wish) -> None:
    kind, quantities, back, with_shipping, amount = wish
    pks = list(order.lines.values_list("pk", flat=True))
    chosen = {pk: quantity for pk, quantity in zip(pks, quantities, strict=True) if quantity}
    restocked = frozenset(pks[number] for number in back)
    asked = Wish(Refund.Kind(kind), chosen, restocked, with_shipping, amount)
    try:
        refunding.ask(order=order, wish=asked, actor=sam, reason="asked", token=uuid4(), now=world.later(seconds=1))
    except NotRefundable as refusal:
        event(type(refusal).__name__)
    else:
        event(f"asked {kind}")


def _come_back(world, order: Order, data) -> None:
    """Sometimes the bank sends money back."""
    last = Refund.objects.filter(payment__order=order, state=Refund.State.SUCCEEDED).order_by("-pk").first()
    if last and data.draw(st.integers(0, 3)) == 0:
        world.payments.refund_fails_late(last.provider_ref)
        refunds.look_again(code="memory", ref=last.provider_ref, key=last.key, now=world.now)
        event("came back")


def _give_the_rest(world, order: Order, sam) -> None:
    if refunding.rest_of(order).total:
        wish = Wish(Refund.Kind.REST, with_shipping=True)
        refunding.ask(order=order, wish=wish, actor=sam, reason="the rest", token=uuid4(), now=world.later(seconds=1))
        world.work(order)


def _check(world, order: Order, things, sent: Counter) -> None:
    payment = world.payment_of(order)
    asked = list(Refund.objects.filter(payment=payment).standing())
    given = [one for one in asked if one.state == Refund.State.SUCCEEDED]
    assert sum(one.amount for one in asked) <= payment.captured
    assert sum(one.amount for one in given) == payment.refunded
    _check_documents(order, given)
    _check_lines(order, asked)
    _check_stock(order, things, sent)


def _check_documents(order: Order, given: list[Refund]) -> None:
    """The documents say, by rate, exactly what was given back: told here by the lines of the order."""
    by_rate: Counter = Counter()
    for row in RefundLine.objects.filter(refund__in=given).select_related("order_line"):
        by_rate[row.order_line.tax_rate] += row.amount
    by_rate[order.shipping_tax_rate] += sum(one.shipping for one in given)
    stated: Counter = Counter()
    for document in TaxDocument.objects.filter(refund__in=given):
        for one in document.summaries.all():
            stated[one.rate] += one.gross
        assert sum(row["amount"] for row in document.lines) == document.total == document.refund.amount
    assert +stated == +by_rate
    assert sum(stated.values()) == sum(one.amount for one in given)


def _check_lines(order: Order, asked: list[Refund]) -> None:
    for line in order.lines.all():
        rows = RefundLine.objects.filter(order_line=line, refund__in=asked)
        assert sum(row.quantity for row in rows) <= line.quantity
        assert sum(row.amount for row in rows) <= line.amount
    assert sum(one.shipping for one in asked) <= order.shipping_fee


def _check_stock(order: Order, things, sent: Counter) -> None:
    for line in order.lines.filter(variant__isnull=False).select_related("fulfillment_line__fulfillment_order"):
        item = StockItem.objects.get(variant=line.variant)
        rows = RefundLine.objects.filter(order_line=line, is_restocked=True).select_related("refund__run")
        returned = sum(row.quantity for row in rows if _is_restocked(row))
        left = sent[str(line.reference)]
        assert item.on_hand == STOCK - left + returned
        is_stopped = Allocation.objects.get(reference=line.reference).state == Allocation.State.CANCELLED
        assert item.committed == (0 if is_stopped else line.quantity - left)
        assert returned <= left
        if is_stopped:
            made = line.fulfillment_line.fulfillment_order
            assert (made.state, left) == (FulfillmentOrder.State.CANCELLED, 0)


def _is_restocked(row: RefundLine) -> bool:
    return row.refund.run.stages.filter(name="restock", state="succeeded").exists()
