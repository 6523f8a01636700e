"""Placing an order: one transaction writes the order, holds the stock, opens the payment and starts the pipeline.

It is written before the payment provider is called for the first time, so there is never money without an order.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from accounts.models import User
from config.lib import telemetry
from config.lib.locks import again_when_locked, lock_one
from orders.models import Cart, CartLine, Handler, Order, OrderAddress, OrderLine, Payment
from orders.pipeline.engine.start import start
from orders.services import events, terms
from orders.services.carts import AlreadyYours, NotForSale
from orders.services.pricing import PricedLine, Quote, quote
from shop.models import Product, Variant
from shop.services import stock
from vod.models import Entitlement, Title

# A payment that is being made at the very end of the hold must still find its stock.
HOLD_MARGIN = timedelta(minutes=15)


class CartEmpty(Exception):
    """There is nothing to order."""


class CartChanged(Exception):
    """The cart, a price, a fee or the address is no longer what the confirmation screen showed."""


class AddressMissing(Exception):
    """There are goods, and nobody has said where to."""


class AlreadyBeingBought(Exception):
    """Another order for the same title waits for its payment."""

    def __init__(self, order: Order) -> None:
        super().__init__(f"{order.number} already waits for payment")
        self.order = order


@telemetry.traced("place order")
@again_when_locked  # a crowd before one shelf waits longer than a lock does
@transaction.atomic
def place_order(
    *, cart: Cart, user: User, digest: str, method: str, origin: str, language: str, now: datetime
) -> Order:
    """Turn the cart into an order; a second submit of the same cart gets the same order.

    `digest` names what the confirmation screen showed; `origin` is the address the buyer comes back to, such as
    `https://example.jp`. Raises `CartEmpty`, `CartChanged`, `AddressMissing`, `AlreadyYours`, `AlreadyBeingBought`,
    `NotForSale`, or `stock.StockShort`; then nothing has been written.
    """
    cart = lock_one(Cart.objects.filter(user=user), pk=cart.pk)
    placed = Order.objects.filter(checkout_key=cart.checkout_key).first()
    if placed:
        return placed
    lines = list(cart.lines.select_related("variant__product", "offer__title"))
    _refuse_unsellable(lines, user=user, now=now)
    priced = quote(lines, prefecture=cart.ship_to.prefecture if cart.ship_to else None, now=now)
    if priced.has_goods and cart.ship_to is None:
        raise AddressMissing
    if priced.digest_to(cart.ship_to) != digest:
        raise CartChanged
    order = _write_order(cart, user, priced, digest=digest, language=language, now=now)
    _write_lines(order, priced, now=now)
    if priced.has_goods and cart.ship_to:
        OrderAddress.objects.create(order=order, **cart.ship_to.as_dict())
    _open_payment(order, method=method, origin=origin, now=now)
    cart.state = Cart.State.ORDERED
    cart.save(update_fields=["state"])
    events.record(order, "orders.order.made", now=now, actor=user, is_public=True)
    start("purchase", order=order, now=now, announce=False)  # the page goes through the charge itself
    return order


def payment_deadline(order: Order) -> datetime:
    """Until when an order waits to be paid; its stock is held a little longer."""
    return order.created_at + timedelta(minutes=settings.CHECKOUT_HOLD_MINUTES)


def _refuse_unsellable(lines: Sequence[CartLine], *, user: User, now: datetime) -> None:
    if not lines:
        raise CartEmpty
    for line in lines:
        if line.offer:
            _refuse_offer(line, user=user, now=now)
    goods = [line.variant_id for line in lines if line.variant_id]
    on_sale = Variant.objects.filter(pk__in=goods, is_active=True, product__in=Product.objects.published(now))
    if on_sale.count() != len(goods):
        raise NotForSale("Something in the cart is no longer on sale")
    if any(line.variant and line.quantity > line.variant.max_per_order for line in lines):
        raise NotForSale("There is more of something in the cart than one order may hold")


def _refuse_offer(line: CartLine, *, user: User, now: datetime) -> None:
    offer = line.offer
    assert offer is not None
    if not offer.is_on_sale_at(now) or not Title.objects.published(now).filter(pk=offer.title_id).exists():
        raise NotForSale("Something in the cart is no longer on sale")
    if Entitlement.objects.live_at(now).visible_to(user).covering(offer.title).exists():
        raise AlreadyYours("This can be watched already")
    pending = Order.objects.visible_to(user).filter(
        state=Order.State.PENDING_PAYMENT, lines__offer__title_id=offer.title_id
    )
    if other := pending.first():
        raise AlreadyBeingBought(other)


def _write_order(cart: Cart, user: User, priced: Quote, *, digest: str, language: str, now: datetime) -> Order:
    return Order.objects.create(
        checkout_key=cart.checkout_key,
        user=user,
        email=user.email,
        language=language,
        subtotal=priced.subtotal,
        shipping_fee=priced.shipping_fee or 0,
        shipping_tax_rate=priced.shipping_tax_rate,
        total=priced.total,
        fulfillment_state=(
            Order.FulfillmentState.UNFULFILLED if priced.has_goods else Order.FulfillmentState.NONE_REQUIRED
        ),
        terms=terms.as_kept(priced, digest=digest, hold_minutes=settings.CHECKOUT_HOLD_MINUTES),
        created_at=now,
    )


def _write_lines(order: Order, priced: Quote, *, now: datetime) -> None:
    """Copy the lines into the order; goods go to the handler of the warehouse that holds their stock."""
    references = {line.line.pk: uuid.uuid4() for line in priced.lines}
    wanted = [
        stock.Wanted(references[line.line.pk], line.line.variant_id, line.quantity)
        for line in priced.lines
        if line.line.variant_id
    ]
    until = payment_deadline(order) + HOLD_MARGIN
    holds = {hold.reference: hold for hold in stock.reserve(wanted=wanted, now=now, until=until)}
    handlers = list(Handler.objects.all())
    in_charge = {handler.warehouse_id: handler for handler in handlers if handler.warehouse_id}
    video_handler = next((handler for handler in handlers if handler.is_for_video), None)
    for line in priced.lines:
        hold = holds.get(references[line.line.pk])
        handler = in_charge.get(hold.stock_item.warehouse_id) if hold else video_handler
        if handler is None:
            raise NotForSale("Nobody is in charge of this yet; it cannot be ordered")
        _line_of(order, line, references[line.line.pk], handler).save(force_insert=True)


def _line_of(order: Order, priced: PricedLine, reference: uuid.UUID, handler: Handler) -> OrderLine:
    variant, offer = priced.line.variant, priced.line.offer
    line = OrderLine(
        order=order,
        reference=reference,
        variant=variant,
        offer=offer,
        handler=handler,
        name=priced.name,
        name_en=priced.name_en,
        unit_price=priced.unit_price,
        quantity=priced.quantity,
        tax_rate=priced.tax_rate,
    )
    if variant:
        line.sku, line.temperature_class = variant.sku, variant.product.temperature_class
    if offer:
        line.start_within_days, line.viewing_hours = offer.start_within_days, offer.viewing_hours
    return line


def _open_payment(order: Order, *, method: str, origin: str, now: datetime) -> Payment:
    return Payment.objects.create(
        order=order,
        method=method,
        provider=settings.PAYMENT_PROVIDER,
        amount=order.total,
        currency=order.currency,
        return_url=origin + reverse("orders:order_return", args=[order.number]),
        created_at=now,
    )
