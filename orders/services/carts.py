"""The verbs of the cart. It belongs to a member, or to a guest whom a token in the browser session names."""

import uuid
from datetime import datetime

from django.db import IntegrityError, transaction

from accounts.models import Address, User
from config.lib.locks import lock, lock_one
from orders.models import Cart, CartLine
from shop.models import Product, Variant
from vod.models import Entitlement, Offer, Title


class NotForSale(Exception):
    """What was asked for cannot be put into a cart now; the message is for the person."""


class AlreadyYours(NotForSale):
    """The title can be watched already, so it is not sold a second time."""


class CartMoved(Exception):
    """At this very moment the cart was ordered or merged, or the line was taken out; nothing was done."""


class TooMany(NotForSale):
    """More than one order may hold."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"At most {limit} in one order")
        self.limit = limit


def find_cart(*, user: User | None, token: uuid.UUID | None) -> Cart | None:
    """The open cart of a member, else of the guest with that token."""
    carts = Cart.objects.filter(state=Cart.State.OPEN)
    if user is not None:
        return carts.filter(user=user).first()
    return carts.filter(token=token, user__isnull=True).first() if token else None


def open_cart(*, user: User | None, token: uuid.UUID | None, now: datetime) -> Cart:
    """The open cart, or a new one."""
    found = find_cart(user=user, token=token)
    if found:
        return found
    try:
        with transaction.atomic():
            return Cart.objects.create(user=user, created_at=now, updated_at=now)
    except IntegrityError:  # two requests of one member at once: the other has made it
        return Cart.objects.get(user=user, state=Cart.State.OPEN)


@transaction.atomic
def add_variant(*, cart: Cart, variant: Variant, quantity: int, now: datetime) -> CartLine:
    """Add to what is there of the variant, up to the most that one order may hold.

    Raises `NotForSale`, `TooMany`, or `CartMoved`; then nothing has been added.
    """
    if quantity < 1:
        raise NotForSale("The quantity is at least one")
    on_sale = Variant.objects.filter(pk=variant.pk, is_active=True, product__in=Product.objects.published(now))
    if not on_sale.exists():
        raise NotForSale("This is not on sale")
    cart = _still_open(cart)
    line = cart.lines.filter(variant=variant).first()
    wanted = quantity + (line.quantity if line else 0)
    if wanted > variant.max_per_order:
        raise TooMany(variant.max_per_order)
    if line is None:
        line = CartLine(cart=cart, variant=variant, added_at=now)
    line.quantity, line.unit_price_seen = wanted, variant.price
    line.save()
    _touch(cart, now)
    return line


@transaction.atomic
def add_offer(*, cart: Cart, offer: Offer, now: datetime) -> CartLine:
    """Add an offer once; adding it again changes nothing.

    Raises `NotForSale`, `AlreadyYours`, or `CartMoved`; then nothing has been added.
    """
    if offer.kind == Offer.Kind.FREE or not offer.is_on_sale_at(now) or not _is_published(offer, now):
        raise NotForSale("This is not on sale")
    if cart.user and Entitlement.objects.live_at(now).visible_to(cart.user).covering(offer.title).exists():
        raise AlreadyYours("This can be watched already")
    cart = _still_open(cart)
    line, _ = cart.lines.get_or_create(offer=offer, defaults={"unit_price_seen": offer.price, "added_at": now})
    _touch(cart, now)
    return line


@transaction.atomic
def change_quantity(*, line: CartLine, quantity: int, now: datetime) -> None:
    """Set the quantity of goods; raises `NotForSale`, `TooMany` above the limit of one order, or `CartMoved`."""
    variant = line.variant
    if variant is None or quantity < 1:
        raise NotForSale("The quantity is at least one")
    if quantity > variant.max_per_order:
        raise TooMany(variant.max_per_order)
    cart, line = _still_there(line)
    line.quantity, line.unit_price_seen = quantity, variant.price
    line.save(update_fields=["quantity", "unit_price_seen"])
    _touch(cart, now)


@transaction.atomic
def remove(*, line: CartLine, now: datetime) -> None:
    """Take a line out; raises `CartMoved` where it is not there any more."""
    cart, line = _still_there(line)
    line.delete()
    _touch(cart, now)


@transaction.atomic
def choose_address(*, cart: Cart, address: Address) -> None:
    cart.ship_to = address
    cart.save(update_fields=["ship_to"])


@transaction.atomic
def merge(*, guest_token: uuid.UUID, user: User, now: datetime) -> Cart:
    """Put a guest's cart into the member's: quantities add up to the limit of one order, and no line is lost.

    A video the member can watch already stays a line; the cart then says so, and the order refuses it.
    """
    member_cart = open_cart(user=user, token=None, now=now)
    guest_cart = find_cart(user=None, token=guest_token)
    if guest_cart is None:
        return member_cart
    if len(lock(Cart.objects.filter(pk__in=(member_cart.pk, guest_cart.pk), state=Cart.State.OPEN))) < 2:
        return merge(guest_token=guest_token, user=user, now=now)  # one of them has just been ordered, or merged
    for line in guest_cart.lines.select_related("variant"):
        _merge_line(line, member_cart)
    guest_cart.state = Cart.State.MERGED
    guest_cart.save(update_fields=["state"])
    _touch(member_cart, now)
    return member_cart


def _still_open(cart: Cart) -> Cart:
    """The cart under its lock. A button pressed elsewhere meanwhile may have ordered it."""
    try:
        return lock_one(Cart.objects.filter(state=Cart.State.OPEN), pk=cart.pk)
    except Cart.DoesNotExist as gone:
        raise CartMoved from gone


def _still_there(line: CartLine) -> tuple[Cart, CartLine]:
    """The open cart of a line under its lock, and the line read again."""
    cart = _still_open(line.cart)
    fresh = cart.lines.filter(pk=line.pk).first()
    if fresh is None:
        raise CartMoved
    return cart, fresh


def _merge_line(line: CartLine, cart: Cart) -> None:
    mine = cart.lines.filter(variant=line.variant, offer=line.offer).first()
    if mine is None:
        line.cart = cart
        line.save(update_fields=["cart"])
    elif line.variant:
        mine.quantity = max(mine.quantity, min(mine.quantity + line.quantity, line.variant.max_per_order))
        mine.save(update_fields=["quantity"])


def _is_published(offer: Offer, now: datetime) -> bool:
    return Title.objects.published(now).filter(pk=offer.title_id).exists()


def _touch(cart: Cart, now: datetime) -> None:
    Cart.objects.filter(pk=cart.pk).update(updated_at=now)
