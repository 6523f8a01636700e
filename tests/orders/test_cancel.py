"""Cancelling an order: until the warehouse is told, once, and never together with its leaving."""

import threading

import pytest
from django.db import connection, connections
from django.urls import reverse

from orders.models import Order, OrderEvent, OutboundMail, PipelineRun, StageRun
from orders.payments.base import Standing
from orders.pipeline.engine import operate
from orders.pipeline.engine.errors import Transient, Uncertain
from orders.pipeline.engine.execute import Worker, advance
from orders.services import cancelling, payments
from orders.services.cancelling import NotCancellable, Reason
from shop.models import StockItem
from tests import builders
from tests.orders.reading import words

pytestmark = pytest.mark.django_db
State = StageRun.State


def held_back(world, order) -> Order:
    """Paid, and everything done but the instruction: the warehouse is shut for today."""
    operate.pause(scope="system", name="warehouse", actor=None, reason="shut for today", now=world.now)
    world.pay(order)
    world.work(order)
    order.refresh_from_db()
    assert world.stage(order, "instruct").state == State.READY
    return order


def opens_again(world) -> None:
    operate.go_on(scope="system", name="warehouse", actor=None)
    world.later(seconds=5)


@pytest.fixture
def paid(world, alice, mug) -> Order:
    return held_back(world, world.order(alice, mug, quantity=2))


@pytest.fixture
def unpaid(world, alice, mug) -> Order:
    order = world.order(alice, mug, quantity=2)
    world.work(order, only="charge")
    return order


def cancel_run(order) -> PipelineRun:
    return order.runs.filter(pipeline="cancel").latest("generation")


def kinds_of_mail(order) -> list[str]:
    return sorted(OutboundMail.objects.filter(order=order).values_list("kind", flat=True))


def is_as_before(order) -> bool:
    """The stock is where it was before the order."""
    return set(StockItem.objects.values_list("on_hand", "committed", "reserved")) == {(50, 0, 0)}


@pytest.mark.usefixtures("in_japanese")
def test_a_paid_order_is_cancelled_with_its_money_its_stock_and_one_mail(world, alice, paid):
    run = cancelling.cancel(paid, alice, "", world.now)
    assert cancelling.outcome_of(run) == (True, None)
    world.work(paid)
    opens_again(world)
    world.work(paid)

    paid.refresh_from_db()
    assert paid.state == Order.State.CANCELLED
    assert [refund["amount"] for refund in world.payments.refunds] == [paid.total]
    assert is_as_before(paid)
    assert world.warehouse.instructions == {}
    assert kinds_of_mail(paid) == ["order_confirmed", "order_refunded"]
    assert "ご希望により" in OutboundMail.objects.get(kind="order_refunded").text
    assert {one.pipeline: one.state for one in paid.runs.all()} == {"cancel": "succeeded", "purchase": "compensated"}
    assert run.parent == paid.runs.get(pipeline="purchase")


def test_an_unpaid_order_is_cancelled_and_cannot_be_paid_any_more(world, alice, unpaid):
    payment = world.payment_of(unpaid)
    cancelling.cancel(unpaid, alice, "", world.now)
    unpaid.refresh_from_db()
    assert unpaid.state == Order.State.CANCELLED
    assert world.payments.payments[payment.provider_ref].standing == Standing.CANCELLED
    with pytest.raises(payments.NotPayable):
        payments.switch_method(unpaid, method="hosted", return_url="http://testserver/", now=world.now)
    world.work(unpaid)
    assert is_as_before(unpaid)
    assert kinds_of_mail(unpaid) == ["order_cancelled"]
    assert world.payments.refunds == []
    assert cancel_run(unpaid).state == PipelineRun.State.SUCCEEDED


def test_an_order_whose_payment_was_never_opened_is_cancelled(world, alice, mug):
    order = world.order(alice, mug)
    cancelling.cancel(order, alice, "", world.now)
    world.work(order)
    order.refresh_from_db()
    assert order.state == Order.State.CANCELLED
    assert world.payments.payments == {}


def test_money_that_was_faster_is_given_back(world, alice, unpaid):
    """The buyer pays in one window and cancels in another before we hear of it."""
    operate.pause(scope="system", name="warehouse", actor=None, reason="shut for today", now=world.now)
    world.payments.buyer_pays(world.payment_of(unpaid))
    cancelling.cancel(unpaid, alice, "", world.now)
    world.work(unpaid)
    unpaid.refresh_from_db()
    assert unpaid.state == Order.State.CANCELLED
    assert [refund["amount"] for refund in world.payments.refunds] == [unpaid.total]
    assert kinds_of_mail(unpaid) == ["order_refunded"]
    assert is_as_before(unpaid)


def test_a_payment_that_the_provider_is_at_work_on_is_waited_for(world, alice, unpaid, monkeypatch):
    ref = world.payment_of(unpaid).provider_ref
    known = world.payments.payments[ref]
    at_work = type(known)(Standing.PROCESSING, ref, known.amount, known.currency)
    with monkeypatch.context() as busy:
        busy.setattr(world.payments, "cancel", lambda payment: at_work)
        run = cancelling.cancel(unpaid, alice, "", world.now)
        assert cancelling.outcome_of(run) == (False, None)
        assert world.stage(unpaid, "close_payment").state == State.WAITING
    world.later(minutes=1)
    world.work(unpaid)
    unpaid.refresh_from_db()
    assert unpaid.state == Order.State.CANCELLED


def test_a_payment_service_that_is_away_decides_nothing(world, alice, unpaid, monkeypatch):
    def away(payment):
        raise Transient("no answer")

    with monkeypatch.context() as broken:
        broken.setattr(world.payments, "cancel", away)
        run = cancelling.cancel(unpaid, alice, "", world.now)
        assert cancelling.outcome_of(run) == (False, None)
    world.later(seconds=10)
    world.work(unpaid)
    unpaid.refresh_from_db()
    assert unpaid.state == Order.State.CANCELLED


def test_pressing_twice_is_pressing_once(world, alice, paid):
    assert cancelling.cancel(paid, alice, "", world.now) == cancelling.cancel(paid, alice, "", world.now)
    world.work(paid)
    assert cancelling.cancel(paid, alice, "", world.now).generation == 1
    assert len(world.payments.refunds) == 1
    assert OrderEvent.objects.filter(order=paid, kind=cancelling.ASKED).count() == 1


def test_what_the_warehouse_was_told_is_not_cancelled(world, alice, sam, mug):
    order = world.bought(alice, mug)
    for actor, reason in ((alice, ""), (sam, "they called")):
        with pytest.raises(NotCancellable) as refused:
            cancelling.cancel(order, actor, reason, world.now)
        assert refused.value.why == Reason.SENT
    assert not order.runs.filter(pipeline="cancel").exists()


def test_what_the_warehouse_may_have_been_told_is_not_cancelled(world, alice, mug, monkeypatch):
    def cut_off(instruction, key):
        raise Uncertain("it may have taken it")

    monkeypatch.setattr(world.warehouse, "instruct", cut_off)
    order = world.bought(alice, mug)
    with pytest.raises(NotCancellable):
        cancelling.cancel(order, alice, "", world.now)


def test_the_back_office_hears_of_it_after_the_money_is_back(world, alice, paid, monkeypatch):
    """The department may have seen the record by then."""
    records = world.backoffice.records
    assert [record["status"] for record in records.values()] == ["未対応"]
    with monkeypatch.context() as patched:
        patched.setattr(world.backoffice, "upsert", _is_away)
        cancelling.cancel(paid, alice, "", world.now)
        world.work(paid)
        assert len(world.payments.refunds) == 1
        paid.refresh_from_db()
        assert paid.state == Order.State.CANCELLED
        assert cancel_run(paid).state == PipelineRun.State.SUCCEEDED
        assert kinds_of_mail(paid) == ["order_confirmed", "order_refunded"]
        assert paid.runs.get(pipeline="purchase").state == PipelineRun.State.COMPENSATING
    for _ in range(3):
        world.later(minutes=30)
        world.work(paid)
    assert [record["status"] for record in records.values()] == ["取消"]
    assert paid.runs.get(pipeline="purchase").state == PipelineRun.State.COMPENSATED


def test_a_record_that_was_never_written_is_not_made_by_cancelling(world, alice, mug):
    operate.pause(scope="system", name="backoffice", actor=None, reason="shut for today", now=world.now)
    order = held_back(world, world.order(alice, mug))
    cancelling.cancel(order, alice, "", world.now)
    world.work(order)
    assert world.backoffice.records == {}
    assert order.runs.get(pipeline="purchase").state == PipelineRun.State.COMPENSATED


def _is_away(record, key):
    raise Transient("kintone did not answer")


@pytest.mark.usefixtures("in_japanese")
def test_too_late_ends_cleanly_and_tells_the_buyer_why(world, alice, paid):
    """It was still possible when the buyer asked, and no more when it was decided."""
    run = cancelling._ask(paid, alice, "", world.now)
    opens_again(world)
    advance(paid.runs.get(pipeline="purchase").pk, clock=world.clock)
    world.work(paid)
    run.refresh_from_db()
    assert cancelling.outcome_of(run) == (False, Reason.SENT)
    assert run.state == PipelineRun.State.SUCCEEDED
    assert kinds_of_mail(paid) == ["order_confirmed", "order_not_cancelled"]
    assert "倉庫" in OutboundMail.objects.get(kind="order_not_cancelled").text
    assert paid.runs.get(pipeline="purchase").state == PipelineRun.State.RUNNING
    assert world.payments.refunds == []


@pytest.mark.usefixtures("in_japanese")
def test_film_that_is_paid_is_cancelled_by_staff_alone(world, alice, sam, mug, film):
    order = held_back(world, world.order(alice, mug, film))
    with pytest.raises(NotCancellable) as refused:
        cancelling.cancel(order, alice, "", world.now)
    assert refused.value.why == Reason.VIDEO
    with pytest.raises(ValueError, match="with a reason"):
        cancelling.cancel(order, sam, " ", world.now)
    cancelling.cancel(order, sam, "they called, and have not begun it", world.now)
    world.work(order)
    order.refresh_from_db()
    assert order.state == Order.State.CANCELLED
    assert order.payments.get().refunds.get().reason == "they called, and have not begun it"
    purchase = order.runs.get(pipeline="purchase")
    assert purchase.operator_actions.get().actor == sam
    assert "ご希望により" not in OutboundMail.objects.get(kind="order_refunded").text


def test_a_refund_that_has_to_wait_is_waited_for(world, alice, paid, monkeypatch):
    def away(request, key):
        raise Transient("no answer")

    with monkeypatch.context() as broken:
        broken.setattr(world.payments, "refund", away)
        cancelling.cancel(paid, alice, "", world.now)
        world.work(paid)
        assert world.stage(paid, "await_undone").state == State.WAITING
        assert "order_refunded" not in kinds_of_mail(paid)
    world.later(minutes=11)
    world.work(paid)
    assert cancel_run(paid).state == PipelineRun.State.SUCCEEDED
    assert len(world.payments.refunds) == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("trial", range(6))
def test_of_cancelled_and_on_its_way_it_is_exactly_one(world, alice, trial):
    """Two presses and the worker that tells the warehouse, all at once."""
    if connection.vendor != "postgresql":
        pytest.skip("threads prove something only on PostgreSQL")
    builders.shipping_rates(800)
    builders.video_handler()
    order = held_back(world, world.order(alice, builders.variant(price=1980, stock=50)))
    opens_again(world)
    purchase = order.runs.get(pipeline="purchase")
    gate, told, broken = threading.Barrier(3), [], []

    def at_once(act) -> None:
        gate.wait()
        try:
            act()
        except NotCancellable as refusal:
            told.append(refusal.why)
        except BaseException as error:
            broken.append(error)
        finally:
            connections.close_all()

    def press() -> None:
        cancelling.cancel(order, alice, "", world.now)

    def tell() -> None:
        threading.Event().wait(0.004 * trial)  # so that each comes first now and then
        advance(purchase.pk, clock=world.clock)

    threads = [threading.Thread(target=at_once, args=(act,)) for act in (press, press, tell)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not broken, broken
    for _ in range(3):
        world.later(minutes=1)
        world.work(order)
    order.refresh_from_db()
    is_cancelled = order.state == Order.State.CANCELLED
    assert is_cancelled == (not world.warehouse.instructions)
    assert len(world.payments.refunds) == is_cancelled
    assert order.runs.filter(pipeline="cancel").count() <= 1
    assert not StageRun.objects.filter(run__order=order, state=State.PARKED).exists()


def test_a_claimed_instruction_is_on_its_way(world, alice, paid):
    """The worker has claimed it and has not yet called: nobody can say whether it will."""
    run = cancelling._ask(paid, alice, "", world.now)
    opens_again(world)
    worker = Worker(paid.runs.get(pipeline="purchase"), world.clock, "instruct")
    assert worker.claim()
    advance(run.pk, clock=world.clock)
    assert cancelling.outcome_of(run) == (False, Reason.SENT)


def test_staff_are_told_when_it_is_decided_that_it_is_too_late(world, alice, sam, paid):
    """The buyer had asked, and the warehouse was told before anybody decided: the press that decides says so."""
    cancelling._ask(paid, alice, "", world.now)
    opens_again(world)
    purchase = paid.runs.get(pipeline="purchase")
    advance(purchase.pk, clock=world.clock)
    with pytest.raises(NotCancellable) as refused:
        cancelling.take_back(purchase, sam, "they called", world.now)
    assert refused.value.why == Reason.SENT


@pytest.mark.usefixtures("in_english")
class TestThePage:
    @pytest.fixture
    def shopper(self, client, alice):
        client.force_login(alice)
        return client

    @staticmethod
    def address(order) -> str:
        return reverse("orders:cancel_order", args=[order.number])

    def test_it_asks_once_more_and_then_says_what_became_of_it(self, shopper, world, paid):
        page = words(shopper.get(paid.get_absolute_url()))
        assert f'href="{self.address(paid)}"' in page
        assert "until the warehouse is asked to send it" in page
        asked = words(shopper.get(self.address(paid)))
        assert "the whole payment of ¥4,760 is given back" in asked
        assert shopper.post(self.address(paid)).url == paid.get_absolute_url()
        page = words(shopper.get(paid.get_absolute_url()))
        assert "<h1>This order is being cancelled</h1>" in page
        assert "Thank you" not in page
        assert self.address(paid) not in page
        world.later(minutes=1)
        world.work(paid)
        page = words(shopper.get(paid.get_absolute_url()))
        assert "As you asked. The whole payment was given back" in page

    def test_an_unpaid_order_is_cancelled_at_once(self, shopper, unpaid):
        assert "Nothing is charged" in words(shopper.get(self.address(unpaid)))
        shopper.post(self.address(unpaid))
        page = words(shopper.get(unpaid.get_absolute_url()))
        assert "This order was cancelled" in page
        assert "Cancelled; nothing was charged" in page

    def test_it_is_not_offered_once_it_is_too_late(self, shopper, world, alice, mug):
        order = world.bought(alice, mug)
        assert self.address(order) not in words(shopper.get(order.get_absolute_url()))
        assert shopper.get(self.address(order)).url == order.get_absolute_url()
        page = words(shopper.post(self.address(order), follow=True))
        assert "The warehouse has been asked to send it already" in page

    def test_a_refusal_stays_on_the_page(self, shopper, world, alice, paid):
        cancelling._ask(paid, alice, "", world.now)
        opens_again(world)
        advance(paid.runs.get(pipeline="purchase").pk, clock=world.clock)
        world.work(paid)
        page = words(shopper.get(paid.get_absolute_url()))
        assert "You have asked us to cancel this order. The warehouse has been asked to send it already" in page

    def test_it_is_nobody_elses(self, client, bob, paid):
        client.force_login(bob)
        assert client.get(self.address(paid)).status_code == 404
        assert client.post(self.address(paid)).status_code == 404
        assert not paid.runs.filter(pipeline="cancel").exists()
