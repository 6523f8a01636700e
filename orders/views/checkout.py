"""The checkout: where to, the confirmation screen, and the order button."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.forms import AddressForm
from accounts.models import Address, User
from accounts.services import save_address
from config.lib import clock
from orders import queries
from orders.cart_page import CartPage, cart_page
from orders.cart_session import cart_of, note_count
from orders.forms import ChooseAddressForm, PlaceOrderForm
from orders.models import Cart, Order, Payment
from orders.pipeline.engine.errors import Transient
from orders.services import carts, checkout, declines, payments, terms
from orders.services.pricing import NotDeliverable
from orders.views.formats import wants_json
from orders.views.own import member
from shop.models import Variant
from shop.services.stock import StockShort


@never_cache
@login_required
@require_GET
def show_checkout(request: HttpRequest) -> HttpResponse:
    """The confirmation screen; it is the last one, and says everything the law asks for."""
    user, cart = member(request), cart_of(request)
    page = cart_page(cart, user=user, now=clock.now())
    if cart is None or not page.rows:
        pending = queries.pending_order(user)
        return redirect(pending or "orders:cart")
    if not page.can_be_ordered and not page.not_deliverable:
        messages.error(request, _("Please look at the notes in the cart before you order."))
        return redirect("orders:cart")
    if page.quote.has_goods and cart.ship_to is None:
        return _choose_default_address(user, cart)
    return render(request, "orders/checkout.html", _context(request, cart, page))


def _choose_default_address(user: User, cart: Cart) -> HttpResponse:
    address = Address.objects.visible_to(user).filter(is_default=True).first()
    if address is None:
        return redirect("orders:checkout_address")
    carts.choose_address(cart=cart, address=address)
    return redirect("orders:checkout")


def _context(request: HttpRequest, cart: Cart, page: CartPage) -> dict[str, object]:
    return {
        "cart": cart,
        "page": page,
        "quote": page.quote,
        "digest": page.quote.digest_to(cart.ship_to),
        "items": terms.statutory_items(page.quote, hold_minutes=settings.CHECKOUT_HOLD_MINUTES),
        "stripe_js_url": settings.STRIPE_JS_URL,
        "payment_config": {
            "publishableKey": settings.STRIPE_PUBLISHABLE_KEY,
            "amount": page.quote.total,
            "currency": "jpy",
            "locale": get_language(),
            "placeUrl": reverse("orders:place_order"),
            "declines": declines.sentences(),
        },
    }


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def choose_address(request: HttpRequest) -> HttpResponse:
    """Choose from the address book or write a new one; what was typed stays after a mistake."""
    user, cart = member(request), cart_of(request)
    if cart is None:
        return redirect("orders:cart")
    form = AddressForm()
    chosen = ChooseAddressForm(request.POST)
    if request.method == "POST" and chosen.is_valid():
        address = get_object_or_404(Address.objects.visible_to(user), pk=chosen.cleaned_data["address"])
        carts.choose_address(cart=cart, address=address)
        return redirect("orders:checkout")
    if request.method == "POST":
        form = AddressForm(request.POST)
        if form.is_valid():
            address = save_address(user=user, address=form.save(commit=False), make_default=False)
            carts.choose_address(cart=cart, address=address)
            return redirect("orders:checkout")
    context = {"form": form, "addresses": Address.objects.visible_to(user), "cart": cart}
    return render(request, "orders/checkout_address.html", context, status=422 if form.errors else 200)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def place_order(request: HttpRequest) -> HttpResponse:
    """The order button. Pressed again, after back or reload, it leads to the same order."""
    if request.method == "GET":  # who had to sign in again before the button counted looks at it once more
        return redirect("orders:checkout")
    form = PlaceOrderForm(request.POST)
    if not form.is_valid():
        return _refuse(request, _("Please look at the confirmation once more."), "orders:checkout")
    user, now = member(request), clock.now()
    cart = get_object_or_404(Cart, user=user, checkout_key=form.cleaned_data["checkout_key"])
    try:
        order = checkout.place_order(
            cart=cart,
            user=user,
            digest=form.cleaned_data["digest"],
            method=form.cleaned_data["method"],
            origin=f"{request.scheme}://{request.get_host()}",
            language=get_language() or "ja",
            now=now,
        )
    except checkout.AlreadyBeingBought as refusal:
        text = _("This waits for payment already in another order; please finish that one.")
        return _refuse(request, text, refusal.order.get_absolute_url())
    except REFUSALS as refusal:
        return _refuse(request, _words(refusal), "orders:cart")
    note_count(request, cart_of(request))
    payments.look_again(order, now=now)
    return _lead_to_payment(request, order, form.cleaned_data["method"])


REFUSALS = (
    checkout.CartEmpty,
    checkout.CartChanged,
    checkout.AddressMissing,
    NotDeliverable,
    carts.NotForSale,
    StockShort,
)


def _words(refusal: Exception) -> str:
    if isinstance(refusal, StockShort):
        variant = Variant.objects.select_related("product").get(pk=refusal.variant_id)
        if refusal.available:
            return _("%(name)s: only %(left)d are left.") % {"name": variant.display_name, "left": refusal.available}
        return _("%(name)s is sold out. Somebody else was a moment faster.") % {"name": variant.display_name}
    if isinstance(refusal, carts.AlreadyYours):
        return _("You can watch something in the cart already.")
    if isinstance(refusal, checkout.CartChanged):
        return _("The cart, a price or the address has changed; nothing was ordered. Please look at it once more.")
    if isinstance(refusal, checkout.CartEmpty):
        return _("There is nothing in the cart.")
    if isinstance(refusal, checkout.AddressMissing):
        return _("Please say where the goods go.")
    if isinstance(refusal, NotDeliverable):
        return _("Something in the cart cannot be sent to this prefecture.")
    return _("Something in the cart is not on sale any more; nothing was ordered.")


def _refuse(request: HttpRequest, text: str, to: str) -> HttpResponse:
    if wants_json(request):
        url = to if to.startswith("/") else reverse(to)
        return JsonResponse({"error": text, "url": url}, status=409)
    messages.error(request, text)
    return redirect(to)


def _lead_to_payment(request: HttpRequest, order: Order, method: str) -> HttpResponse:
    """Give the page's form its secret, or send the browser to the provider's own page."""
    try:
        payable = payments.payable(order, now=clock.now())
    except Transient:
        payable = None
    if wants_json(request):
        body = {"order": order.number, "url": order.get_absolute_url()}
        if payable:
            body |= {"clientSecret": payable.status.client_secret, "returnUrl": payable.payment.return_url}
        return JsonResponse(body)
    if payable and method == Payment.Method.HOSTED and payable.status.page_url:
        return redirect(payable.status.page_url)
    return redirect(order)
