"""What is shown to the public in a window of time: from a moment on, and until another or for good."""

from datetime import datetime
from typing import Self, TypeVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Published(models.Model):
    """A row with a page of its own, which is open while it is published and its window lasts (half-open)."""

    is_published = models.BooleanField(_("published"), default=False)
    starts_at = models.DateTimeField(_("published from"), default=timezone.now)
    ends_at = models.DateTimeField(_("published until"), null=True, blank=True)

    class Meta:
        abstract = True

    def is_open_at(self, now: datetime) -> bool:
        """Whether its page can be seen at `now`: the rule of `PublishedQuerySet.published` for the row in hand."""
        return self.is_published and self.starts_at <= now and (self.ends_at is None or self.ends_at > now)


Row = TypeVar("Row", bound=Published)


class PublishedQuerySet(models.QuerySet[Row]):
    def published(self, now: datetime | None = None) -> Self:
        """Those that the public may see at `now`; a row leaves every list in the very second its window ends."""
        now = now or timezone.now()
        return self.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now), is_published=True, starts_at__lte=now)
