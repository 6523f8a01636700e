"""On which terms video is sold, and who has the right to watch."""

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from config.lib.tax import TaxCategory
from vod.models.catalogue import Title


class OfferQuerySet(models.QuerySet["Offer"]):
    def on_sale_at(self, now: datetime) -> "OfferQuerySet":
        return self.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now), starts_at__lte=now)


class Offer(models.Model):
    """The terms under which a title can be watched: a sale window and a viewing window."""

    class Kind(models.TextChoices):
        FREE = "free", _("free")
        RENTAL = "rental", _("rental")

    title = models.ForeignKey(Title, models.CASCADE, related_name="offers", verbose_name=_("title"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    price = models.PositiveIntegerField(_("price in yen, tax included"), default=0)
    tax_category = models.CharField(_("tax"), max_length=10, choices=TaxCategory, default=TaxCategory.STANDARD)
    starts_at = models.DateTimeField(_("on sale from"), default=timezone.now)
    ends_at = models.DateTimeField(_("on sale until"), null=True, blank=True)
    start_within_days = models.PositiveSmallIntegerField(_("days in which to start watching"), default=30)
    viewing_hours = models.PositiveSmallIntegerField(_("hours to watch from the first play"), default=48)

    objects = OfferQuerySet.as_manager()

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        ordering = ["price"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="free", price=0) | (~Q(kind="free") & Q(price__gte=50)), name="offer_only_free_is_free"
            ),
            models.CheckConstraint(
                condition=~Q(kind="rental") | Q(viewing_hours__gt=0, start_within_days__gt=0),
                name="offer_rental_has_windows",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=models.F("starts_at")), name="offer_window_is_forward"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.get_kind_display()}"

    def is_on_sale_at(self, now: datetime) -> bool:
        return self.starts_at <= now and (self.ends_at is None or self.ends_at > now)


class EntitlementQuerySet(models.QuerySet["Entitlement"]):
    def live_at(self, now: datetime) -> "EntitlementQuerySet":
        """The one predicate of the right to watch, wholly from timestamps."""
        return self.filter(
            Q(ends_at__isnull=True) | Q(ends_at__gt=now),
            starts_at__lte=now,
            revoked_at__isnull=True,
            suspended_at__isnull=True,
        )

    def covering(self, title: Title) -> "EntitlementQuerySet":
        """Those over the title itself or over the series it is an episode of."""
        return self.filter(Q(title=title) | Q(title__seasons__episodes__title=title))

    def visible_to(self, user) -> "EntitlementQuerySet":  # type: ignore[no-untyped-def]
        return self.filter(user=user)


class Entitlement(models.Model):
    """The right of a member to watch a title.

    `ends_at` is first the last moment to begin; the confirmed first play sets it to that moment plus
    `viewing_hours`, so that beginning in the last minute still gives the full time. Pausing never moves it.
    """

    class Source(models.TextChoices):
        RENTAL = "rental", _("rental")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="entitlements", verbose_name=_("member")
    )
    title = models.ForeignKey(Title, models.PROTECT, related_name="entitlements", verbose_name=_("title"))
    source = models.CharField(_("source"), max_length=10, choices=Source)
    reference = models.UUIDField(_("reference"), unique=True, default=uuid.uuid4, editable=False)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)
    viewing_hours = models.PositiveSmallIntegerField(_("hours to watch from the first play"), default=0)
    first_played_at = models.DateTimeField(_("first play"), null=True, blank=True)
    suspended_at = models.DateTimeField(_("suspended"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now)

    objects = EntitlementQuerySet.as_manager()

    class Meta:
        verbose_name = _("entitlement")
        verbose_name_plural = _("entitlements")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["user", "title"], name="entitlement_user_title")]

    def __str__(self) -> str:
        return f"{self.user} {self.title}"

    @property
    def waits_for_first_play(self) -> bool:
        return bool(self.viewing_hours) and self.first_played_at is None
