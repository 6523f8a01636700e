"""What keeps stages from being begun while an outside system is away: a person's pause, or a circuit breaker."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Pause(models.Model):
    """Nothing more of a pipeline, a stage or an outside system is begun until this ends; what runs ends by itself."""

    class Scope(models.TextChoices):
        PIPELINE = "pipeline", _("pipeline")
        STAGE = "stage", _("stage")
        SYSTEM = "system", _("outside system")

    scope = models.CharField(_("what"), max_length=10, choices=Scope)
    name = models.CharField(_("name"), max_length=60)
    reason = models.TextField(_("reason"))
    until = models.DateTimeField(_("until"), null=True, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("actor")
    )
    created_at = models.DateTimeField(_("since"), default=timezone.now)

    class Meta:
        verbose_name = pgettext_lazy("pipeline", "pause")
        verbose_name_plural = pgettext_lazy("pipeline", "pauses")
        ordering = ["scope", "name"]
        constraints = [models.UniqueConstraint(fields=["scope", "name"], name="pause_once_per_name")]

    def __str__(self) -> str:
        return f"{self.scope} {self.name}"


class Circuit(models.Model):
    """The circuit breaker of an outside system: how often in a row it failed, and until when nobody calls it.

    It is open once it has failed `orders.pipeline.engine.gates.OPENS_AT` times in a row. From `until` on one stage may
    try; by what comes of that it closes, or stays open for longer.
    """

    system = models.CharField(_("outside system"), max_length=40, unique=True)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    error = models.TextField(_("last error"), blank=True)
    opened_at = models.DateTimeField(_("open since"), null=True, blank=True)
    until = models.DateTimeField(_("tried again at"), null=True, blank=True)

    class Meta:
        verbose_name = _("circuit breaker")
        verbose_name_plural = _("circuit breakers")
        ordering = ["system"]

    def __str__(self) -> str:
        return self.system
