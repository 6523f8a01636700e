"""Watching: one session for each player that is open, and how far a member has come."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from vod.models.catalogue import Title
from vod.models.film import Package
from vod.models.offers import Entitlement

FINISHED_SHARE = 0.95  # a film left in its last twentieth is not offered to go on with


class PlaybackSession(models.Model):
    """One player that was opened; playlists and keys are given to it alone, and only while the right lasts."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("member")
    )
    browser_key = models.CharField(_("browser session"), max_length=64, blank=True)
    title = models.ForeignKey(Title, models.CASCADE, related_name="+", verbose_name=_("title"))
    package = models.ForeignKey(Package, models.CASCADE, related_name="+", verbose_name=_("package"))
    entitlement = models.ForeignKey(
        Entitlement, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("entitlement")
    )
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    last_seen_at = models.DateTimeField(_("last seen"), default=timezone.now)

    class Meta:
        verbose_name = _("playback session")
        verbose_name_plural = _("playback sessions")
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return f"{self.title} {self.started_at:%Y-%m-%d %H:%M}"


class Progress(models.Model):
    """How far a member has watched a title."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="progress", verbose_name=_("member")
    )
    title = models.ForeignKey(Title, models.CASCADE, related_name="+", verbose_name=_("title"))
    position_s = models.FloatField(_("position in seconds"), default=0)
    duration_s = models.FloatField(_("duration in seconds"), default=0)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    updated_at = models.DateTimeField(_("updated"), default=timezone.now)

    class Meta:
        verbose_name = _("progress")
        verbose_name_plural = _("progress")
        constraints = [models.UniqueConstraint(fields=["user", "title"], name="progress_one_per_user_and_title")]
        indexes = [models.Index(fields=["user", "-updated_at"], name="progress_user_latest")]

    def __str__(self) -> str:
        return f"{self.user} {self.title} {self.position_s:.0f}s"

    def resumes_at(self, duration_s: float) -> float:
        """Where to go on in a film of that length, in seconds; 0 for the beginning, also once it is nearly over."""
        return 0.0 if self.position_s >= duration_s * FINISHED_SHARE else self.position_s
