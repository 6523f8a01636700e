"""My page: what a member may watch, was watching, and has ordered, from all apps in a handful of queries."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import Address, User
from orders.models import Order
from vod.models import Entitlement, Offer, Progress, Title
from vod.models.playback import FINISHED_SHARE

Row = TypeVar("Row", Entitlement, Progress)

NEWEST_ORDERS = 10
ORDERS_ON_A_PAGE = 20
WATCHING = 4

_DELIVERY: dict[str, tuple[Any, str]] = {
    Order.FulfillmentState.NONE_REQUIRED: (_("Paid"), "good"),
    Order.FulfillmentState.UNFULFILLED: (_("Being prepared for dispatch"), "warn"),
    Order.FulfillmentState.PARTIALLY_FULFILLED: (_("Partly dispatched"), "warn"),
    Order.FulfillmentState.FULFILLED: (_("Dispatched"), "good"),
}
_UNPAID: dict[str, tuple[Any, str]] = {
    Order.State.PENDING_PAYMENT: (_("Waiting for payment"), "warn"),
    Order.State.EXPIRED: (_("Not paid in time"), "bad"),
    Order.State.CANCELLED: (_("Cancelled"), "bad"),
}


@dataclass(frozen=True)
class OrderSummary:
    """An order as a list shows it: `state` in words, translated when shown; `tone` is good, warn or bad."""

    order: Order
    state: Any
    tone: str
    first_name: str
    others: int


@dataclass(frozen=True)
class MyPage:
    rights: list[Entitlement]
    watching: list[Progress]
    orders: list[OrderSummary]
    has_more_orders: bool
    addresses: int


@never_cache
@login_required
@require_safe
def my_page(request: HttpRequest) -> HttpResponse:
    return render(request, "cms/my_page.html", {"page": _my_page(user=request.user, now=timezone.now())})


@never_cache
@login_required
@require_safe
def order_list(request: HttpRequest) -> HttpResponse:
    pages = Paginator(_orders(request.user), ORDERS_ON_A_PAGE)
    page = pages.get_page(request.GET.get("page"))
    return render(request, "cms/order_list.html", {"page": page, "orders": [summarise(order) for order in page]})


def summarise(order: Order) -> OrderSummary:
    """The state of an order in words: what is paid is told by how far its goods have come."""
    state, tone = _UNPAID.get(order.state) or _DELIVERY[order.fulfillment_state]
    lines = list(order.lines.all())
    first_name = lines[0].display_name if lines else ""
    return OrderSummary(order=order, state=state, tone=tone, first_name=first_name, others=max(0, len(lines) - 1))


def _my_page(*, user: User, now: datetime) -> MyPage:
    newest = list(_orders(user)[: NEWEST_ORDERS + 1])
    return MyPage(
        rights=list(
            _with_series(Entitlement.objects.visible_to(user).live_at(now)).order_by(F("ends_at").asc(nulls_last=True))
        ),
        watching=list(_watching(user=user, now=now)[:WATCHING]),
        orders=[summarise(order) for order in newest[:NEWEST_ORDERS]],
        has_more_orders=len(newest) > NEWEST_ORDERS,
        addresses=Address.objects.visible_to(user).count(),
    )


def _orders(user: User) -> QuerySet[Order]:
    return Order.objects.visible_to(user).prefetch_related("lines").order_by("-created_at", "-pk")


def _with_series(rows: QuerySet[Row]) -> QuerySet[Row]:
    return rows.select_related("title__episode__season__series")


def _watching(*, user: User, now: datetime) -> QuerySet[Progress]:
    """What was begun, is not finished, and can be gone on with now: free, or under a right that lasts."""
    held = Entitlement.objects.visible_to(user).live_at(now)
    covered = held.filter(Q(title=OuterRef("title")) | Q(title__seasons__episodes__title=OuterRef("title")))
    free = Offer.objects.on_sale_at(now).filter(kind=Offer.Kind.FREE, title=OuterRef("title"))
    begun = Progress.objects.filter(user=user, finished_at__isnull=True, position_s__gt=0)
    within = begun.filter(position_s__lt=F("duration_s") * FINISHED_SHARE)
    open_now = within.filter(Exists(covered) | Exists(free), title__in=Title.objects.published(now))
    return _with_series(open_now).order_by("-updated_at")
