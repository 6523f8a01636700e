"""The cart: seen, filled, changed, emptied. Every change is a plain form post."""

from datetime import datetime

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from orders.cart_page import cart_page
from orders.cart_session import cart_of, note_count, open_cart_of
from orders.forms import AddToCartForm, QuantityForm
from orders.models import Cart, CartLine
from orders.services import carts
from orders.views.formats import wants_json
from shop.models import Variant
from vod.models import Offer

REMOVED_KEY = "cart_removed"


@require_GET
def show_cart(request: HttpRequest) -> HttpResponse:
    cart = cart_of(request)
    user = request.user if isinstance(request.user, User) else None
    page = cart_page(cart, user=user, now=timezone.now())
    note_count(request, cart, count=page.pieces)
    removed = request.session.pop(REMOVED_KEY, None)
    context = {"page": page, "removed": removed, "free_shipping_from": settings.FREE_SHIPPING_FROM}
    return render(request, "orders/cart.html", context)


@require_POST
def add_to_cart(request: HttpRequest) -> HttpResponse:
    form = AddToCartForm(request.POST)
    if not form.is_valid():
        return _answer(request, error=_("This could not be added: please choose what and how many."))
    try:
        cart, name = _add(request, form)
    except carts.AlreadyYours:
        return _already_yours(request, form)
    except carts.TooMany as error:
        text = _("At most %(limit)d of this can be ordered at once.") % {"limit": error.limit}
        return _answer(request, error=text)
    except carts.NotForSale:
        return _answer(request, error=_("This is not on sale now."))
    except carts.CartMoved:
        return _answer(request, error=_moved())
    return _answer(request, count=note_count(request, cart), added=name)


def _add(request: HttpRequest, form: AddToCartForm) -> tuple[Cart, str]:
    """Add to the open cart; to the next one where that one is ordered at this very moment."""
    now = timezone.now()
    cart = open_cart_of(request, now=now)
    try:
        return cart, _put(form, cart, now)
    except carts.CartMoved:
        cart = open_cart_of(request, now=now)
        return cart, _put(form, cart, now)


def _put(form: AddToCartForm, cart: Cart, now: datetime) -> str:
    if form.cleaned_data["variant"]:
        variant = get_object_or_404(Variant.objects.select_related("product"), pk=form.cleaned_data["variant"])
        carts.add_variant(cart=cart, variant=variant, quantity=form.cleaned_data["quantity"] or 1, now=now)
        return variant.display_name
    offer = get_object_or_404(Offer.objects.select_related("title"), pk=form.cleaned_data["offer"])
    carts.add_offer(cart=cart, offer=offer, now=now)
    return offer.title.display_name


def _already_yours(request: HttpRequest, form: AddToCartForm) -> HttpResponse:
    """Nothing is sold twice: the buyer lands on the title, which says until when it can be watched."""
    offer = get_object_or_404(Offer.objects.select_related("title"), pk=form.cleaned_data["offer"])
    text = _("You can watch this already.")
    if wants_json(request):
        return JsonResponse({"error": text, "url": offer.title.get_absolute_url()}, status=409)
    messages.info(request, text)
    return redirect(offer.title)


def _answer(request: HttpRequest, *, count: int = 0, added: str = "", error: str = "") -> HttpResponse:
    text = error or _("%(name)s is in the cart.") % {"name": added}
    if wants_json(request):
        body = {"error": error} if error else {"count": count, "message": text}
        return JsonResponse(body, status=400 if error else 200)
    (messages.error if error else messages.success)(request, text)
    if request.POST.get("next") == "checkout" and not error:
        return redirect("orders:checkout")
    back = request.headers.get("Referer", "")
    is_safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    if request.POST.get("next") == "cart" or not is_safe:
        return redirect("orders:cart")
    return redirect(back)


@require_POST
def change_line(request: HttpRequest, pk: int) -> HttpResponse:
    line = _own_line(request, pk)
    form = QuantityForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("The quantity is a whole number from 1."))
        return redirect("orders:cart")
    try:
        carts.change_quantity(line=line, quantity=form.cleaned_data["wanted"], now=timezone.now())
    except carts.TooMany as error:
        messages.error(request, _("At most %(limit)d of this can be ordered at once.") % {"limit": error.limit})
    except carts.NotForSale:
        messages.error(request, _("The quantity of this cannot be changed."))
    except carts.CartMoved:
        messages.error(request, _moved())
    note_count(request, cart_of(request))
    return redirect("orders:cart")


@require_POST
def remove_line(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a line out; the cart then offers to put it back."""
    line = _own_line(request, pk)
    removed = {"name": _name(line), "variant": line.variant_id, "offer": line.offer_id, "quantity": line.quantity}
    try:
        carts.remove(line=line, now=timezone.now())
        request.session[REMOVED_KEY] = removed
    except carts.CartMoved:
        messages.error(request, _moved())
    note_count(request, cart_of(request))
    return redirect("orders:cart")


def _moved() -> str:
    return _("The cart was ordered or changed elsewhere at this very moment. Please look at it once more.")


def _name(line: CartLine) -> str:
    if line.variant:
        return line.variant.display_name
    assert line.offer is not None
    return str(line.offer.title.display_name)


def _own_line(request: HttpRequest, pk: int) -> CartLine:
    cart = cart_of(request)
    if cart is None:
        raise Http404
    lines = CartLine.objects.select_related("variant__product", "offer__title", "cart")
    return get_object_or_404(lines, pk=pk, cart=cart)
