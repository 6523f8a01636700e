"""Money given back for a paid order: what may be asked for, and what it comes to."""

from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from orders.models import OperatorAction, PipelineRun, Refund, RefundLine, StageRun
from orders.pipeline.engine import operate
from orders.services import journal, receipts, refunding, refunds
from orders.services.refunding import (
    LineRefunded,
    MoreThanTheRest,
    NoReason,
    NotBack,
    NothingLeft,
    NotPaid,
    NotPositive,
    NotSent,
    OnlyWhole,
    OtherForm,
    Wish,
)
from tests.orders.refunds import ALL, ask, given_back, line_of, lines, off, send, tea

__all__ = ["ask", "send", "tea"]
pytestmark = pytest.mark.django_db
Kind = Refund.Kind
State = StageRun.State


# What may be asked for.


def test_an_order_that_is_not_paid_has_nothing_to_give_back(world, alice, film, ask):
    with pytest.raises(NotPaid):
        ask(world.order(alice, film), ALL)


def test_a_reason_is_asked_for(world, alice, film, ask):
    with pytest.raises(NoReason):
        ask(world.bought(alice, film), ALL, reason="  ")


@pytest.mark.parametrize("amount", [0, -1])
def test_nothing_and_less_are_no_refund(world, alice, film, ask, amount):
    order = world.bought(alice, film)
    with pytest.raises(NotPositive):
        ask(order, off(amount))
    with pytest.raises(NotPositive):
        ask(order, lines(order, (film, amount)))
    with pytest.raises(NotPositive):
        ask(order, Wish(Kind.LINES))


def test_no_more_than_the_rest_is_given_back(world, alice, film, ask):
    order = world.bought(alice, film)
    with pytest.raises(MoreThanTheRest) as refused:
        ask(order, off(331))
    assert refused.value.left == 330
    ask(order, off(30))
    with pytest.raises(MoreThanTheRest) as refused:
        ask(order, off(301))
    assert refused.value.left == 300
    ask(order, ALL)
    with pytest.raises(NothingLeft):
        ask(order, ALL)


def test_what_failed_is_free_again(world, alice, film, ask):
    order = world.bought(alice, film)
    first = ask(order, ALL)
    world.work(order)
    first.refresh_from_db()
    world.payments.refund_fails_late(first.provider_ref)
    refunds.look_again(code="memory", ref=first.provider_ref, key=first.key, now=world.now)
    assert ask(order, ALL).amount == 330


def test_the_document_of_money_that_came_back_stays_and_counts_no_more(world, alice, film, ask):
    order = world.bought(alice, film)
    first = ask(order, ALL)
    world.work(order)
    first.refresh_from_db()
    assert not receipts.is_possible(order, order.tax_documents.standing())
    day = timezone.localdate(world.now)
    assert [one.gross for one in journal.postings(day, day)] == [330, -330]
    world.payments.refund_fails_late(first.provider_ref)
    refunds.look_again(code="memory", ref=first.provider_ref, key=first.key, now=world.now)
    assert order.tax_documents.count() == 2
    assert receipts.is_possible(order, order.tax_documents.standing())
    assert [one.gross for one in journal.postings(day, day)] == [330]


def test_a_line_is_refunded_once(world, alice, mug, ask, send):
    order = world.bought(alice, mug, quantity=3)
    send(order)
    ask(order, lines(order, (mug, 2)))
    with pytest.raises(LineRefunded) as refused:
        ask(order, lines(order, (mug, 2)))
    assert refused.value.left == 1
    ask(order, lines(order, (mug, 1)))
    with pytest.raises(LineRefunded):
        ask(order, lines(order, (mug, 1)))


def test_goods_that_no_warehouse_was_told_of_are_cancelled_instead(world, alice, mug, film, sam, ask):
    order = world.order(alice, mug, film)
    world.pay(order)
    operate.pause(scope="system", name="warehouse", actor=sam, reason="stocktaking", now=world.now)
    world.work(order)
    for wish in (ALL, lines(order, (mug, 1))):
        with pytest.raises(NotSent):
            ask(order, wish)
    assert ask(order, lines(order, (film, 1))).amount == 330


def test_a_warehouse_stops_what_it_sends_together_or_nothing(world, alice, mug, tea, ask):
    order = world.bought(alice, mug, tea, quantity=2)
    for wanted in ([(mug, 2)], [(mug, 1), (tea, 2)]):
        with pytest.raises(OnlyWhole):
            ask(order, lines(order, *wanted))
    assert ask(order, lines(order, (mug, 2), (tea, 2))).amount == 2 * 1980 + 2 * 1080


def test_no_more_comes_back_to_the_shelf_than_has_left_it(world, alice, mug, ask, send):
    order = world.bought(alice, mug, quantity=3)
    send(order, quantity=1)
    with pytest.raises(NotBack) as refused:
        ask(order, lines(order, (mug, 2), restocked=(mug,)))
    assert refused.value.left == 1
    ask(order, lines(order, (mug, 1), restocked=(mug,)))
    with pytest.raises(NotBack):
        ask(order, lines(order, (mug, 1), restocked=(mug,)))


def test_a_purchase_that_is_being_taken_back_gives_back_by_itself(world, alice, film, sam, ask):
    order = world.bought(alice, film)
    PipelineRun.objects.filter(order=order).update(state=PipelineRun.State.COMPENSATING)
    with pytest.raises(NotPaid):
        ask(order, ALL)


def test_a_form_that_is_sent_twice_is_one_refund(world, alice, bob, film, ask):
    order, token = world.bought(alice, film), uuid4()
    assert ask(order, off(100), token=token) == ask(order, off(100), token=token)
    world.work(order)
    assert given_back(world) == [100]
    with pytest.raises(OtherForm):
        ask(world.bought(bob, film), off(100), token=token)


def test_who_asked_and_why_is_kept(world, alice, film, sam, ask):
    order = world.bought(alice, film)
    refund = ask(order, off(100))
    act = OperatorAction.objects.get(run=refund.run, verb=OperatorAction.Verb.REFUND)
    assert (act.actor, act.reason, act.before) == (sam, "the parcel was damaged", {"left": 330})
    assert refund.requested_by == sam
    event = order.events.get(kind="orders.refund.asked")
    assert (event.actor, event.data["amount"], event.is_public) == (sam, 100, False)


def test_the_database_itself_keeps_what_a_line_of_a_refund_says(world, alice, film, ask):
    order = world.bought(alice, film)
    row = ask(order, ALL).lines.get()
    for wrong in ({"quantity": 0, "amount": 0}, {"is_restocked": True, "is_recalled": True}):
        with pytest.raises(IntegrityError), transaction.atomic():
            RefundLine.objects.filter(pk=row.pk).update(**wrong)
    with pytest.raises(IntegrityError), transaction.atomic():
        Refund.objects.update(shipping=331)


# What it comes to.


def test_a_free_amount_is_off_every_line_in_proportion_to_its_price(world, alice, mug, tea, ask, send):
    order = world.bought(alice, mug, tea)  # 1,980 yen at 10 %, 1,080 at 8 %, 800 for shipping
    send(order)
    plan = refunding.preview(order, off(1000))
    assert {one.line.name: one.amount for one in plan.lines} == {
        line_of(order, mug).name: 647,
        line_of(order, tea).name: 353,
    }
    assert plan.shipping == 0
    with_shipping = refunding.preview(order, off(1000, shipping=True))
    assert sum(one.amount for one in with_shipping.lines) + with_shipping.shipping == 1000
    assert with_shipping.shipping == 207


def test_pieces_after_a_price_reduction_come_to_what_was_paid_for_them(world, alice, mug, ask, send):
    order = world.bought(alice, mug, quantity=2)
    send(order)
    ask(order, off(501))
    first, second = ask(order, lines(order, (mug, 1))), ask(order, lines(order, (mug, 1)))
    assert (first.amount, second.amount) == (1729, 1730)


def test_the_rest_may_leave_out_the_shipping_fee(world, alice, mug, ask, send):
    order = world.bought(alice, mug)
    send(order)
    assert ask(order, Wish(Kind.REST)).amount == 1980
    assert ask(order, ALL).amount == 800
