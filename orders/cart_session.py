"""Which cart belongs to a request: the member's, or the one whose token the browser session holds."""

import uuid
from datetime import datetime

from django.db.models import Sum
from django.http import HttpRequest

from accounts.models import User
from orders.models import Cart
from orders.services import carts

TOKEN_KEY = "cart"  # noqa: S105 the name of a key, not a secret
COUNT_KEY = "cart_count"


def cart_of(request: HttpRequest) -> Cart | None:
    return carts.find_cart(user=_user(request), token=_token(request))


def open_cart_of(request: HttpRequest, *, now: datetime) -> Cart:
    cart = carts.open_cart(user=_user(request), token=_token(request), now=now)
    if cart.user_id is None:
        request.session[TOKEN_KEY] = str(cart.token)
    return cart


def note_count(request: HttpRequest, cart: Cart | None, *, count: int | None = None) -> int:
    """Keep the number of pieces for the page header, which then needs no query; `count` where it is known already."""
    if count is None:
        count = (cart.lines.aggregate(pieces=Sum("quantity"))["pieces"] or 0) if cart else 0
    if request.session.get(COUNT_KEY, 0) != count:  # looking at a cart writes no session
        request.session[COUNT_KEY] = count
    return count


def _user(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None


def _token(request: HttpRequest) -> uuid.UUID | None:
    value = request.session.get(TOKEN_KEY)
    return uuid.UUID(value) if value else None
