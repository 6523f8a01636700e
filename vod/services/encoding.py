"""The work on one master, from the probe to a package that viewers get, under a lease that every write names."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import models, transaction

from config.lib import leases
from config.lib.locks import lock_one
from vod.models import Asset, Package, Title, TranscodeJob
from vod.services import packages
from vod.services.workfolders import work_folder
from vod.transcoding.base import Encoded, TranscodeFailed, Transcoder
from vod.transcoding.ffmpeg import FfmpegTranscoder
from vod.transcoding.ladder import ladder
from vod.transcoding.packaging import Packaged, package
from vod.transcoding.probe import Limits, probe

# Long enough for what cannot renew it meanwhile, such as a file of gigabytes on its way to the object store.
LEASE = timedelta(minutes=2)
_WRITE_EVERY = timedelta(seconds=1)
# Where each part of the work ends, in percent.
_ENCODED, _PACKAGED, _STORED = 90, 95, 99
TRANSCODERS: dict[str, Callable[[], Transcoder]] = {"ffmpeg": FfmpegTranscoder}


def transcoder() -> Transcoder:
    """The transcoder that the setting TRANSCODER names; `vod.checks` refuses a name that is not known."""
    return TRANSCODERS[settings.TRANSCODER]()


def limits() -> Limits:
    """What is accepted as a master here."""
    return Limits(max_bytes=settings.MASTER_MAX_BYTES)


def running() -> "models.QuerySet[TranscodeJob]":
    return TranscodeJob.objects.filter(state=TranscodeJob.State.RUNNING)


@dataclass(kw_only=True)
class Hand:
    """A job in the hand of this process: all its writes go through here and fail once another process has it."""

    job: TranscodeJob
    clock: Callable[[], datetime]
    listener: Callable[[int], None]
    percent: int = 0
    written_at: datetime | None = field(default=None)

    def reach(self, percent: float) -> None:
        """Tell how far the work is, and keep the lease: written at most once a second."""
        self.percent = max(self.percent, min(int(percent), 100))
        now = self.clock()
        if self.written_at is None or now - self.written_at >= _WRITE_EVERY:
            self.written_at = now
            leases.write(running(), self.job, percent=self.percent, lease_until=now + LEASE)
            self.listener(self.percent)

    def move(self, state: str, **changes: object) -> None:
        """Bring the asset into its next state, if the job is still ours."""
        with transaction.atomic():
            leases.renew(running(), self.job, now=self.clock(), ttl=LEASE)
            self.job.asset.move_to(state, **changes)

    def keep(self) -> bool:
        """For a `should_stop`: renew the lease, and never ask to stop (a lost lease raises)."""
        self.reach(self.percent)
        return False


def make_film(hand: Hand, transcoder: Transcoder) -> None:
    """Do all that is still to do for the asset in hand.

    Raises NotPlayable, TranscodeFailed or LeaseLost; then nothing of this attempt is left, on disk or in the storage.
    """
    asset = hand.job.asset
    _remove_earlier_attempts(hand.job)
    if asset.state != Asset.State.PLAYABLE:
        hand.move(Asset.State.PROBING, failure_code="", failure_reason="")
        with work_folder(f"{asset.pk}-{hand.job.fence}") as folder:
            _publish(hand, _encode(hand, folder, transcoder))
    _finish(hand)


def _encode(hand: Hand, folder: Path, transcoder: Transcoder) -> Packaged:
    master = _local_master(hand, folder)
    found = probe(master, limits=limits())
    hand.move(Asset.State.TRANSCODING, probe=found.as_json())
    encoded = transcoder.transcode(
        master=master,
        probe=found,
        rungs=ladder(found),
        workdir=folder,
        on_progress=lambda percent: hand.reach(percent * _ENCODED / 100),
        should_stop=hand.keep,
    )
    return _packaged(hand, folder, encoded)


def _packaged(hand: Hand, folder: Path, encoded: Encoded) -> Packaged:
    segments = sum(len(rendition.segments) for rendition in encoded.renditions)
    done = iter(range(segments))

    def step() -> bool:
        hand.reach(_ENCODED + (_PACKAGED - _ENCODED) * next(done, segments) / segments)
        return False

    return package(encoded, folder / "package", should_stop=step)


def _publish(hand: Hand, packaged: Packaged) -> None:
    """Files first; then, in one transaction that names the fence, the rows and the change to the new package."""
    asset = hand.job.asset
    folder = packages.folder_for(asset, hand.job.fence)
    try:
        packages.store(packaged, folder, after_each=lambda share: hand.reach(_PACKAGED + (_STORED - _PACKAGED) * share))
        with transaction.atomic():
            lock_one(Title.objects.all(), pk=asset.title_id)
            hand.move(Asset.State.PLAYABLE)
            packages.add_rows(asset, packaged, folder)
    except BaseException:
        packages.remove_unknown(folder)
        raise


def _finish(hand: Hand) -> None:
    asset = hand.job.asset
    _give_title_a_poster(asset)
    with transaction.atomic():
        now = hand.clock()
        leases.write(
            running(),
            hand.job,
            state=TranscodeJob.State.SUCCEEDED,
            percent=100,
            error="",
            finished_at=now,
            **leases.RELEASED,
        )
        asset.move_to(Asset.State.READY)
    hand.listener(100)


def _give_title_a_poster(asset: Asset) -> None:
    """A title without artwork shows a still of its film; artwork that somebody chose is never touched."""
    made = Package.objects.filter(asset=asset).order_by("-pk").first()
    without = Title.objects.filter(pk=asset.title_id, artwork_wide="")
    if made is None or not without.exists() or not (still := packages.poster(made)):
        return
    field_file = Title(slug=asset.title.slug).artwork_wide
    field_file.save(f"{asset.title.slug}.jpg", ContentFile(still), save=False)
    if not without.update(artwork_wide=field_file.name):
        field_file.delete(save=False)


def _local_master(hand: Hand, folder: Path) -> Path:
    """The master as a file of this machine: where the storage is elsewhere, it is fetched first."""
    file = hand.job.asset.file
    if not file:
        raise TranscodeFailed("missing_master", "The master file is gone. Upload it again.", is_transient=False)
    try:
        return Path(file.path)
    except NotImplementedError:
        return _fetched(hand, folder)


def _fetched(hand: Hand, folder: Path) -> Path:
    master = folder / "master"
    with hand.job.asset.file.open("rb") as source, master.open("wb") as target:
        while chunk := source.read(8 * 1024 * 1024):
            target.write(chunk)
            hand.keep()
    return master


def _remove_earlier_attempts(job: TranscodeJob) -> None:
    """What a killed attempt had put into the storage is of no use to anybody."""
    for fence in range(1, job.fence):
        packages.remove_unknown(packages.folder_for(job.asset, fence))
