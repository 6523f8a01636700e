"""What is of the member who asks, and of nobody else."""

from django.http import Http404, HttpRequest

from accounts.models import User
from orders import queries
from orders.models import Order


def member(request: HttpRequest) -> User:
    """Who asks; the view has let only members in."""
    assert isinstance(request.user, User)
    return request.user


def own_order(request: HttpRequest, number: str) -> Order:
    """The member's order with that number; anybody else's is not there."""
    order = queries.own_order(member(request), number)
    if order is None:
        raise Http404
    return order
