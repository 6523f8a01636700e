"""Carts: looked at when a buyer asks why something is not there."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from config.lib.money import yen
from config.lib.staff import ReadOnlyAdmin, ReadOnlyInline, state_column
from orders.admin import words
from orders.models import Cart, CartLine


class CartLineInline(ReadOnlyInline):
    model = CartLine
    fields = ("variant", "offer", "quantity", "unit_price_seen", "added_at")
    related = ("variant__product", "offer__title")


@admin.register(Cart)
class CartAdmin(ReadOnlyAdmin):
    list_display = ("owner", "state_word", "count", "created_at", "updated_at")
    list_filter = ("state",)
    search_fields = ("user__email", "user__name", "token", "lines__variant__sku")
    date_hierarchy = "updated_at"
    ordering = ("-pk",)
    related = ("user", "ship_to")
    inlines = (CartLineInline,)
    state_word = state_column("state", words.CART_COLOURS, _("state"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).annotate(_count=Count("lines"))

    @display(description=_("member"), ordering="user__email")
    def owner(self, cart: Cart) -> Any:
        return str(cart.user) if cart.user else _("a guest")

    @display(description=_("lines"), ordering="_count")
    def count(self, cart: Any) -> int:
        return int(cart._count)


@admin.register(CartLine)
class CartLineAdmin(ReadOnlyAdmin):
    list_display = ("what", "cart", "quantity", "price_words", "added_at")
    list_filter = ("cart__state",)
    search_fields = ("cart__user__email", "variant__sku", "variant__product__name", "offer__title__name")
    date_hierarchy = "added_at"
    ordering = ("-pk",)
    related = ("cart__user", "variant__product", "offer__title")

    @display(description=_("what"))
    def what(self, line: CartLine) -> str:
        return str(line.variant or line.offer)

    @display(description=_("price when it was added"), ordering="unit_price_seen")
    def price_words(self, line: CartLine) -> str:
        return yen(line.unit_price_seen)
