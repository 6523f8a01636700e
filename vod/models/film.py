"""The film itself: the master that staff hand in, the work on it, and the package that players read."""

from django.conf import settings
from django.core.files.storage import storages
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from config.lib.leases import Leased
from config.lib.states import Stateful
from vod.models.catalogue import Title


def masters():  # type: ignore[no-untyped-def]
    """Where masters lie: never behind a public address."""
    return storages["masters"]


class Asset(Stateful):
    """A master file and how far it has come."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("uploaded")
        PROBING = "probing", _("being checked")
        TRANSCODING = "transcoding", _("being encoded")
        PLAYABLE = "playable", _("playable")
        READY = "ready", _("ready")
        FAILED = "failed", _("failed")

    MOVES = {
        State.UPLOADED: (State.PROBING, State.FAILED),
        State.PROBING: (State.TRANSCODING, State.PROBING, State.FAILED),
        State.TRANSCODING: (State.PLAYABLE, State.PROBING, State.FAILED),
        State.PLAYABLE: (State.READY, State.FAILED),
        State.FAILED: (State.PROBING,),
    }

    title = models.ForeignKey(Title, models.CASCADE, related_name="assets", verbose_name=_("title"))
    file = models.FileField(_("master file"), upload_to="%Y/%m/", storage=masters, max_length=300, blank=True)
    original_name = models.CharField(_("file name"), max_length=255, blank=True)
    size = models.PositiveBigIntegerField(_("bytes"), default=0)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.UPLOADED)
    failure_code = models.CharField(_("failure"), max_length=40, blank=True)
    failure_reason = models.TextField(_("reason of the failure"), blank=True)
    probe = models.JSONField(_("what the file holds"), default=dict, blank=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("uploaded by"),
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now)

    class Meta:
        verbose_name = _("asset")
        verbose_name_plural = _("assets")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.original_name or self.file.name} ({self.get_state_display()})"


class TranscodeJob(Leased):
    """The work on one asset, held by one process at a time."""

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        RUNNING = "running", _("running")
        SUCCEEDED = "succeeded", _("succeeded")
        FAILED = "failed", _("failed")

    asset = models.OneToOneField(Asset, models.CASCADE, related_name="job", verbose_name=_("asset"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    percent = models.PositiveSmallIntegerField(_("percent"), default=0)
    available_at = models.DateTimeField(_("not before"), default=timezone.now)
    error = models.TextField(_("error"), blank=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("transcode job")
        verbose_name_plural = _("transcode jobs")
        indexes = [
            models.Index(fields=["available_at"], condition=Q(state="queued"), name="transcodejob_queued"),
            models.Index(fields=["lease_until"], condition=Q(state="running"), name="transcodejob_running"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(percent__lte=100), name="transcodejob_percent_at_most_100"),
            models.CheckConstraint(
                condition=(Q(state="running") & Q(lease_until__isnull=False))
                | (~Q(state="running") & Q(lease_until__isnull=True)),
                name="transcodejob_running_has_a_lease",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asset_id} {self.state} {self.percent}%"


class Package(models.Model):
    """An encrypted HLS package on a path that never changes; the title plays the one that is current."""

    title = models.ForeignKey(Title, models.CASCADE, related_name="packages", verbose_name=_("title"))
    asset = models.ForeignKey(Asset, models.PROTECT, related_name="packages", verbose_name=_("asset"))
    folder = models.CharField(_("folder"), max_length=200, unique=True)
    duration_s = models.FloatField(_("duration in seconds"))
    is_current = models.BooleanField(_("current"), default=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now)

    class Meta:
        verbose_name = _("package")
        verbose_name_plural = _("packages")
        constraints = [
            models.UniqueConstraint(
                fields=["title"], condition=Q(is_current=True), name="package_one_current_per_title"
            )
        ]

    def __str__(self) -> str:
        return self.folder


class Rendition(models.Model):
    """One encoded output of a package."""

    package = models.ForeignKey(Package, models.CASCADE, related_name="renditions", verbose_name=_("package"))
    name = models.CharField(_("name"), max_length=20)
    width = models.PositiveIntegerField(_("width"))
    height = models.PositiveIntegerField(_("height"))
    bandwidth = models.PositiveIntegerField(_("peak bits per second"))
    average_bandwidth = models.PositiveIntegerField(_("average bits per second"))
    codecs = models.CharField(_("codecs"), max_length=60)
    frame_rate = models.FloatField(_("frames per second"))
    segments = models.JSONField(_("segments"), help_text=_("duration in seconds and size in bytes of each"))

    class Meta:
        verbose_name = _("rendition")
        verbose_name_plural = _("renditions")
        ordering = ["-height"]
        constraints = [models.UniqueConstraint(fields=["package", "name"], name="rendition_name_unique_in_package")]

    def __str__(self) -> str:
        return f"{self.name} {self.width}×{self.height}"


class PackageKey(models.Model):
    """The AES-128 key of a stretch of segments, from `first_sequence` to the next key's."""

    package = models.ForeignKey(Package, models.CASCADE, related_name="keys", verbose_name=_("package"))
    number = models.PositiveSmallIntegerField(_("number"))
    first_sequence = models.PositiveIntegerField(_("first segment"))
    secret = models.BinaryField(_("key"), max_length=16)

    class Meta:
        verbose_name = _("package key")
        verbose_name_plural = _("package keys")
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["package", "number"], name="packagekey_number_unique")]

    def __str__(self) -> str:
        return f"{self.package_id}/{self.number}"
