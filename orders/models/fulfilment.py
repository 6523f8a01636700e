"""Who does what for an order, and what leaves which warehouse."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from config.lib.states import Stateful
from orders.models.order import Order, OrderLine
from shop.models import TemperatureClass, Warehouse


class Handler(models.Model):
    """担当: the person or department in charge. One without a warehouse has something to do, but nothing to send."""

    code = models.SlugField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=60)
    name_en = models.CharField(_("name in English"), max_length=60, blank=True)
    email = models.EmailField(_("e-mail address"), blank=True)
    warehouse = models.OneToOneField(
        Warehouse, models.PROTECT, null=True, blank=True, related_name="handler", verbose_name=_("warehouse")
    )
    is_for_video = models.BooleanField(_("in charge of video"), default=False)

    class Meta:
        verbose_name = _("handler")
        verbose_name_plural = _("handlers")
        constraints = [
            models.UniqueConstraint(
                fields=["is_for_video"], condition=Q(is_for_video=True), name="handler_one_for_video"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Placement(models.Model):
    """発注: the in-house record of what a handler must do for an order."""

    reference = models.UUIDField(_("reference"), unique=True, default=uuid.uuid4, editable=False)
    order = models.ForeignKey(Order, models.PROTECT, related_name="placements", verbose_name=_("order"))
    handler = models.ForeignKey(Handler, models.PROTECT, related_name="placements", verbose_name=_("handler"))
    total = models.PositiveIntegerField(_("amount"))
    backoffice_record = models.CharField(_("record in the back office"), max_length=60, blank=True)
    placed_at = models.DateTimeField(pgettext_lazy("time", "placed"), default=timezone.now)

    class Meta:
        verbose_name = _("placement")
        verbose_name_plural = _("placements")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["order", "handler"], name="placement_once_per_order_and_handler")
        ]

    def __str__(self) -> str:
        return f"{self.order} {self.handler}"


class ShippingList(models.Model):
    """発送リスト: what one handler sends on one day."""

    handler = models.ForeignKey(Handler, models.PROTECT, related_name="shipping_lists", verbose_name=_("handler"))
    date = models.DateField(_("date"))

    class Meta:
        verbose_name = _("shipping list")
        verbose_name_plural = _("shipping lists")
        ordering = ["-date"]
        constraints = [
            models.UniqueConstraint(fields=["handler", "date"], name="shippinglist_once_per_handler_and_day")
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.handler}"


class FulfillmentOrder(Stateful):
    """出荷指示: what one warehouse sends together."""

    class State(models.TextChoices):
        OPEN = "open", _("not yet instructed")
        ACCEPTED = "accepted", _("accepted by the warehouse")
        PARTIALLY_SHIPPED = "partially_shipped", _("partly sent")
        SHIPPED = "shipped", _("sent")
        CANCELLED = "cancelled", _("cancelled")

    MOVES = {
        State.OPEN: (State.ACCEPTED, State.CANCELLED),
        State.ACCEPTED: (State.PARTIALLY_SHIPPED, State.SHIPPED, State.CANCELLED),
        State.PARTIALLY_SHIPPED: (State.PARTIALLY_SHIPPED, State.SHIPPED),
    }

    reference = models.UUIDField(_("reference"), unique=True, default=uuid.uuid4, editable=False)
    placement = models.OneToOneField(
        Placement, models.PROTECT, related_name="fulfillment_order", verbose_name=_("placement")
    )
    order = models.ForeignKey(Order, models.PROTECT, related_name="fulfillment_orders", verbose_name=_("order"))
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="+", verbose_name=_("warehouse"))
    shipping_list = models.ForeignKey(
        ShippingList, models.PROTECT, related_name="fulfillment_orders", verbose_name=_("shipping list")
    )
    temperature_class = models.CharField(
        _("temperature"), max_length=10, choices=TemperatureClass, default=TemperatureClass.AMBIENT
    )
    state = models.CharField(_("state"), max_length=20, choices=State, default=State.OPEN)
    external_id = models.CharField(_("number at the warehouse"), max_length=100, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now)

    class Meta:
        verbose_name = _("fulfillment order")
        verbose_name_plural = _("fulfillment orders")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.order} {self.warehouse}"


class FulfillmentLine(models.Model):
    fulfillment_order = models.ForeignKey(
        FulfillmentOrder, models.CASCADE, related_name="lines", verbose_name=_("fulfillment order")
    )
    order_line = models.OneToOneField(
        OrderLine, models.PROTECT, related_name="fulfillment_line", verbose_name=_("order line")
    )
    quantity = models.PositiveIntegerField(_("quantity"))
    shipped_quantity = models.PositiveIntegerField(_("sent"), default=0)

    class Meta:
        verbose_name = _("fulfillment line")
        verbose_name_plural = _("fulfillment lines")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(shipped_quantity__lte=F("quantity")), name="fulfillmentline_ships_at_most_its_quantity"
            )
        ]

    def __str__(self) -> str:
        return f"{self.order_line} {self.shipped_quantity}/{self.quantity}"


class Shipment(models.Model):
    """One parcel that left a warehouse."""

    fulfillment_order = models.ForeignKey(
        FulfillmentOrder, models.PROTECT, related_name="shipments", verbose_name=_("fulfillment order")
    )
    external_id = models.CharField(_("number at the warehouse"), max_length=100)
    carrier = models.CharField(_("carrier"), max_length=60)
    tracking_number = models.CharField(_("tracking number"), max_length=60, blank=True)
    shipped_at = models.DateTimeField(pgettext_lazy("time", "sent"))

    class Meta:
        verbose_name = _("shipment")
        verbose_name_plural = _("shipments")
        ordering = ["shipped_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["fulfillment_order", "external_id"], name="shipment_reported_once")
        ]

    def __str__(self) -> str:
        return f"{self.carrier} {self.tracking_number}"


class ShipmentLine(models.Model):
    shipment = models.ForeignKey(Shipment, models.CASCADE, related_name="lines", verbose_name=_("shipment"))
    order_line = models.ForeignKey(OrderLine, models.PROTECT, related_name="+", verbose_name=_("order line"))
    quantity = models.PositiveIntegerField(_("quantity"))

    class Meta:
        verbose_name = _("shipment line")
        verbose_name_plural = _("shipment lines")
        constraints = [models.UniqueConstraint(fields=["shipment", "order_line"], name="shipmentline_once")]

    def __str__(self) -> str:
        return f"{self.order_line} × {self.quantity}"
