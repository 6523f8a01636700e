"""An order: its page, the return from paying, paying another way, and the events that keep the page true."""

from functools import partial

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.sessions.backends.base import SessionBase
from django.db import connections
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import User
from accounts.services import still_signed_in
from config.lib import clock
from config.lib.realtime import stream
from orders import queries
from orders.forms import PayForm
from orders.models import Order
from orders.order_page import OrderPage, order_page
from orders.pipeline.engine.errors import Transient
from orders.services import cancelling, payments
from orders.services.checkout import payment_deadline
from orders.services.declines import sentences, words_for
from orders.views.own import member, own_order


@never_cache
@login_required
@require_GET
def show_order(request: HttpRequest, number: str) -> HttpResponse:
    payable, is_unreachable = _payable(own_order(request, number))
    is_payable = payable is not None or is_unreachable
    # Read after the provider was asked, which may have moved it on.
    page = order_page(member(request), number, is_payable=is_payable)
    if page is None:
        raise Http404
    response = render(request, "orders/order.html", _context(page, payable, is_unreachable))
    response["X-Robots-Tag"] = "noindex"
    return response


def _payable(order: Order) -> tuple[payments.Payable | None, bool]:
    if order.state != Order.State.PENDING_PAYMENT:
        return None, False
    try:
        return payments.payable(order, now=clock.now()), False
    except Transient:
        return None, True


def _context(page: OrderPage, payable: payments.Payable | None, is_unreachable: bool) -> dict[str, object]:
    order = page.order
    decline = (payable.status.decline_code if payable else "") or queries.last_decline(order)
    return {
        "page": page,
        "order": order,
        "payable": payable,
        "payment_config": payable and _payment_config(payable),
        "payment_deadline": payment_deadline(order),
        "is_provider_unreachable": is_unreachable,
        "decline": words_for(decline),
        "stripe_js_url": settings.STRIPE_JS_URL,
    }


def _payment_config(payable: payments.Payable) -> dict[str, object]:
    """What the card form in the page needs; without a secret the payment waits at the provider's own page."""
    return {
        "publishableKey": settings.STRIPE_PUBLISHABLE_KEY,
        "amount": payable.payment.amount,
        "currency": payable.payment.currency.lower(),
        "locale": get_language(),
        "clientSecret": payable.status.client_secret,
        "returnUrl": payable.payment.return_url,
        "declines": sentences(),
    }


@never_cache
@login_required
@require_GET
def order_return(request: HttpRequest, number: str) -> HttpResponse:
    """Where the buyer comes back to: ask the provider, show the order. What the address says is not believed."""
    order = own_order(request, number)
    payments.look_again(order, now=clock.now())
    return redirect(order)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def pay(request: HttpRequest, number: str) -> HttpResponse:
    """Pay an order that waits for it, in the page or at the provider's own page."""
    order = own_order(request, number)
    form = PayForm(request.POST)  # empty for who comes here after signing in again: the order's page asks anew
    if not form.is_valid():
        return redirect(order)
    back = f"{request.scheme}://{request.get_host()}{order.get_absolute_url()}return/"
    try:
        payments.switch_method(order, method=form.cleaned_data["method"], return_url=back, now=clock.now())
        payable = payments.payable(order, now=clock.now())
    except payments.NotPayable:
        return redirect(order)
    except Transient:
        messages.error(request, _("The payment service does not answer just now. Please try again in a moment."))
        return redirect(order)
    return redirect(payable.status.page_url if payable and payable.status.page_url else order.get_absolute_url())


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def cancel_order(request: HttpRequest, number: str) -> HttpResponse:
    """Ask once more, then cancel the whole order, or say why that is not possible any more."""
    order = own_order(request, number)
    if request.method == "GET":
        if not cancelling.standing(order).is_possible:
            return redirect(order)
        context = {"order": order, "lines": order.lines.all(), "is_paid": queries.was_paid(order)}
        return render(request, "orders/order_cancel.html", context)
    try:
        cancelling.cancel(order, member(request), "", clock.now())
    except cancelling.NotCancellable as refusal:
        messages.error(request, render_to_string("orders/not_cancelled.txt", {"why": refusal.why}))
    return redirect(order)


async def order_events(request: HttpRequest, number: str) -> HttpResponseBase:
    """Server-sent events of one order, for its owner alone: each only says that the page should look again."""
    user = await request.auser()
    if not isinstance(user, User):
        raise Http404
    if not await Order.objects.visible_to(user).filter(number=number).aexists():
        raise Http404
    await sync_to_async(_let_go)()
    may_go_on = partial(_may_go_on, user, request.session)
    body = stream(f"order:{number}", reader=f"member:{user.pk}", may_go_on=may_go_on)
    response = StreamingHttpResponse(body, content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


@sync_to_async
def _may_go_on(user: User, session: SessionBase) -> bool:
    try:
        return still_signed_in(user, session)
    finally:
        _let_go()


def _let_go() -> None:
    """A page stays open for minutes and must not hold a connection to the database for so long."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
