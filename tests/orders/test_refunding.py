"""Money given back for a paid order: what may be asked for, what it comes to, and what its run does."""

from uuid import UUID, uuid4

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.utils import timezone

from orders.models import FulfillmentOrder, OperatorAction, Order, PipelineRun, Refund, RefundLine, StageRun
from orders.pipeline.engine import operate
from orders.pipeline.engine.errors import Refused
from orders.pipeline.engine.operate import NotPossible
from orders.services import cancelling, journal, receipts, refunding, refunds
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
from shop.models import Allocation, StockItem, Variant
from tests import builders
from vod.models import Entitlement

pytestmark = pytest.mark.django_db
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


# What the run does.


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
