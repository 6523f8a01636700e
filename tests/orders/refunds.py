"""What the tests of refunds share: goods, wishes, asking for them, and a warehouse that sends."""

from uuid import UUID, uuid4

import pytest

from orders.models import Refund, StageRun
from orders.services import refunding
from orders.services.refunding import (
    Wish,
)
from shop.models import Variant
from tests import builders

Kind = Refund.Kind
State = StageRun.State


@pytest.fixture
def tea(mug):
    """Goods of the reduced rate, at the warehouse of the mug."""
    return builders.variant(builders.product(name="お茶", tax_category="reduced"), price=1080, stock=20)


def line_of(order, thing):
    kind = "variant_id" if isinstance(thing, Variant) else "offer_id"
    return next(line for line in order.lines.all() if getattr(line, kind) == thing.pk)


def lines(order, *wanted: tuple, shipping: bool = False, restocked: tuple = ()) -> Wish:
    quantities = {line_of(order, thing).pk: quantity for thing, quantity in wanted}
    back = frozenset(line_of(order, thing).pk for thing in restocked)
    return Wish(Kind.LINES, quantities, back, shipping)


ALL = Wish(Kind.REST, with_shipping=True)


def off(amount: int, *, shipping: bool = False) -> Wish:
    return Wish(Kind.AMOUNT, amount=amount, with_shipping=shipping)


@pytest.fixture
def ask(world, sam):
    def asked(order, wish, *, reason="the parcel was damaged", token: UUID | None = None) -> Refund:
        return refunding.ask(
            order=order, wish=wish, actor=sam, reason=reason, token=token or uuid4(), now=world.later(seconds=1)
        )

    return asked


@pytest.fixture
def send(world):
    """The warehouse sends what it was told to, or a part of it, and reports it."""

    def sent(order, *, quantity: int | None = None) -> None:
        for made in order.fulfillment_orders.filter(state__in=("accepted", "partially_shipped")):
            rows = {str(one.order_line.reference): quantity or one.quantity for one in made.lines.all()}
            world.warehouse.ship(str(made.reference), rows)
        for stage in StageRun.objects.filter(run__order=order, name__in=("await_shipment", "mail_shipped")):
            StageRun.objects.filter(pk=stage.pk, state=State.WAITING).update(state=State.READY, available_at=world.now)
        world.work(order)
        order.refresh_from_db()

    return sent


def given_back(world) -> list[int]:
    return [one["amount"] for one in world.payments.refunds]
