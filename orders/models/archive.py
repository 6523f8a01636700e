"""Runs that ended long ago: one row for each, with everything that was known of it."""

import hashlib
import json
import zlib
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orders.models.order import Order
from orders.models.pipeline import PipelineRun


class Damaged(Exception):
    """What is kept is not what was written: its sum does not fit."""


class PipelineArchive(models.Model):
    """The stages, attempts, effects and operator actions of one run, compacted; the rows themselves are gone."""

    run = models.OneToOneField(PipelineRun, models.PROTECT, related_name="archive", verbose_name=_("run"))
    order = models.ForeignKey(Order, models.PROTECT, related_name="archives", verbose_name=_("order"))
    pipeline = models.CharField(_("pipeline"), max_length=40)
    version = models.PositiveSmallIntegerField(_("version"))
    state = models.CharField(_("state"), max_length=14, choices=PipelineRun.State)
    began_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"))
    stages = models.PositiveIntegerField(_("stages"))
    content = models.BinaryField(_("contents"))
    digest = models.CharField(_("sum (SHA-256)"), max_length=64)
    archived_at = models.DateTimeField(_("archived"), default=timezone.now)

    class Meta:
        verbose_name = _("archived run")
        verbose_name_plural = _("archived runs")
        ordering = ["-finished_at"]
        indexes = [models.Index(fields=["pipeline", "state", "finished_at"], name="pipelinearchive_kind")]

    def __str__(self) -> str:
        return f"{self.pipeline} {self.order}"

    def pack(self, contents: dict[str, Any]) -> None:
        """Take `contents` in (JSON values and moments), with their sum."""
        text = json.dumps(contents, ensure_ascii=False, sort_keys=True, default=_plain).encode()
        self.content, self.digest = zlib.compress(text, 9), hashlib.sha256(text).hexdigest()

    def unpack(self) -> dict[str, Any]:
        """What was taken in; raises `Damaged` where that is no longer what is kept."""
        try:
            text = zlib.decompress(bytes(self.content))
        except zlib.error as error:
            raise Damaged(f"The archive of the run {self.run_id} cannot be read: {error}") from error
        if hashlib.sha256(text).hexdigest() != self.digest:
            raise Damaged(f"The archive of the run {self.run_id} is not what was written")
        return dict(json.loads(text))


def _plain(value: Any) -> str:
    """Moments in full, to the microsecond; identifiers as text."""
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
