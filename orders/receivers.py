"""What orders does when something happens below: a guest who signs in keeps the cart."""

import uuid
from typing import Any

from allauth.account.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User
from orders.cart_session import TOKEN_KEY, note_count
from orders.services import carts


@receiver(user_logged_in)
def keep_cart(request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Merge the guest's cart into the member's; the session forgets the guest's token."""
    token = request.session.pop(TOKEN_KEY, None)
    cart = carts.find_cart(user=user, token=None)
    if token:
        cart = carts.merge(guest_token=uuid.UUID(token), user=user, now=timezone.now())
    note_count(request, cart)
