"""What the run of a refund does, also beside the taking back of a whole purchase."""

import pytest
from django.core import mail

from orders.models import FulfillmentOrder, Order, PipelineRun, Refund, StageRun
from orders.pipeline.engine import operate
from orders.pipeline.engine.errors import Refused
from orders.pipeline.engine.operate import NotPossible
from orders.services import cancelling, refunds
from shop.models import Allocation, StockItem
from tests.orders.refunds import ALL, ask, given_back, line_of, lines, off, send, tea
from vod.models import Entitlement

__all__ = ["ask", "send", "tea"]
pytestmark = pytest.mark.django_db
Kind = Refund.Kind
State = StageRun.State


def test_a_refunded_film_is_over_and_a_document_and_a_mail_tell_of_its_money(world, alice, film, mug, ask, send):
    order = world.bought(alice, film, mug)
    send(order)
    mail.outbox.clear()
    refund = ask(order, lines(order, (film, 1)))
    world.work(order)
    refund.refresh_from_db()
    assert (refund.state, refund.run.state) == (Refund.State.SUCCEEDED, PipelineRun.State.SUCCEEDED)
    assert given_back(world) == [330]
    assert Entitlement.objects.get(reference=line_of(order, film).reference).revoked_at
    document = refund.tax_documents.get()
    assert (document.number, document.total) == (f"{order.number}-2", 330)
    assert [(one.rate, one.gross, one.tax) for one in document.summaries.all()] == [(10, 330, 30)]
    [sent] = mail.outbox
    assert "330" in sent.subject
    assert document.number in sent.body
    assert world.payment_of(order).refunded == 330
    order.refresh_from_db()
    assert order.state == Order.State.COMPLETED


def test_each_refund_has_a_document_of_its_own(world, alice, mug, tea, ask, send):
    order = world.bought(alice, mug, tea)
    send(order)
    for wish in (lines(order, (tea, 1)), off(100, shipping=True), ALL):
        ask(order, wish)
    world.work(order)
    numbers = list(order.tax_documents.order_by("pk").values_list("number", flat=True))
    assert numbers == [f"{order.number}-{n}" for n in (1, 2, 3, 4)]
    sums = {8: 0, 10: 0}
    for document in order.tax_documents.filter(kind="correction"):
        for one in document.summaries.all():
            sums[one.rate] += one.gross
        assert sum(row["amount"] for row in document.lines) == document.total
        assert all(row["unit_price"] * row["quantity"] == row["amount"] for row in document.lines)
    assert sums == {8: 1080, 10: 2780}
    assert world.payment_of(order).refunded == order.total


def test_goods_that_have_not_left_are_stopped_and_the_purchase_waits_for_them_no_more(world, alice, mug, ask):
    order = world.bought(alice, mug, quantity=2)
    before = StockItem.objects.get(variant=mug)
    assert world.stage(order, "await_shipment").state == State.WAITING
    ask(order, ALL)
    world.work(order)
    [made] = order.fulfillment_orders.all()
    assert world.warehouse.stopped == [str(made.reference)]
    assert made.state == FulfillmentOrder.State.CANCELLED
    item = StockItem.objects.get(variant=mug)
    assert (item.on_hand, item.committed) == (before.on_hand, before.committed - 2)
    assert Allocation.objects.get().state == Allocation.State.CANCELLED
    assert {run.pipeline: run.state for run in order.runs.all()} == {"purchase": "succeeded", "refund": "succeeded"}
    order.refresh_from_db()
    assert (order.state, order.fulfillment_state) == (Order.State.COMPLETED, Order.FulfillmentState.NONE_REQUIRED)


def test_goods_that_came_back_are_on_the_shelf_once(world, alice, mug, ask, send):
    order = world.bought(alice, mug, quantity=3)
    send(order)
    assert StockItem.objects.get(variant=mug).on_hand == 47
    ask(order, lines(order, (mug, 1)))
    ask(order, lines(order, (mug, 2), restocked=(mug,)))
    world.work(order)
    assert StockItem.objects.get(variant=mug).on_hand == 49


@pytest.fixture
def gone(world, alice, film, mug, ask):
    """A refund of goods that left just before the warehouse could stop them."""
    order = world.bought(alice, mug, film)
    refund = ask(order, ALL)
    made = order.fulfillment_orders.get()
    world.warehouse.ship(str(made.reference), {str(made.lines.get().order_line.reference): 1})
    world.work(order)
    return refund


def test_goods_that_left_meanwhile_stop_the_refund_at_a_person(world, gone):
    order = gone.payment.order
    assert (world.stage(order, "recall").state, world.stage(order, "recall").owner) == (State.PARKED, "warehouse")
    assert world.stage(order, "await_shipment").state == State.SUCCEEDED  # the parcel was asked for at once
    assert given_back(world) == []


def test_a_person_may_let_the_refund_of_goods_that_left_go_on(world, gone, mug, sam):
    order = gone.payment.order
    operate.skip(stage=world.stage(order, "recall"), actor=sam, reason="The buyer sends it back", now=world.now)
    world.work(order)
    gone.refresh_from_db()
    assert gone.state == Refund.State.SUCCEEDED
    assert StockItem.objects.get(variant=mug).on_hand == 49  # they have left, and nobody has seen them return


def test_a_person_may_give_the_refund_up_which_frees_its_sum(world, gone, film, sam, ask):
    order = gone.payment.order
    cancelling.take_back(gone.run, sam, "Asked for again when it is back", world.now)
    world.work(order)
    gone.refresh_from_db()
    assert gone.state == Refund.State.GIVEN_UP
    assert not Entitlement.objects.get().revoked_at
    assert ask(order, ALL).amount == order.total


def test_a_refund_that_the_provider_refused_may_be_given_up_and_the_film_can_be_watched_again(
    world, alice, film, sam, ask, monkeypatch
):
    order = world.bought(alice, film)
    refund = ask(order, ALL)
    with monkeypatch.context() as patch:
        patch.setattr(world.payments, "refund", _refuse)
        world.work(order)
    assert world.stage(order, "refund").state == State.PARKED
    assert Entitlement.objects.get().revoked_at
    cancelling.take_back(refund.run, sam, "Paid by bank transfer", world.now)
    world.work(order)
    refund.refresh_from_db()
    assert refund.state == Refund.State.GIVEN_UP
    assert not Entitlement.objects.get().revoked_at


def _refuse(request, key):
    raise Refused("balance too low")


def test_a_refund_that_was_given_is_not_taken_back(world, alice, film, sam, ask):
    order = world.bought(alice, film)
    world.payments.refunds_take_days = True
    refund = ask(order, ALL)
    world.work(order)
    with pytest.raises(NotPossible):
        cancelling.take_back(refund.run, sam, "A mistake", world.now)


def test_what_the_provider_has_only_taken_on_is_not_given_back_yet(world, alice, film, ask):
    order = world.bought(alice, film)
    mail.outbox.clear()
    world.payments.refunds_take_days = True
    refund = ask(order, ALL)
    world.work(order)
    refund.refresh_from_db()
    assert (refund.state, refund.is_pending) == (Refund.State.REQUESTED, True)
    assert world.payment_of(order).refunded == 0
    assert world.stage(order, "await_refund").state == State.WAITING
    assert not mail.outbox
    world.payments.refund_arrives(refund.provider_ref)
    refunds.look_again(code="memory", ref=refund.provider_ref, key=refund.key, now=world.later(hours=1))
    world.work(order)
    refund.refresh_from_db()
    assert refund.state == Refund.State.SUCCEEDED
    assert world.payment_of(order).refunded == 330
    assert len(mail.outbox) == 1
    assert refund.tax_documents.get().total == 330


def test_a_lost_event_is_made_good_by_asking(world, alice, film, ask):
    order = world.bought(alice, film)
    world.payments.refunds_take_days = True
    refund = ask(order, ALL)
    world.work(order)
    refund.refresh_from_db()
    world.payments.refund_arrives(refund.provider_ref)
    world.later(hours=7)
    world.work(order)
    refund.refresh_from_db()
    assert refund.state == Refund.State.SUCCEEDED


def test_a_refund_that_comes_back_before_it_arrived_stops_at_a_person(world, alice, film, ask):
    order = world.bought(alice, film)
    world.payments.refunds_take_days = True
    refund = ask(order, ALL)
    world.work(order)
    refund.refresh_from_db()
    world.payments.refund_fails_late(refund.provider_ref)
    world.later(hours=7)
    world.work(order)
    refund.refresh_from_db()
    assert (refund.state, refund.failure) == (Refund.State.FAILED, "expired_or_canceled_card")
    assert world.payment_of(order).refunded == 0
    assert (world.stage(order, "await_refund").state, world.stage(order, "await_refund").owner) == (
        State.PARKED,
        "accounting",
    )


# Beside the taking back of a whole purchase.


def test_a_purchase_that_is_taken_back_gives_back_what_nothing_else_does(world, alice, mug, film, sam, ask):
    order = world.order(alice, mug, film)
    world.pay(order)
    operate.pause(scope="system", name="warehouse", actor=sam, reason="stocktaking", now=world.now)
    world.work(order)
    ask(order, lines(order, (film, 1)))
    cancelling.cancel(order, sam, "sold out", world.now)
    world.work(order)
    assert sorted(given_back(world)) == [330, order.total - 330]
    assert world.payment_of(order).refunded == order.total
    corrections = order.tax_documents.filter(kind="correction")
    assert sorted(one.total for one in corrections) == [330, order.total - 330]
    order.refresh_from_db()
    assert order.state == Order.State.CANCELLED


def test_a_purchase_is_cancelled_before_a_slow_refund_has_arrived(world, alice, film, sam):
    order = world.order(alice, film)
    world.pay(order)
    world.payments.refunds_take_days = True
    cancelling.cancel(order, sam, "sold out", world.now)
    world.work(order)
    order.refresh_from_db()
    assert order.state == Order.State.CANCELLED
    refund = Refund.objects.get()
    assert refund.is_pending
    assert world.payment_of(order).refunded == 0
    world.payments.refund_arrives(refund.provider_ref)
    world.later(hours=7)
    world.work(order)
    assert world.payment_of(order).refunded == 330
    assert not order.runs.filter(finished_at=None).exists()
