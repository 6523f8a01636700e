"""One purchase through the whole pipeline, with the outside world in memory."""

from datetime import timedelta

import pytest

from orders.models import Order, OutboundMail, PipelineRun, ProviderEvent, StageRun, TaxDocument
from orders.pipeline.engine import execute, operate
from orders.pipeline.engine.errors import Transient
from orders.services import checkout, inbox, payments
from orders.services.carts import AlreadyYours
from orders.services.checkout import AlreadyBeingBought, CartChanged
from shop.models import StockItem, StockReservation
from tests import builders
from vod.models import Entitlement

State = StageRun.State


@pytest.fixture
def mug(db):
    builders.shipping_rates(800)
    builders.video_handler()
    return builders.variant(price=1980, stock=5)


@pytest.fixture
def episode(db):
    builders.video_handler()
    return builders.rental(builders.title(slug="tram"))


def ship_everything(world, order):
    """The warehouse sends all of it in one parcel and reports it."""
    made = order.fulfillment_orders.get()
    lines = {str(line.order_line.reference): line.quantity for line in made.lines.all()}
    report_parcel(world, made, lines)


def report_parcel(world, made, lines, *, event_id=None):
    parcel = world.warehouse.ship(str(made.reference), lines)
    payload = {"id": event_id or parcel.external_id, "reference": str(made.reference), "shipment": parcel.external_id}
    event, _ = inbox.store(
        source="warehouse", event_id=payload["id"], kind="shipment.created", payload=payload, now=world.now
    )
    inbox.process(event.pk, now=world.now)
    return event


def test_a_mug_and_an_episode_reach_every_place_they_belong(world, alice, mug, episode):
    order = world.bought(alice, mug, episode)

    assert order.state == Order.State.PLACED
    assert order.total == 1980 + 330 + 800
    assert Entitlement.objects.live_at(world.now).visible_to(alice).get().title == episode.title
    assert TaxDocument.objects.get(order=order).total == order.total
    assert order.placements.count() == 2
    assert len(world.backoffice.records) == 2
    assert len(world.warehouse.instructions) == 1
    assert world.stages(order)["mail"] == State.SUCCEEDED, world.stage(order, "mail").error
    assert [mail.to for mail in world.mails] == [[alice.email]]
    assert world.stages(order)["mail"] == State.SUCCEEDED

    ship_everything(world, order)
    world.work(order)
    order.refresh_from_db()
    assert order.state == Order.State.COMPLETED
    assert order.fulfillment_state == Order.FulfillmentState.FULFILLED
    assert world.run_of(order).state == PipelineRun.State.SUCCEEDED
    assert len(world.mails) == 2
    item = StockItem.objects.get(variant=mug)
    assert (item.on_hand, item.committed, item.reserved) == (4, 0, 0)


def test_two_parts_make_one_whole(world, alice, mug):
    order = world.bought(alice, mug, quantity=3)
    made = order.fulfillment_orders.get()
    line = made.lines.get()

    report_parcel(world, made, {str(line.order_line.reference): 1})
    world.work(order)
    order.refresh_from_db()
    assert order.fulfillment_state == Order.FulfillmentState.PARTIALLY_FULFILLED
    assert world.stage(order, "await_shipment").state == State.WAITING

    report_parcel(world, made, {str(line.order_line.reference): 2})
    world.work(order)
    order.refresh_from_db()
    assert order.fulfillment_state == Order.FulfillmentState.FULFILLED
    assert order.state == Order.State.COMPLETED


def test_an_order_is_sent_only_when_every_handler_has_sent(world, alice, mug):
    """The second handler's part may not even be placed when the first one's leaves the house."""
    towel = builders.variant(price=1100, stock=5, at=builders.warehouse("otaru", "小樽倉庫"))
    order = world.order(alice, mug, towel)
    world.pay(order)
    world.work(order, only="grant")
    last = StageRun.objects.filter(run__order=order, name="place").order_by("pk").last()
    StageRun.objects.filter(pk=last.pk).update(available_at=world.now + timedelta(hours=1))
    world.work(order)
    ship_everything(world, order)
    order.refresh_from_db()
    assert order.fulfillment_state == Order.FulfillmentState.PARTIALLY_FULFILLED


def test_a_report_delivered_twice_ships_once(world, alice, mug):
    order = world.bought(alice, mug, quantity=2)
    made = order.fulfillment_orders.get()
    reference = str(made.lines.get().order_line.reference)
    event = report_parcel(world, made, {reference: 1})

    ProviderEvent.objects.filter(pk=event.pk).update(processed_at=None)
    inbox.process(event.pk, now=world.now)
    assert made.shipments.count() == 1
    assert made.lines.get().shipped_quantity == 1


def test_a_report_that_never_came_is_made_good_by_asking(world, alice, mug):
    order = world.bought(alice, mug)
    made = order.fulfillment_orders.get()
    world.warehouse.ship(str(made.reference), {str(made.lines.get().order_line.reference): 1})

    world.later(hours=1, seconds=1)
    world.work(order)
    order.refresh_from_db()
    assert order.fulfillment_state == Order.FulfillmentState.FULFILLED


def test_pressing_the_button_twice_makes_one_order(world, alice, mug):
    cart = world.cart_of(alice, mug)
    first = world.press_button(alice, cart)
    second = world.press_button(alice, cart)
    assert first == second
    assert StockReservation.objects.count() == 1
    assert PipelineRun.objects.count() == 1


def test_a_price_that_changed_since_the_confirmation_is_not_charged(world, alice, mug):
    cart = world.cart_of(alice, mug)
    options = {"method": "element", "origin": "", "language": "ja", "now": world.now}
    with pytest.raises(CartChanged):
        checkout.place_order(cart=cart, user=alice, digest="of-another-sum", **options)
    assert not Order.objects.exists()
    assert not StockReservation.objects.exists()


def test_a_declined_card_leaves_the_order_payable(world, alice, mug):
    order = world.order(alice, mug)
    world.work(order, only="charge")
    world.payments.buyer_is_declined(world.payment_of(order))
    world.later(minutes=1, seconds=1)
    world.work(order)

    assert world.payment_of(order).decline_code == "insufficient_funds"
    assert world.stage(order, "charge").state == State.WAITING
    world.pay(order)
    world.work(order)
    order.refresh_from_db()
    assert order.is_paid


def test_an_order_not_paid_in_time_lapses_and_gives_its_stock_back(world, alice, mug):
    order = world.order(alice, mug)
    world.work(order, only="charge")
    world.later(minutes=30)
    world.work(order)

    order.refresh_from_db()
    assert order.state == Order.State.EXPIRED
    assert world.run_of(order).state == PipelineRun.State.COMPENSATED
    assert StockItem.objects.get(variant=mug).reserved == 0
    assert world.mails == []


def test_a_payment_in_the_last_moment_counts(world, alice, mug):
    order = world.order(alice, mug)
    world.work(order, only="charge")
    world.payments.buyer_pays(world.payment_of(order))
    world.later(minutes=31)
    world.work(order)
    order.refresh_from_db()
    assert order.is_paid


@pytest.mark.parametrize("sum_paid", [1, 100_000])
def test_another_sum_than_asked_for_fulfils_nothing_and_is_given_back(world, alice, mug, film, sum_paid):
    order = world.order(alice, mug, film)
    world.work(order, only="charge")
    world.payments.buyer_pays(world.payment_of(order), amount=sum_paid)
    world.later(minutes=2)
    world.work(order)

    order.refresh_from_db()
    assert not order.is_paid
    assert order.state == Order.State.CANCELLED
    assert [refund["amount"] for refund in world.payments.refunds] == [sum_paid]
    assert f"{sum_paid} JPY were paid" in world.run_of(order).failure
    assert not Entitlement.objects.exists()
    assert not TaxDocument.objects.exists()
    assert world.warehouse.instructions == {}
    assert StockItem.objects.get(variant=mug).reserved == 0
    [mail] = OutboundMail.objects.all()
    assert mail.kind == "order_refunded"
    assert f"{sum_paid:,}" in mail.text
    assert f"{order.total:,}" not in mail.text.partition("Given back:")[2]


def test_stock_that_went_to_somebody_else_is_refunded_with_a_mail(world, alice, mug):
    order = world.order(alice, mug, quantity=5)
    StockReservation.objects.update(state=StockReservation.State.EXPIRED)
    StockItem.objects.update(reserved=0, on_hand=1)
    world.pay(order)
    world.work(order)

    order.refresh_from_db()
    assert order.state == Order.State.CANCELLED
    assert [refund["amount"] for refund in world.payments.refunds] == [order.total]
    assert world.payment_of(order).refunded == order.total
    assert [mail.kind for mail in OutboundMail.objects.all()] == ["order_refunded"]
    kinds = set(TaxDocument.objects.values_list("kind", flat=True))
    assert kinds in ({"simplified_invoice", "correction"}, set())


@pytest.fixture
def of_two_warehouses(world, alice, mug) -> Order:
    """A paid order whose second warehouse has lost what was held there."""
    towel = builders.variant(price=1100, stock=5, at=builders.warehouse("otaru", "小樽倉庫"))
    order = world.order(alice, mug, towel)
    held = StockReservation.objects.filter(stock_item__variant=towel)
    held.update(state=StockReservation.State.EXPIRED)
    StockItem.objects.filter(variant=towel).update(reserved=0, on_hand=0)
    world.pay(order)
    world.work(order, only="grant")
    return order


def test_nothing_leaves_one_warehouse_when_another_cannot_deliver(world, of_two_warehouses):
    order = of_two_warehouses
    last = StageRun.objects.filter(run__order=order, name="place").order_by("pk").last()
    StageRun.objects.filter(pk=last.pk).update(available_at=world.now + timedelta(minutes=1))  # its worker is slow
    world.work(order)
    world.later(minutes=1)
    world.work(order)

    order.refresh_from_db()
    assert order.state == Order.State.CANCELLED
    assert world.payment_of(order).refunded == order.total
    assert world.warehouse.instructions == {}


def test_stock_that_comes_back_while_the_order_is_taken_back_is_free_again(world, of_two_warehouses):
    order = of_two_warehouses
    first, last = StageRun.objects.filter(run__order=order, name="place").order_by("pk")
    StageRun.objects.filter(pk=first.pk).update(available_at=world.now + timedelta(minutes=1))
    worker = execute.Worker(first.run, world.clock, "place")
    at_work = worker.claim()
    assert at_work == last
    world.later(seconds=20)
    StageRun.objects.filter(pk=first.pk).update(available_at=world.now)
    execute.advance(first.run_id, only="place", clock=world.clock)
    assert world.run_of(order).state == PipelineRun.State.COMPENSATING
    StockItem.objects.filter(on_hand=0).update(on_hand=5)
    worker.attempt(worker.context(at_work))
    world.work(order)

    assert world.run_of(order).state == PipelineRun.State.COMPENSATED
    assert set(StockItem.objects.values_list("on_hand", "committed", "reserved")) == {(5, 0, 0)}


def test_video_opens_while_the_warehouse_is_down(world, alice, mug, episode, monkeypatch):
    def down(instruction, key):
        raise Transient("the warehouse did not answer")

    monkeypatch.setattr(world.warehouse, "instruct", down)
    order = world.bought(alice, mug, episode)
    assert Entitlement.objects.live_at(world.now).visible_to(alice).exists()
    assert world.stage(order, "mail").state == State.SUCCEEDED
    assert world.stage(order, "instruct").state == State.READY
    assert world.stage(order, "instruct").available_at <= world.now + timedelta(minutes=10)


def test_a_stage_that_used_up_its_attempts_waits_for_a_person_who_retries(world, alice, sam, mug, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(world.warehouse, "instruct", lambda instruction, key: 1 / 0)
        order = world.bought(alice, mug)
        for _ in range(15):
            world.later(minutes=11)
            world.work(order)
        stage = world.stage(order, "instruct")
        assert stage.state == State.PARKED
        assert "ZeroDivisionError" in stage.error
        assert stage.tries.count() == stage.budget

    operate.retry(stage=stage, actor=sam, reason="the warehouse is back", now=world.now)
    world.work(order)
    assert world.stage(order, "instruct").state == State.SUCCEEDED
    assert stage.operator_actions.get().actor == sam


def test_a_skipped_stage_lets_the_run_go_on(world, alice, sam, mug, monkeypatch):
    monkeypatch.setattr(world.backoffice, "upsert", lambda record, key: 1 / 0)
    order = world.bought(alice, mug)
    for _ in range(15):
        world.later(minutes=11)
        world.work(order)
    operate.skip(stage=world.stage(order, "backoffice"), actor=sam, reason="written by hand", now=world.now)
    ship_everything(world, order)
    world.work(order)
    assert world.run_of(order).state == PipelineRun.State.SUCCEEDED


def test_a_rental_is_not_sold_twice(world, alice, episode):
    world.bought(alice, episode)
    with pytest.raises(AlreadyYours):
        world.cart_of(alice, episode)


def test_a_rental_that_waits_for_its_payment_is_not_sold_beside_it(world, alice, episode):
    world.order(alice, episode)
    with pytest.raises(AlreadyBeingBought):
        world.order(alice, episode)


def test_the_payment_page_is_another_generation_of_the_same_order(world, alice, episode):
    order = world.order(alice, episode)
    world.work(order, only="charge")
    first = world.payment_of(order)
    second = payments.switch_method(order, method="hosted", return_url="http://testserver/back", now=world.now)
    first.refresh_from_db()
    assert first.state == "cancelled"
    assert second.generation == 2
    assert second.provider_ref
    world.payments.buyer_pays(second)
    payments.look_again(order, now=world.now)
    world.work(order)
    order.refresh_from_db()
    assert order.is_paid
