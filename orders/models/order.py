"""The order: what was agreed, copied so that no later edit of the catalogue changes it."""

import secrets
import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import PostalAddress, User
from config.lib.appendonly import AppendOnly
from config.lib.localized import Localized
from config.lib.states import Stateful
from shop.models import TemperatureClass, Variant
from vod.models import Offer

_UNAMBIGUOUS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def order_number() -> str:
    """A number people can read out: no look-alikes, not in sequence, so that it tells nothing of how many there are."""
    letters = "".join(secrets.choice(_UNAMBIGUOUS) for _ in range(9))
    return f"H{letters[:3]}-{letters[3:6]}-{letters[6:]}"


class OrderQuerySet(models.QuerySet["Order"]):
    def visible_to(self, user: User) -> "OrderQuerySet":
        return self.filter(user=user)


class Order(Stateful):
    """One purchase. It is written before the first call to the payment provider."""

    class State(models.TextChoices):
        PENDING_PAYMENT = "pending_payment", _("waiting for payment")
        PLACED = "placed", _("placed")
        COMPLETED = "completed", _("completed")
        CANCELLED = "cancelled", _("cancelled")
        EXPIRED = "expired", _("not paid in time")

    class FulfillmentState(models.TextChoices):
        NONE_REQUIRED = "none_required", _("nothing to send")
        UNFULFILLED = "unfulfilled", _("being prepared")
        PARTIALLY_FULFILLED = "partially_fulfilled", _("partly sent")
        FULFILLED = "fulfilled", _("sent")

    MOVES = {
        State.PENDING_PAYMENT: (State.PLACED, State.EXPIRED, State.CANCELLED),
        State.PLACED: (State.COMPLETED, State.CANCELLED),
    }

    number = models.CharField(_("number"), max_length=12, unique=True, default=order_number, editable=False)
    checkout_key = models.UUIDField(unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="orders", verbose_name=_("member"))
    email = models.EmailField(_("e-mail address"))
    language = models.CharField(_("language"), max_length=5, default="ja")
    state = models.CharField(_("state"), max_length=20, choices=State, default=State.PENDING_PAYMENT)
    fulfillment_state = models.CharField(
        _("delivery"), max_length=20, choices=FulfillmentState, default=FulfillmentState.NONE_REQUIRED
    )
    currency = models.CharField(_("currency"), max_length=3, default="JPY")
    subtotal = models.PositiveIntegerField(_("goods and video"))
    shipping_fee = models.PositiveIntegerField(_("shipping"), default=0)
    shipping_tax_rate = models.PositiveSmallIntegerField(_("tax rate of shipping"), default=10)
    total = models.PositiveIntegerField(_("total, tax included"))
    terms = models.JSONField(_("what the confirmation screen said"), default=dict)
    created_at = models.DateTimeField(_("ordered"), default=timezone.now)
    paid_at = models.DateTimeField(_("paid"), null=True, blank=True)

    objects = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["user", "-created_at"], name="order_user_latest"),
            models.Index(fields=["-created_at"], name="order_latest"),
            models.Index(fields=["user"], condition=Q(state="pending_payment"), name="order_pending_of_user"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(total=models.F("subtotal") + models.F("shipping_fee")), name="order_total_adds_up"
            )
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("orders:order", args=[self.number])

    @property
    def is_paid(self) -> bool:
        return self.paid_at is not None


class OrderLine(models.Model):
    """One thing bought, as it was then."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines", verbose_name=_("order"))
    reference = models.UUIDField(_("reference"), unique=True, default=uuid.uuid4, editable=False)
    variant = models.ForeignKey(
        Variant, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("variant")
    )
    offer = models.ForeignKey(Offer, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("offer"))
    handler = models.ForeignKey("orders.Handler", models.PROTECT, related_name="+", verbose_name=_("handler"))
    name = models.CharField(_("name"), max_length=200)
    name_en = models.CharField(_("name in English"), max_length=200, blank=True)
    sku = models.CharField(_("SKU"), max_length=40, blank=True)
    unit_price = models.PositiveIntegerField(_("unit price"))
    quantity = models.PositiveIntegerField(_("quantity"))
    tax_rate = models.PositiveSmallIntegerField(_("tax rate"))
    temperature_class = models.CharField(
        _("temperature"), max_length=10, choices=TemperatureClass, default=TemperatureClass.AMBIENT
    )
    start_within_days = models.PositiveSmallIntegerField(_("days in which to start watching"), null=True, blank=True)
    viewing_hours = models.PositiveSmallIntegerField(_("hours to watch from the first play"), null=True, blank=True)

    display_name = Localized("name")

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(variant__isnull=False, offer__isnull=True) | Q(variant__isnull=True, offer__isnull=False),
                name="orderline_goods_or_video",
            ),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="orderline_quantity_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.name} × {self.quantity}"

    @property
    def amount(self) -> int:
        return self.unit_price * self.quantity

    @property
    def is_goods(self) -> bool:
        return self.variant_id is not None


class OrderAddress(PostalAddress):
    """Where the goods of an order go, as it was then."""

    order = models.OneToOneField(Order, models.CASCADE, related_name="ship_to", verbose_name=_("order"))

    class Meta:
        verbose_name = _("address of the order")
        verbose_name_plural = _("addresses of orders")

    def __str__(self) -> str:
        return f"{self.name} {' '.join(self.lines)}"


class OrderEvent(AppendOnly):
    """What happened to an order, in the order it happened; `is_public` ones are shown to the buyer."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="events", verbose_name=_("order"))
    kind = models.CharField(_("kind"), max_length=60)
    data = models.JSONField(_("data"), default=dict, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("actor")
    )
    is_public = models.BooleanField(_("shown to the buyer"), default=False)
    happened_at = models.DateTimeField(_("happened"), default=timezone.now)

    class Meta:
        verbose_name = _("order event")
        verbose_name_plural = _("order events")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.kind
