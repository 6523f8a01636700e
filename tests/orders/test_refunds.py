"""Money given back that comes back: the provider says so days later, by an event."""

from uuid import uuid4

import pytest
from django.urls import reverse

from orders.models import OrderEvent, Payment, ProviderEvent, Refund
from orders.services import inbox, refunding, refunds
from orders.services.refunding import Wish
from shop.models import StockItem, StockReservation
from tests.orders.reading import words

pytestmark = pytest.mark.django_db


@pytest.fixture
def given_back(world, alice, mug) -> Refund:
    """An order that could not be fulfilled, so that its money was given back."""
    order = world.order(alice, mug, quantity=5)
    StockReservation.objects.update(state=StockReservation.State.EXPIRED)
    StockItem.objects.update(reserved=0, on_hand=1)
    world.pay(order)
    world.work(order)
    return Refund.objects.select_related("payment__order").get()


def told(
    world, refund: Refund, *, kind: str = "refund.failed", event_id: str = "evt_1", ref: str = ""
) -> ProviderEvent:
    subject = {
        "object": "refund",
        "id": ref or refund.provider_ref,
        "metadata": {"key": refund.key},
        "status": "failed",
    }
    payload = {"data": {"object": subject}}
    event, _ = inbox.store(source="memory", event_id=event_id, kind=kind, payload=payload, now=world.now)
    inbox.process(event.pk, now=world.now)
    event.refresh_from_db()
    return event


def test_a_refund_that_fails_late_is_owed_again(world, given_back):
    order = given_back.payment.order
    world.payments.refund_fails_late(given_back.provider_ref, "expired_or_canceled_card")
    for number, kind in enumerate(("refund.updated", "refund.failed", "charge.refund.updated")):
        assert told(world, given_back, kind=kind, event_id=f"evt_{number}").processed_at
    given_back.refresh_from_db()
    assert (given_back.state, given_back.failure) == (Refund.State.FAILED, "expired_or_canceled_card")
    assert world.payment_of(order).refunded == 0
    assert OrderEvent.objects.get(order=order, kind="orders.refund.failed").data["amount"] == order.total


def test_what_an_event_says_is_not_believed(world, given_back):
    told(world, given_back)  # the provider itself says that it arrived
    given_back.refresh_from_db()
    assert given_back.state == Refund.State.SUCCEEDED
    assert world.payment_of(given_back.payment.order).refunded == given_back.amount


def test_a_failure_that_comes_before_the_success_was_written_is_looked_at_again(world, given_back):
    Payment.objects.update(refunded=0)
    ref = given_back.provider_ref
    Refund.objects.update(state=Refund.State.REQUESTED, provider_ref=None)
    world.payments.refund_fails_late(ref)
    event = told(world, given_back, ref=ref)
    assert event.processed_at is None
    refunds.note_succeeded(pk=given_back.pk, ref=ref, now=world.now)
    inbox.process(event.pk, now=world.now)
    given_back.refresh_from_db()
    assert given_back.state == Refund.State.FAILED
    assert Payment.objects.get().refunded == 0


def test_a_refund_that_is_not_ours_changes_nothing(world, given_back):
    given_back.key = "of-somebody-else"
    assert told(world, given_back, ref="re_made_by_hand").processed_at
    assert Refund.objects.get().state == Refund.State.SUCCEEDED


def test_staff_find_what_failed_on_their_first_page(client, sam, world, given_back, in_english):
    client.force_login(sam)
    world.payments.refund_fails_late(given_back.provider_ref)
    told(world, given_back)
    assert "Refunds that failed" in words(client.get(reverse("admin:index")))
    listed = words(client.get(reverse("admin:orders_refund_changelist"), {"state__exact": "failed"}))
    assert "expired_or_canceled_card" in listed
    order = words(client.get(reverse("admin:orders_order_change", args=[given_back.payment.order_id])))
    assert "The refund failed" in order


def test_what_failed_after_the_purchase_was_taken_back_is_given_back_anew(world, sam, given_back):
    order = given_back.payment.order
    world.payments.refund_fails_late(given_back.provider_ref)
    told(world, given_back)
    wish = Wish(Refund.Kind.REST, with_shipping=True)
    anew = refunding.ask(order=order, wish=wish, actor=sam, reason="a new card", token=uuid4(), now=world.now)
    world.work(order)
    anew.refresh_from_db()
    assert (anew.state, anew.amount) == (Refund.State.SUCCEEDED, order.total)
    assert world.payment_of(order).refunded == order.total
    assert not anew.lines.filter(is_recalled=True).exists()
