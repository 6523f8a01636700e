"""What a person may not do to money, and what keeps a way back open."""

from datetime import timedelta

import pytest
from django.db import OperationalError, transaction

from orders import payments as ports
from orders.models import FulfillmentOrder, OperatorAction, Order, Payment, PipelineRun, StageRun
from orders.pipeline.engine import execute, operate, poll, settle, sweep
from orders.pipeline.engine.errors import Refused, Uncertain
from orders.pipeline.engine.operate import NotPossible
from orders.services import cancelling, payments

pytestmark = pytest.mark.django_db
State = StageRun.State


def test_a_run_is_not_taken_back_while_its_buyer_may_still_pay(world, alice, film, sam):
    order = world.order(alice, film)
    world.work(order, only="charge")
    with pytest.raises(NotPossible, match="not settled"):
        operate.take_back(run=world.run_of(order), actor=sam, reason="sold out", now=world.now)
    assert world.run_of(order).state == PipelineRun.State.RUNNING
    assert not OperatorAction.objects.exists()


def test_to_cancel_it_closes_the_payment_first(world, alice, film, sam):
    order = world.order(alice, film)
    world.work(order, only="charge")
    cancelling.cancel(order, sam, "sold out", world.now)
    world.work(order)
    assert world.payment_of(order).state == Payment.State.CANCELLED
    order.refresh_from_db()
    assert order.state == Order.State.CANCELLED


def test_money_for_an_order_that_was_given_up_is_not_forgotten(world, alice, film):
    order = world.order(alice, film)
    world.work(order, only="charge")
    StageRun.objects.filter(run__order=order).update(state=State.CANCELLED)
    payment = world.payment_of(order)
    payments.refuse_to_forget(payment)  # nothing was paid
    ports.provider().buyer_pays(payment)
    with pytest.raises(Uncertain, match="by hand"):
        payments.refuse_to_forget(payment)


@pytest.fixture
def refund(world, alice, film, mug, sam, monkeypatch) -> StageRun:
    """A refund that the provider refused."""
    order = world.order(alice, film, mug)
    world.pay(order)

    def refuse(request, key):
        raise Refused("balance too low")

    monkeypatch.setattr(world.payments, "refund", refuse)
    cancelling.cancel(order, sam, "sold out", world.now)
    world.work(order)
    stage = StageRun.objects.select_related("run__order").get(run__order=order, name="refund")
    assert stage.state == State.PARKED
    return stage


def test_how_much_is_given_back_is_not_changed_by_hand(refund, sam, world):
    with pytest.raises(NotPossible, match="books"):
        operate.change(stage=refund, changes={"amount": 1}, actor=sam, reason="less", now=world.now)


def test_giving_money_back_is_not_skipped(refund, sam, world):
    with pytest.raises(NotPossible, match="cannot be skipped"):
        operate.skip(stage=refund, actor=sam, reason="no", now=world.now)


def test_goods_of_a_cancelled_order_leave_the_shipping_list(world, alice, mug, sam, monkeypatch):
    order = world.order(alice, mug)
    world.pay(order)
    operate.pause(scope="system", name="warehouse", actor=sam, reason="stocktaking", now=world.now)
    world.work(order)
    assert FulfillmentOrder.objects.get(order=order).state == FulfillmentOrder.State.OPEN
    cancelling.cancel(order, sam, "sold out", world.now)
    world.work(order)
    assert FulfillmentOrder.objects.get(order=order).state == FulfillmentOrder.State.CANCELLED


def test_a_stage_whose_worker_was_lost_does_not_block_the_way_back(world, alice, film, sam):
    order = world.order(alice, film)
    world.pay(order)
    run = world.run_of(order)
    stage = execute.Worker(run, world.clock).claim()
    assert stage.name == "grant"
    StageRun.objects.filter(pk=stage.pk).update(kills=sweep.MOST_KILLS - 1)
    operate.take_back(run=run, actor=sam, reason="sold out", now=world.now)
    world.later(seconds=31)
    world.work(order)
    assert world.run_of(order).state == PipelineRun.State.COMPENSATED
    assert world.payment_of(order).refunded == order.total


def test_a_run_that_somebody_holds_keeps_the_sweep_from_no_other(world, alice, film, mug, monkeypatch):
    held, waiting = world.order(alice, mug), world.order(alice, film)
    world.work(waiting, only="charge")
    assert execute.Worker(world.run_of(held), world.clock).claim()

    def locked(run_id):
        raise OperationalError("canceling statement due to lock timeout")

    monkeypatch.setattr(settle, "lock", locked)
    sweep.sweep(now=world.later(minutes=5))
    assert world.stage(waiting, "charge").state == State.READY


def test_a_run_that_cannot_be_gone_through_ends_no_worker(world, alice, film):
    unknown = world.order(alice, film)
    PipelineRun.objects.filter(order=unknown).update(version=7000)
    assert poll._advance(world.run_of(unknown).pk) == 0
    stage = StageRun.objects.get(run__order=unknown, name="charge")
    assert stage.available_at > world.now + timedelta(seconds=20)


def test_a_run_in_hand_forgets_an_end_that_was_rolled_back(world, alice, film):
    run = world.run_of(world.order(alice, film))
    run.finished_at = world.now
    with transaction.atomic():
        assert settle.lock_again(run).finished_at is None
