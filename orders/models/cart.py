"""The one cart: goods and video side by side."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Address
from shop.models import Variant
from vod.models import Offer


class Cart(models.Model):
    """What somebody means to buy: a member's, or a guest's whom only the token in the browser session names."""

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("cart", "open")
        MERGED = "merged", _("merged into a member's")
        ORDERED = "ordered", pgettext_lazy("cart", "ordered")

    token = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="carts", verbose_name=_("member")
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    checkout_key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    ship_to = models.ForeignKey(
        Address, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("address chosen")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    updated_at = models.DateTimeField(_("updated"), default=timezone.now)

    class Meta:
        verbose_name = _("cart")
        verbose_name_plural = _("carts")
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(state="open", user__isnull=False), name="cart_one_open_per_user"
            )
        ]

    def __str__(self) -> str:
        return str(self.user or self.token)


class CartLine(models.Model):
    """One variant with its quantity, or one offer."""

    cart = models.ForeignKey(Cart, models.CASCADE, related_name="lines", verbose_name=_("cart"))
    variant = models.ForeignKey(
        Variant, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("variant")
    )
    offer = models.ForeignKey(Offer, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("offer"))
    quantity = models.PositiveIntegerField(_("quantity"), default=1)
    unit_price_seen = models.PositiveIntegerField(_("price when it was added"))
    added_at = models.DateTimeField(_("added"), default=timezone.now)

    class Meta:
        verbose_name = _("cart line")
        verbose_name_plural = _("cart lines")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(variant__isnull=False, offer__isnull=True) | Q(variant__isnull=True, offer__isnull=False),
                name="cartline_goods_or_video",
            ),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="cartline_quantity_positive"),
            models.CheckConstraint(condition=Q(offer__isnull=True) | Q(quantity=1), name="cartline_video_once"),
            models.UniqueConstraint(
                fields=["cart", "variant"], condition=Q(variant__isnull=False), name="cartline_variant_once"
            ),
            models.UniqueConstraint(
                fields=["cart", "offer"], condition=Q(offer__isnull=False), name="cartline_offer_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.variant or self.offer} × {self.quantity}"
