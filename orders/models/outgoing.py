"""Webhooks that we send: who wants to hear of orders, and what became of each telling."""

import base64
import secrets

from django.core.validators import URLValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from config.lib.leases import Leased
from orders.models.order import OrderEvent


def new_secret() -> str:
    """A key in the form of Standard Webhooks: `whsec_` and 32 random bytes in base64."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


class WebhookEndpoint(models.Model):
    """An address that is told of what happens to orders, as far as their buyers may see it."""

    url = models.CharField(
        _("address"), max_length=500, validators=[URLValidator(schemes=["https", "http"])], unique=True
    )
    secret = models.CharField(_("signing key"), max_length=120, default=new_secret)
    kinds = models.TextField(
        _("kinds of events"), blank=True, help_text=_("one a line, as in orders.order.made; empty means all")
    )
    is_active = models.BooleanField(_("active"), default=True)
    disabled_because = models.TextField(_("why it was switched off"), blank=True, editable=False)
    created_at = models.DateTimeField(_("since"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("outgoing webhook")
        verbose_name_plural = _("outgoing webhooks")
        ordering = ["url"]

    def __str__(self) -> str:
        return self.url

    def wants(self, kind: str) -> bool:
        return not self.kinds.strip() or kind in self.kinds.split()


class WebhookDelivery(Leased):
    """One event to be told to one endpoint. The row is the truth; workers look for those that are due."""

    class State(models.TextChoices):
        PENDING = "pending", _("waiting")
        DELIVERED = "delivered", _("delivered")
        GIVEN_UP = "given_up", _("given up")

    endpoint = models.ForeignKey(
        WebhookEndpoint, models.CASCADE, related_name="deliveries", verbose_name=_("outgoing webhook")
    )
    event = models.ForeignKey(OrderEvent, models.CASCADE, related_name="deliveries", verbose_name=_("order event"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_at = models.DateTimeField(_("not before"), default=timezone.now)
    until = models.DateTimeField(_("given up at"))
    status = models.PositiveSmallIntegerField(_("answer"), null=True, blank=True)
    error = models.TextField(_("error"), blank=True)
    delivered_at = models.DateTimeField(_("delivered at"), null=True, blank=True)

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "event"], name="webhookdelivery_once_per_event"),
        ]
        indexes = [models.Index(fields=["next_at"], condition=Q(state="pending"), name="webhookdelivery_due")]

    def __str__(self) -> str:
        return f"{self.event.kind} {self.endpoint}"
