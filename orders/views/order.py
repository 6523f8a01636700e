"""An order: its page, the return from paying, paying another way, and the events that keep the page true."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from config.lib.realtime import stream
from orders import queries
from orders.forms import PayForm
from orders.models import Order
from orders.pipeline.engine.errors import Transient
from orders.services import payments
from orders.services.checkout import payment_deadline
from orders.services.declines import words_for


@never_cache
@login_required
@require_GET
def show_order(request: HttpRequest, number: str) -> HttpResponse:
    order = _own_order(request, number)
    payable, is_unreachable = _payable(order)
    order = _own_order(request, number)  # asking the provider may have moved it on
    response = render(request, "orders/order.html", _context(order, payable, is_unreachable))
    response["X-Robots-Tag"] = "noindex"
    return response


def _payable(order: Order) -> tuple[payments.Payable | None, bool]:
    if order.state != Order.State.PENDING_PAYMENT:
        return None, False
    try:
        return payments.payable(order, now=timezone.now()), False
    except Transient:
        return None, True


def _context(order: Order, payable: payments.Payable | None, is_unreachable: bool) -> dict[str, object]:
    config = payable and {
        "publishableKey": settings.STRIPE_PUBLISHABLE_KEY,
        "clientSecret": payable.status.client_secret,
        "returnUrl": payable.payment.return_url,
        "locale": get_language(),
    }
    return {
        "order": order,
        "steps": queries.order_steps(order),
        "document": queries.tax_document(order),
        "payable": payable,
        "payment_config": config,
        "payment_deadline": payment_deadline(order),
        "is_provider_unreachable": is_unreachable,
        "decline": words_for(queries.last_decline(order)),
        "stripe_js_url": settings.STRIPE_JS_URL,
    }


@never_cache
@login_required
@require_GET
def order_return(request: HttpRequest, number: str) -> HttpResponse:
    """Where the buyer comes back to: ask the provider, show the order. What the address says is not believed."""
    order = _own_order(request, number)
    payments.look_again(order, now=timezone.now())
    return redirect(order)


@login_required
@require_POST
def pay(request: HttpRequest, number: str) -> HttpResponse:
    """Pay an order that waits for it, in the page or at the provider's own page."""
    order = _own_order(request, number)
    form = PayForm(request.POST)
    if not form.is_valid():
        return redirect(order)
    back = f"{request.scheme}://{request.get_host()}{order.get_absolute_url()}return/"
    try:
        payments.switch_method(order, method=form.cleaned_data["method"], return_url=back, now=timezone.now())
        payable = payments.payable(order, now=timezone.now())
    except payments.NotPayable:
        return redirect(order)
    except Transient:
        messages.error(request, _("The payment service does not answer just now. Please try again in a moment."))
        return redirect(order)
    return redirect(payable.status.page_url if payable and payable.status.page_url else order.get_absolute_url())


async def order_events(request: HttpRequest, number: str) -> HttpResponseBase:
    """Server-sent events of one order, for its owner alone: each only says that the page should look again."""
    user = await request.auser()
    if not isinstance(user, User):
        raise Http404
    if not await Order.objects.visible_to(user).filter(number=number).aexists():
        raise Http404
    response = StreamingHttpResponse(stream(f"order:{number}"), content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def _own_order(request: HttpRequest, number: str) -> Order:
    assert isinstance(request.user, User)
    order = queries.order_for_page(request.user, number)
    if order is None:
        raise Http404
    return order
