"""Two of the staff give the rest back at the same moment: on PostgreSQL, with real threads."""

import threading
from uuid import uuid4

import pytest
from django.db import connection, connections

from orders.models import Refund
from orders.services import refunding
from orders.services.refunding import NothingLeft, Wish
from tests import builders

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
TIMES = 6
ALL = Wish(Refund.Kind.REST, with_shipping=True)


@pytest.fixture
def two() -> list:
    if connection.vendor != "postgresql":
        pytest.skip("threads prove something only on PostgreSQL")
    return [builders.member(f"{name}@example.com", is_staff=True) for name in ("sam", "support")]


def both(act, staff) -> list[str]:
    """Do `act` for both, beginning together; what became of each."""
    gate, told = threading.Barrier(2), []

    def run(one) -> None:
        gate.wait()
        try:
            act(one)
            told.append("given back")
        except NothingLeft:
            told.append("nothing left")
        except BaseException as error:
            told.append(repr(error))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(one,)) for one in staff]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(told)


def test_of_two_who_give_the_rest_back_at_once_one_does(world, two, alice, film):
    for number in range(TIMES):
        order = world.bought(alice, film)
        told = both(lambda clerk, order=order: press(world, order, clerk, uuid4()), two)
        assert told == ["given back", "nothing left"], number
        world.work(order)
        assert Refund.objects.filter(payment__order=order).count() == 1
        assert world.payment_of(order).refunded == order.total
    assert sum(one["amount"] for one in world.payments.refunds) == TIMES * 330


def test_one_form_that_arrives_twice_at_once_is_one_refund(world, two, alice, film):
    order, token = world.bought(alice, film), uuid4()
    assert both(lambda clerk: press(world, order, clerk, token), two) == ["given back"] * 2
    assert Refund.objects.filter(payment__order=order).count() == 1


def press(world, order, clerk, token) -> None:
    refunding.ask(order=order, wish=ALL, actor=clerk, reason="closed", token=token, now=world.now)
