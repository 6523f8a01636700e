"""Who does what for an order, and what leaves which warehouse."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from config.lib.money import yen
from config.lib.staff import ReadOnlyAdmin, ReadOnlyInline, StaffAdmin, link, state_column
from orders.admin import words
from orders.carriers import tracking_url
from orders.models import (
    FulfillmentLine,
    FulfillmentOrder,
    Handler,
    Placement,
    Shipment,
    ShipmentLine,
    ShippingList,
)


@admin.register(Handler)
class HandlerAdmin(StaffAdmin):
    list_display = ("name", "code", "name_en", "email", "warehouse", "is_for_video")
    list_filter = ("is_for_video", "warehouse")
    search_fields = ("name", "name_en", "code", "email")
    related = ("warehouse",)


@admin.register(Placement)
class PlacementAdmin(ReadOnlyAdmin):
    list_display = ("handler", "order_link", "total_words", "backoffice_record", "placed_at")
    list_filter = ("handler",)
    search_fields = ("order__number", "reference", "backoffice_record", "handler__name")
    date_hierarchy = "placed_at"
    related = ("order", "handler")

    @display(description=_("order"), ordering="order__number")
    def order_link(self, placement: Placement) -> SafeString | str:
        return link(placement.order)

    @display(description=_("amount"), ordering="total")
    def total_words(self, placement: Placement) -> str:
        return yen(placement.total)


class SendingInline(ReadOnlyInline):
    """Everything on one shipping list; `per_page` keeps a long day readable."""

    model = FulfillmentOrder
    fields = ("order", "warehouse", "temperature_class", "state", "external_id")
    related = ("order", "warehouse", "placement")
    per_page = 50


@admin.register(ShippingList)
class ShippingListAdmin(ReadOnlyAdmin):
    list_display = ("date", "handler", "count")
    list_filter = ("handler",)
    search_fields = ("handler__name", "handler__code", "fulfillment_orders__order__number")
    date_hierarchy = "date"
    related = ("handler",)
    inlines = (SendingInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).annotate(_count=Count("fulfillment_orders"))

    @display(description=_("fulfillment orders"), ordering="_count")
    def count(self, made: Any) -> int:
        return int(made._count)


class FulfillmentLineInline(ReadOnlyInline):
    model = FulfillmentLine
    fields = ("order_line", "quantity", "shipped_quantity")
    related = ("order_line",)


class ShipmentInline(ReadOnlyInline):
    model = Shipment
    fields = ("carrier", "tracking_number", "external_id", "shipped_at")


@admin.register(FulfillmentOrder)
class FulfillmentOrderAdmin(ReadOnlyAdmin):
    list_display = (
        "warehouse",
        "order_link", "temperature_class", "state_word", "external_id", "shipping_list",
                    "created_at")  # fmt: skip
    list_display_links = ("warehouse",)
    list_filter = ("state", "warehouse", "temperature_class")
    search_fields = ("order__number", "reference", "external_id", "shipments__tracking_number")
    date_hierarchy = "created_at"
    related = ("order", "warehouse", "shipping_list__handler", "placement__order", "placement__handler")
    inlines = (FulfillmentLineInline, ShipmentInline)
    state_word = state_column("state", words.FULFILMENT_COLOURS, _("state"))

    @display(description=_("order"), ordering="order__number")
    def order_link(self, made: FulfillmentOrder) -> SafeString | str:
        return link(made.order)


@admin.register(FulfillmentLine)
class FulfillmentLineAdmin(ReadOnlyAdmin):
    list_display = ("fulfillment_order", "order_line", "quantity", "shipped_quantity")
    list_filter = ("fulfillment_order__state", "fulfillment_order__warehouse")
    search_fields = ("fulfillment_order__order__number", "order_line__name", "order_line__sku")
    ordering = ("-pk",)
    related = ("fulfillment_order__order", "fulfillment_order__warehouse", "order_line")


class ShipmentLineInline(ReadOnlyInline):
    model = ShipmentLine
    fields = ("order_line", "quantity")
    related = ("order_line",)


@admin.register(Shipment)
class ShipmentAdmin(ReadOnlyAdmin):
    list_display = ("shipped_at", "order_link", "warehouse", "carrier", "tracking", "external_id")
    list_filter = ("carrier", "fulfillment_order__warehouse")
    search_fields = ("tracking_number", "external_id", "fulfillment_order__order__number", "carrier")
    date_hierarchy = "shipped_at"
    ordering = ("-pk",)
    related = ("fulfillment_order__order", "fulfillment_order__warehouse")
    inlines = (ShipmentLineInline,)

    @display(description=_("order"), ordering="fulfillment_order__order__number")
    def order_link(self, parcel: Shipment) -> SafeString | str:
        return link(parcel.fulfillment_order.order)

    @display(description=_("warehouse"), ordering="fulfillment_order__warehouse__name")
    def warehouse(self, parcel: Shipment) -> str:
        return str(parcel.fulfillment_order.warehouse)

    @display(description=_("tracking number"), ordering="tracking_number")
    def tracking(self, parcel: Shipment) -> SafeString | str:
        url = tracking_url(parcel.carrier, parcel.tracking_number)
        if not url:
            return parcel.tracking_number or "-"
        return format_html('<a class="staff-link" href="{}" rel="noreferrer">{}</a>', url, parcel.tracking_number)


@admin.register(ShipmentLine)
class ShipmentLineAdmin(ReadOnlyAdmin):
    list_display = ("shipment", "order_line", "quantity")
    list_filter = ("shipment__carrier",)
    search_fields = ("shipment__tracking_number", "order_line__order__number", "order_line__name", "order_line__sku")
    ordering = ("-pk",)
    related = ("shipment", "order_line")
