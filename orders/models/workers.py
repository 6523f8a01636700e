"""Which workers there are, as far as they say so themselves."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class SweeperBeat(models.Model):
    """The sweeper of one worker process, and when it was last heard of; one that is silent is forgotten in time."""

    worker = models.CharField(_("worker"), max_length=120, unique=True)
    started_at = models.DateTimeField(_("since"), default=timezone.now)
    seen_at = models.DateTimeField(_("last heard of"), default=timezone.now)

    class Meta:
        verbose_name = _("sweeper")
        verbose_name_plural = _("sweepers")
        ordering = ["-seen_at"]

    def __str__(self) -> str:
        return self.worker
