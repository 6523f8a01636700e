"""Webhooks that we send: where to, and what became of each."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from config.lib import clock
from config.lib.staff import BAD, GOOD, WAITS, ReadOnlyAdmin, StaffAdmin, link, state_column
from orders.models import WebhookDelivery, WebhookEndpoint
from orders.services import outgoing

COLOURS = {"pending": WAITS, "delivered": GOOD, "given_up": BAD}


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(StaffAdmin):
    list_display = ("url", "is_active", "disabled_because", "created_at")
    list_filter = ("is_active",)
    search_fields = ("url",)
    fields = ("url", "secret", "kinds", "is_active", "disabled_because")
    readonly_fields = ("disabled_because",)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    list_display = ("kind", "order_link", "endpoint", "state_word", "attempts", "status", "error", "next_at")
    list_filter = ("state", "endpoint")
    search_fields = ("event__order__number", "event__kind", "endpoint__url", "error")
    related = ("endpoint", "event__order")
    actions = ("deliver_again",)  # type: ignore[assignment]
    state_word = state_column("state", COLOURS, _("state"))

    @display(description=_("kind"), ordering="event__kind")
    def kind(self, delivery: WebhookDelivery) -> str:
        return delivery.event.kind

    @display(description=_("order"), ordering="event__order__number")
    def order_link(self, delivery: WebhookDelivery) -> SafeString | str:
        return link(delivery.event.order)

    def has_deliver_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("orders.change_webhookendpoint")

    @admin.action(description=_("Deliver again"), permissions=["deliver"])
    def deliver_again(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        for delivery in chosen:
            outgoing.deliver_again(delivery, now=clock.now())
            self.log_change(request, delivery, "deliver again")
        messages.success(request, _("What was chosen is told again."))
