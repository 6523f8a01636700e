"""Placements, shipping lists, instructions, and what the warehouse reports back."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import Prefecture
from config.lib.locks import lock, lock_one
from orders.models import (
    FulfillmentLine,
    FulfillmentOrder,
    Handler,
    Order,
    OrderLine,
    Placement,
    Shipment,
    ShipmentLine,
    ShippingList,
)
from orders.services import events
from orders.warehouses.base import ReportedShipment
from shop.models import TemperatureClass
from shop.services import stock

Json = dict[str, Any]
NEW, CANCELLED = "未対応", "取消"  # the choices of the field `status` in the back office's own app


class UnknownShipment(Exception):
    """A report names an instruction or a line that is not ours, or more than was to be sent."""


def lines_of(order: Order, handler: Handler) -> list[OrderLine]:
    return [line for line in order.lines.select_related("offer__title") if line.handler_id == handler.pk]


@transaction.atomic
def commit_stock(order: Order, *, now: datetime) -> None:
    """Turn all holds of the order into allocations, whoever is in charge of them; raises `stock.StockShort`.

    All or nothing: no warehouse may send its part of an order that another part takes back.
    """
    lock_one(Order.objects.all(), pk=order.pk)
    goods = [
        stock.Wanted(line.reference, line.variant_id, line.quantity) for line in order.lines.all() if line.variant_id
    ]
    stock.commit(wanted=goods, now=now)


def uncommit_stock(order: Order, *, now: datetime) -> None:
    """Take back what `commit_stock` did."""
    stock.uncommit(references=order.lines.filter(variant__isnull=False).values_list("reference", flat=True), now=now)


def place(order: Order, handler: Handler, *, now: datetime) -> Placement:
    """Write what the handler has to do, once there is stock for the whole order; raises `stock.StockShort`."""
    commit_stock(order, now=now)
    lines = lines_of(order, handler)
    placement, _ = Placement.objects.get_or_create(
        order=order, handler=handler, defaults={"total": sum(line.amount for line in lines), "placed_at": now}
    )
    return placement


def backoffice_record(placement: Placement) -> Json:
    """The placement as the back office keeps it, found by its reference."""
    order = placement.order
    ship_to = getattr(order, "ship_to", None)
    lines = lines_of(order, placement.handler)
    return {
        "placement_reference": str(placement.reference),
        "order_number": order.number,
        "handler": placement.handler.name,
        "placed_at": placement.placed_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "customer_name": ship_to.name if ship_to else (order.user.name or order.email),
        "lines": "\n".join(f"{line.sku or '動画'} {line.name} × {line.quantity}" for line in lines),
        "total": str(placement.total),
        "ship_to_prefecture": ship_to.get_prefecture_display() if ship_to else "",
        "status": NEW,
    }


def list_for_shipping(placement: Placement, *, now: datetime) -> FulfillmentOrder:
    """Put the placement's goods on the handler's shipping list of the day."""
    known = FulfillmentOrder.objects.filter(placement=placement).first()
    if known:
        return known
    handler = placement.handler
    assert handler.warehouse is not None
    lines = [line for line in lines_of(placement.order, handler) if line.is_goods]
    day, _ = ShippingList.objects.get_or_create(handler=handler, date=timezone.localdate(now))
    made = FulfillmentOrder.objects.create(
        placement=placement,
        order=placement.order,
        warehouse=handler.warehouse,
        shipping_list=day,
        temperature_class=_coldest(lines),
        created_at=now,
    )
    FulfillmentLine.objects.bulk_create(
        FulfillmentLine(fulfillment_order=made, order_line=line, quantity=line.quantity) for line in lines
    )
    return made


def _coldest(lines: list[OrderLine]) -> str:
    order = [TemperatureClass.AMBIENT, TemperatureClass.CHILLED, TemperatureClass.FROZEN]
    return max((line.temperature_class for line in lines), key=lambda value: order.index(TemperatureClass(value)))


def instruction(fulfillment_order: FulfillmentOrder) -> Json:
    """The shipping instruction as the warehouse takes it, under our reference."""
    ship_to = fulfillment_order.order.ship_to
    lines = fulfillment_order.lines.select_related("order_line")
    return {
        "reference": str(fulfillment_order.reference),
        "order_number": fulfillment_order.order.number,
        "ship_to": {
            **{name: str(value) for name, value in ship_to.as_dict().items()},
            "prefecture": Prefecture(ship_to.prefecture).label,
        },
        "temperature": fulfillment_order.temperature_class,
        "lines": [
            {
                "line_reference": str(line.order_line.reference),
                "sku": line.order_line.sku,
                "name": line.order_line.name,
                "quantity": line.quantity,
            }
            for line in lines
        ],
    }


def note_accepted(fulfillment_order: FulfillmentOrder, external_id: str) -> None:
    """The warehouse has taken the instruction. A first shipment may have been reported before we knew."""
    if fulfillment_order.state == FulfillmentOrder.State.OPEN:
        fulfillment_order.move_to(FulfillmentOrder.State.ACCEPTED, external_id=external_id)
    elif not fulfillment_order.external_id:
        fulfillment_order.external_id = external_id
        fulfillment_order.save(update_fields=["external_id"])


def take_off_the_lists(order: Order) -> None:
    """What the warehouse was not told of yet is not to be sent any more."""
    open_ones = FulfillmentOrder.objects.filter(order=order, state=FulfillmentOrder.State.OPEN)
    for fulfillment_order in lock(open_ones):
        fulfillment_order.move_to(FulfillmentOrder.State.CANCELLED)


def note_recalled(fulfillment_order: FulfillmentOrder) -> None:
    """The warehouse has stopped it before anything left: nothing of it is to be waited for any more."""
    order = lock_one(Order.objects.all(), pk=fulfillment_order.order_id)
    fulfillment_order.refresh_from_db(fields=["state"])
    if fulfillment_order.state != FulfillmentOrder.State.CANCELLED:
        fulfillment_order.move_to(FulfillmentOrder.State.CANCELLED)
        order.fulfillment_state = _delivery(order)
        order.save(update_fields=["fulfillment_state"])


def _delivery(order: Order) -> str:
    """How much of the goods has left, of those that were not stopped at the warehouse."""
    states = Order.FulfillmentState
    goods = order.lines.filter(variant__isnull=False)
    goods = goods.exclude(fulfillment_line__fulfillment_order__state=FulfillmentOrder.State.CANCELLED)
    if not goods.exists():
        return states.NONE_REQUIRED
    if not goods.exclude(fulfillment_line__shipped_quantity__gte=F("quantity")).exists():
        return states.FULFILLED
    is_begun = goods.filter(fulfillment_line__shipped_quantity__gte=1).exists()
    return states.PARTIALLY_FULFILLED if is_begun else states.UNFULFILLED


@transaction.atomic
def record_shipment(*, reference: str, shipment: ReportedShipment, now: datetime) -> FulfillmentOrder:
    """Write one parcel the warehouse has sent: stock leaves, lines and order move on. The same parcel twice is one.

    Raises `UnknownShipment` when the report does not fit what we asked for; then nothing is written.
    """
    found = FulfillmentOrder.objects.filter(reference=reference).values_list("order_id", flat=True).first()
    if found is None:
        raise UnknownShipment(f"There is no instruction {reference}")
    order = lock_one(Order.objects.all(), pk=found)
    fulfillment_order = FulfillmentOrder.objects.get(reference=reference)
    if fulfillment_order.state == FulfillmentOrder.State.CANCELLED:
        raise UnknownShipment(f"{reference} was cancelled before anything of it left")
    parcel, is_new = Shipment.objects.get_or_create(
        fulfillment_order=fulfillment_order,
        external_id=shipment.external_id,
        defaults={
            "carrier": shipment.carrier,
            "tracking_number": shipment.tracking_number,
            "shipped_at": shipment.shipped_at,
        },
    )
    if is_new:
        _send_lines(fulfillment_order, parcel, shipment, now)
        _move_on(order, fulfillment_order, parcel, now)
    return fulfillment_order


def _send_lines(
    fulfillment_order: FulfillmentOrder, parcel: Shipment, shipment: ReportedShipment, now: datetime
) -> None:
    lines = {str(line.order_line.reference): line for line in fulfillment_order.lines.select_related("order_line")}
    for sent in shipment.lines:
        line = lines.get(sent.line_reference)
        if line is None or line.shipped_quantity + sent.quantity > line.quantity:
            raise UnknownShipment(f"{sent.quantity} of {sent.line_reference} do not fit {fulfillment_order.reference}")
        FulfillmentLine.objects.filter(pk=line.pk).update(shipped_quantity=F("shipped_quantity") + sent.quantity)
        ShipmentLine.objects.create(shipment=parcel, order_line=line.order_line, quantity=sent.quantity)
        key = f"shipped:{parcel.external_id}:{sent.line_reference}"
        stock.ship(reference=line.order_line.reference, quantity=sent.quantity, key=key, now=now)


def _move_on(order: Order, fulfillment_order: FulfillmentOrder, parcel: Shipment, now: datetime) -> None:
    states = FulfillmentOrder.State
    is_whole = not fulfillment_order.lines.filter(shipped_quantity__lt=F("quantity")).exists()
    if fulfillment_order.state == states.OPEN:  # the report was faster than the answer to our instruction
        fulfillment_order.move_to(states.ACCEPTED)
    fulfillment_order.move_to(states.SHIPPED if is_whole else states.PARTIALLY_SHIPPED)
    order.fulfillment_state = _delivery(order)
    order.save(update_fields=["fulfillment_state"])
    events.record(
        order,
        "orders.shipment.sent",
        now=now,
        is_public=True,
        carrier=parcel.carrier,
        tracking_number=parcel.tracking_number,
        is_whole=order.fulfillment_state == Order.FulfillmentState.FULFILLED,
    )
