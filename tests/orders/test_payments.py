"""One payment at a time: what is open at the provider stays ours until the provider says that it is over."""

from dataclasses import replace

import pytest

from orders.models import Order, StageRun
from orders.payments.base import Standing
from orders.pipeline.engine.errors import Transient
from orders.services import payments
from tests import builders
from vod.models import Entitlement

pytestmark = pytest.mark.django_db
BACK = "http://testserver/back"


@pytest.fixture
def order(world, alice) -> Order:
    """An order whose payment form has been shown."""
    builders.video_handler()
    made = world.order(alice, builders.rental(builders.title()))
    world.work(made, only="charge")
    return made


def stands(world, payment, standing: Standing, **changes) -> None:
    known = world.payments.payments[payment.provider_ref]
    world.payments.payments[payment.provider_ref] = replace(known, standing=standing, **changes)


def cannot_be_cancelled(world, monkeypatch) -> None:
    monkeypatch.setattr(world.payments, "cancel", world.payments.status)


def test_a_payment_under_way_is_not_replaced_by_a_second_one(world, order, monkeypatch):
    first = world.payment_of(order)
    stands(world, first, Standing.PROCESSING)
    cannot_be_cancelled(world, monkeypatch)  # as the provider refuses it for a payment it is working on

    kept = payments.switch_method(order, method="hosted", return_url=BACK, now=world.now)

    assert kept == first
    assert [payment.state for payment in order.payments.all()] == ["pending"]
    world.payments.buyer_pays(first)
    payments.look_again(order, now=world.now)
    world.work(order)
    order.refresh_from_db()
    assert order.is_paid


def test_a_payment_opened_while_the_way_is_changed_is_not_forgotten(world, order, monkeypatch):
    """The attempt was still being opened when the buyer chose; by the time of the lock it can be paid."""
    first = world.payment_of(order)
    order.payments.update(state="created", provider_ref=None)
    known = payments.current_payment

    def opened_meanwhile(of):
        monkeypatch.setattr(payments, "current_payment", known)
        seen = known(of)
        order.payments.filter(pk=first.pk).update(state="pending", provider_ref=first.provider_ref)
        return seen

    monkeypatch.setattr(payments, "current_payment", opened_meanwhile)
    kept = payments.switch_method(order, method="hosted", return_url=BACK, now=world.now)

    assert kept == first
    assert order.payments.live().get() == first


def test_an_attempt_given_up_while_it_was_opened_is_never_asked_for(world, alice, monkeypatch):
    builders.video_handler()
    order = world.order(alice, builders.rental(builders.title()))
    opening = world.payments.open

    def chosen_otherwise_meanwhile(request, key):
        answer = opening(request, key)
        monkeypatch.setattr(world.payments, "open", opening)
        payments.switch_method(order, method="hosted", return_url=BACK, now=world.now)
        return answer

    monkeypatch.setattr(world.payments, "open", chosen_otherwise_meanwhile)
    payments.look_again(order, now=world.now)
    world.work(order, only="charge")

    first, second = order.payments.order_by("generation")
    assert (first.state, first.provider_ref) == ("cancelled", None)
    assert (second.state, second.method) == ("pending", "hosted")
    outcomes = set(world.stage(order, "charge").tries.values_list("outcome", flat=True))
    assert outcomes == {"waited"}


def test_an_order_does_not_lapse_while_its_payment_is_open_at_the_provider(world, order, monkeypatch):
    with monkeypatch.context() as busy:
        cannot_be_cancelled(world, busy)
        world.later(minutes=31)
        world.work(order)
    assert world.stage(order, "charge").state == StageRun.State.WAITING
    world.payments.buyer_pays(world.payment_of(order))
    payments.look_again(order, now=world.later(minutes=2))
    world.work(order)
    order.refresh_from_db()
    assert order.is_paid


def test_an_outage_of_the_provider_while_the_buyer_pays_needs_no_person(world, order, alice, monkeypatch):
    def away(payment):
        raise Transient("The provider did not answer")

    with monkeypatch.context() as outage:
        outage.setattr(world.payments, "status", away)
        for _ in range(25):
            world.later(minutes=1)
            world.work(order)
    world.payments.buyer_pays(world.payment_of(order))
    world.later(minutes=2)
    world.work(order)
    assert Entitlement.objects.live_at(world.now).visible_to(alice).exists()
