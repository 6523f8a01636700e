"""Stock: counters that a CHECK guards, and the ledger that explains them."""

import uuid
from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from config.lib.appendonly import AppendOnly
from shop.models.catalogue import Variant


class Warehouse(models.Model):
    code = models.SlugField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=60)
    name_en = models.CharField(_("name in English"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("warehouse")
        verbose_name_plural = _("warehouses")

    def __str__(self) -> str:
        return self.name


class StockItem(models.Model):
    """What one warehouse has of one variant.

    On hand is what lies on the shelf. Of it, `committed` belongs to paid orders, `reserved` to checkouts under way,
    `damaged` cannot be sold and `safety_stock` must not be. `backorder_limit` may be sold beyond the shelf.
    """

    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="stock", verbose_name=_("warehouse"))
    variant = models.ForeignKey(Variant, models.CASCADE, related_name="stock", verbose_name=_("variant"))
    on_hand = models.PositiveIntegerField(_("on hand"), default=0)
    committed = models.PositiveIntegerField(_("committed"), default=0)
    reserved = models.PositiveIntegerField(_("reserved"), default=0)
    damaged = models.PositiveIntegerField(_("damaged"), default=0)
    safety_stock = models.PositiveIntegerField(_("safety stock"), default=0)
    backorder_limit = models.PositiveIntegerField(_("backorder limit"), default=0)

    class Meta:
        verbose_name = _("stock item")
        verbose_name_plural = _("stock items")
        constraints = [
            models.UniqueConstraint(fields=["warehouse", "variant"], name="stockitem_one_per_warehouse_and_variant"),
            models.CheckConstraint(
                condition=Q(
                    on_hand__gte=F("committed")
                    + F("reserved")
                    + F("damaged")
                    + F("safety_stock")
                    - F("backorder_limit")
                ),
                name="stockitem_never_oversold",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.variant} @ {self.warehouse}"

    @property
    def available(self) -> int:
        """What can be sold now; holds that have lapsed count as free only once they are tidied or needed."""
        taken = self.committed + self.reserved + self.damaged + self.safety_stock
        return max(0, self.on_hand + self.backorder_limit - taken)


class StockReservationQuerySet(models.QuerySet["StockReservation"]):
    def holding(self) -> "StockReservationQuerySet":
        return self.filter(state=StockReservation.State.HELD)

    def lapsed_at(self, now: datetime) -> "StockReservationQuerySet":
        """Holds that are over, whether or not anything has tidied them yet."""
        return self.holding().filter(expires_at__lte=now)


class StockReservation(models.Model):
    """Stock held for a checkout under way. It is over when `expires_at` has passed, by that fact alone."""

    class State(models.TextChoices):
        HELD = "held", _("held")
        CONVERTED = "converted", _("converted")
        RELEASED = "released", _("released")
        EXPIRED = "expired", _("expired")

    reference = models.UUIDField(_("reference"), unique=True, default=uuid.uuid4)
    stock_item = models.ForeignKey(StockItem, models.PROTECT, related_name="reservations", verbose_name=_("stock item"))
    quantity = models.PositiveIntegerField(_("quantity"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.HELD)
    expires_at = models.DateTimeField(_("held until"))
    created_at = models.DateTimeField(_("created"), default=timezone.now)

    objects = StockReservationQuerySet.as_manager()

    class Meta:
        verbose_name = _("stock reservation")
        verbose_name_plural = _("stock reservations")
        indexes = [
            models.Index(fields=["stock_item", "expires_at"], condition=Q(state="held"), name="stockreservation_held")
        ]
        constraints = [models.CheckConstraint(condition=Q(quantity__gte=1), name="stockreservation_quantity_positive")]

    def __str__(self) -> str:
        return f"{self.stock_item} × {self.quantity} {self.state}"


class Allocation(models.Model):
    """Stock that belongs to a paid order until it leaves the house."""

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("allocation", "open")
        SHIPPED = "shipped", _("shipped")
        CANCELLED = "cancelled", _("cancelled")

    reference = models.UUIDField(_("reference"), unique=True)
    stock_item = models.ForeignKey(StockItem, models.PROTECT, related_name="allocations", verbose_name=_("stock item"))
    quantity = models.PositiveIntegerField(_("quantity"))
    shipped_quantity = models.PositiveIntegerField(_("shipped"), default=0)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    created_at = models.DateTimeField(_("created"), default=timezone.now)

    class Meta:
        verbose_name = _("allocation")
        verbose_name_plural = _("allocations")
        constraints = [
            models.CheckConstraint(
                condition=Q(shipped_quantity__lte=F("quantity")), name="allocation_ships_at_most_its_quantity"
            )
        ]

    def __str__(self) -> str:
        return f"{self.stock_item} × {self.quantity} {self.state}"


class StockMovement(AppendOnly):
    """One line of the stock ledger: by how much which counter moved, and why."""

    class Kind(models.TextChoices):
        RECEIVED = "received", pgettext_lazy("stock movement", "received")
        RESERVED = "reserved", pgettext_lazy("stock movement", "reserved")
        RELEASED = "released", pgettext_lazy("stock movement", "released")
        COMMITTED = "committed", pgettext_lazy("stock movement", "committed")
        UNCOMMITTED = "uncommitted", pgettext_lazy("stock movement", "taken back")
        SHIPPED = "shipped", pgettext_lazy("stock movement", "shipped")
        ADJUSTED = "adjusted", pgettext_lazy("stock movement", "adjusted")

    key = models.CharField(_("key"), max_length=120, unique=True)
    stock_item = models.ForeignKey(StockItem, models.PROTECT, related_name="movements", verbose_name=_("stock item"))
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    quantity = models.IntegerField(_("quantity"))
    reference = models.CharField(_("reference"), max_length=60, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    moved_at = models.DateTimeField(_("moved"), default=timezone.now)

    class Meta:
        verbose_name = _("stock movement")
        verbose_name_plural = _("stock movements")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.quantity}"
