"""Orders: what was agreed is looked at, never edited; what stands still is brought on from here."""

from functools import partial
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from config.lib.money import yen
from config.lib.staff import BAD, ReadOnlyAdmin, TickFilter, chip, link, state_column
from orders.admin import words
from orders.admin.acts import may_take_back
from orders.admin.refunding import refund_order
from orders.admin.sheet import order_sheet
from orders.models import Order, OrderAddress, OrderEvent, OrderLine, OutboundMail, StageRun
from orders.queries import needs_a_person


class NeedsAPerson(TickFilter):
    title = _("attention")
    parameter_name = "attention"
    choice = _("needs a person")

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(
            Exists(StageRun.objects.filter(needs_a_person(), run__order=OuterRef("pk")))
            | Exists(OutboundMail.objects.filter(order=OuterRef("pk"), state=OutboundMail.State.UNCERTAIN))
        )


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    list_display = (
        "number",
        "buyer",
        "total_words",
        "state_word",
        "delivery_word",
        "attention",
        "created_at",
        "paid_at",
    )
    list_filter = (NeedsAPerson, "state", "fulfillment_state", "lines__handler", "created_at")
    search_fields = (
        "number",
        "email",
        "user__name",
        "user__member_number",
        "lines__name",
        "lines__sku",
        "ship_to__name",
    )
    search_help_text = _("order number, e-mail address, name or SKU")
    date_hierarchy = "created_at"
    related = ("user", "ship_to")
    view_on_site = False  # that page is the buyer's own
    change_form_template = "admin/orders/order/change_form.html"
    state_word = state_column("state", words.ORDER_COLOURS, _("state"))
    delivery_word = state_column("fulfillment_state", words.DELIVERY_COLOURS, _("delivery"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        parked = StageRun.objects.filter(needs_a_person(), run__order=OuterRef("pk"))
        return super().get_queryset(request).annotate(_needs_a_person=Exists(parked))

    @display(description=_("buyer"), ordering="user__email")
    def buyer(self, order: Order) -> str:
        return order.user.name or order.email

    @display(description=_("total, tax included"), ordering="total")
    def total_words(self, order: Order) -> str:
        return yen(order.total)

    @display(description=_("attention"))
    def attention(self, order: Any) -> SafeString | str:
        return chip(_("needs a person"), BAD) if order._needs_a_person else ""

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The order's sheet; `may_operate` shows the buttons that act on its stages."""
        may = {
            "may_operate": request.user.has_perm("orders.change_stagerun"),  # type: ignore[union-attr]
            "may_refund": may_take_back(request),
        }
        return super().change_view(request, object_id, form_url, may | (extra_context or {}))

    def get_urls(self) -> list[Any]:
        give_back = partial(refund_order, self.admin_site)
        own = path("<int:pk>/refund/", self.admin_site.admin_view(give_back), name="orders_order_refund")
        return [own, *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        order = context["original"]
        context |= {"sheet": order_sheet(order), "title": f"{order.number}"}
        return super().render_change_form(request, context, *args, **kwargs)


@admin.register(OrderLine)
class OrderLineAdmin(ReadOnlyAdmin):
    list_display = ("name", "order_link", "sku", "quantity", "price_words", "tax_rate", "handler")
    list_filter = ("handler", "tax_rate", "temperature_class")
    search_fields = ("order__number", "name", "name_en", "sku", "reference")
    ordering = ("-pk",)
    related = ("order", "handler", "variant__product", "offer__title")

    @display(description=_("order"), ordering="order__number")
    def order_link(self, line: OrderLine) -> SafeString | str:
        return link(line.order)

    @display(description=_("unit price"), ordering="unit_price")
    def price_words(self, line: OrderLine) -> str:
        return yen(line.unit_price)


@admin.register(OrderAddress)
class OrderAddressAdmin(ReadOnlyAdmin):
    list_display = ("order", "name", "postal_code", "prefecture", "city", "phone")
    list_filter = ("prefecture",)
    search_fields = ("order__number", "name", "name_kana", "postal_code", "city", "phone")
    ordering = ("-pk",)
    related = ("order",)


@admin.register(OrderEvent)
class OrderEventAdmin(ReadOnlyAdmin):
    list_display = ("happened_at", "order", "what_happened", "kind", "actor", "is_public")
    list_filter = ("kind", "is_public")
    search_fields = ("order__number", "kind", "actor__email")
    date_hierarchy = "happened_at"
    ordering = ("-pk",)
    related = ("order", "actor")

    @display(description=_("what happened"), ordering="kind")
    def what_happened(self, event: OrderEvent) -> Any:
        return words.EVENTS.get(event.kind, event.kind)
