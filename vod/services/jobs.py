"""Who works on which master: claims, back-off, failures, and the sweep that finds what a dead process held."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import models, transaction
from django.utils import timezone

from config.lib import leases
from config.lib.tasks import send_after_commit
from vod.models import Asset, TranscodeJob
from vod.services import encoding, workfolders
from vod.services.encoding import LEASE, Hand, running
from vod.transcoding.base import TranscodeFailed, Transcoder
from vod.transcoding.probe import NotPlayable

log = logging.getLogger(__name__)

BACK_OFF = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10))
MAX_ATTEMPTS = len(BACK_OFF) + 1
SWEEP_EVERY_S = 2.0
_WAKE_EVERY = timedelta(minutes=1)
_UPLOAD_MAY_TAKE = timedelta(days=1)
# With these the file is at fault, not we: it is of no use any more.
_USELESS_MASTER = frozenset({"unreadable_master"})

Clock = Callable[[], datetime]


def due(now: datetime) -> "models.QuerySet[TranscodeJob]":
    """The jobs that may be taken up at `now`."""
    return TranscodeJob.objects.filter(state=TranscodeJob.State.QUEUED, available_at__lte=now)


def enqueue(asset: Asset, *, now: datetime) -> TranscodeJob:
    """Put the work on a stored master into the queue and wake a worker."""
    with transaction.atomic():
        job = TranscodeJob.objects.create(asset=asset, available_at=now)
        _wake(job)
    return job


def start(asset: Asset, *, now: datetime) -> TranscodeJob:
    """Make the job of a stored master and claim it for this process in one step, so that no worker comes between."""
    with transaction.atomic():
        job = TranscodeJob.objects.create(asset=asset, available_at=now)
        claim(job, now=now)
    return job


def claim(job: TranscodeJob, *, now: datetime) -> bool:
    """Take a queued job for this process; False when another one was faster."""
    return leases.claim(
        due(now),
        job,
        now=now,
        ttl=LEASE,
        state=TranscodeJob.State.RUNNING,
        attempts=job.attempts + 1,
        percent=0,
        error="",
        started_at=now,
        finished_at=None,
    )


def run_job(job_id: int, *, clock: Clock = timezone.now, transcoder: Transcoder | None = None) -> TranscodeJob | None:
    """Claim one job and work on it to its end; None when it is not due or another process has it."""
    now = clock()
    job = due(now).filter(pk=job_id).select_related("asset__title").first()
    if job is None or not claim(job, now=now):
        return None
    return work(job, clock=clock, transcoder=transcoder)


def run_next(*, clock: Clock = timezone.now, transcoder: Transcoder | None = None) -> TranscodeJob | None:
    """Work on the job that has been due for longest; None when there is none to be had."""
    for job_id in due(clock()).order_by("available_at").values_list("pk", flat=True)[:10]:
        if done := run_job(job_id, clock=clock, transcoder=transcoder):
            return done
    return None


def work(
    job: TranscodeJob,
    *,
    clock: Clock = timezone.now,
    transcoder: Transcoder | None = None,
    on_progress: Callable[[int], None] = lambda percent: None,
) -> TranscodeJob:
    """Do the work of a job this process has claimed, and record how it ended; returns the job as it then stands.

    `on_progress` gets whole percents. When the process is asked to end (Ctrl-C), the job goes back into the queue.
    """
    hand = Hand(job=job, clock=clock, listener=on_progress)
    try:
        encoding.make_film(hand, transcoder or encoding.transcoder())
    except leases.LeaseLost as lost:
        log.warning("Encoding was given up: %s", lost)
    except NotPlayable as refusal:
        _fail(job, clock(), refusal.code, refusal.message, is_useless=True)
    except TranscodeFailed as failure:
        log.warning("Encoding of asset %s failed: %s\n%s", job.asset_id, failure.reason, failure.log_tail)
        _failed(job, clock(), failure)
    except (KeyboardInterrupt, SystemExit):
        _give_back(job, clock())
        raise
    except Exception as error:
        log.exception("Encoding of asset %s met an error", job.asset_id)
        _failed(job, clock(), TranscodeFailed("unexpected", f"{type(error).__name__}: {error}", is_transient=True))
    job.refresh_from_db()
    return job


def retry(asset: Asset, *, now: datetime) -> bool:
    """Put a failed asset back into the queue with all its attempts; False when it did not fail or its file is gone."""
    if not asset.file:
        return False
    failed = TranscodeJob.objects.filter(asset=asset, state=TranscodeJob.State.FAILED)
    with transaction.atomic():
        changed = failed.update(state=TranscodeJob.State.QUEUED, attempts=0, percent=0, error="", available_at=now)
        if changed:
            _wake(TranscodeJob.objects.get(asset=asset))
    return bool(changed)


def sweep_jobs(now: datetime) -> int:
    """Sweep: take back what dead processes held, wake workers for what is due, clear what was left half-done.

    Returns how many jobs were taken back.
    """
    workfolders.remove_left_behind()
    freed = [job for job in leases.lapsed(running(), now=now) if _take_back(job, now)]
    for job in due(now)[:100]:
        # A lost message is made good within a minute; none is sent each time, since workers may be busy for hours.
        if (now - job.available_at) % _WAKE_EVERY < timedelta(seconds=SWEEP_EVERY_S):
            _wake(job)
    _remove_abandoned_uploads(now)
    return len(freed)


def _take_back(job: TranscodeJob, now: datetime) -> bool:
    reason = "The process that encoded it was ended, perhaps for want of memory."
    if job.attempts >= MAX_ATTEMPTS:
        return _fail(job, now, "killed", f"{reason} That happened {job.attempts} times.")
    return _requeue(job, available_at=now, error=reason)


def _failed(job: TranscodeJob, now: datetime, failure: TranscodeFailed) -> None:
    if failure.is_transient and job.attempts < MAX_ATTEMPTS:
        _requeue(job, available_at=now + BACK_OFF[job.attempts - 1], error=failure.reason)
    else:
        _fail(job, now, failure.code, failure.reason, is_useless=failure.code in _USELESS_MASTER)


def _give_back(job: TranscodeJob, now: datetime) -> None:
    _requeue(job, available_at=now, error="", attempts=job.attempts - 1)


def _requeue(job: TranscodeJob, *, available_at: datetime, error: str, **changes: object) -> bool:
    """Release the job into the queue, unless somebody else has it by now. The fence moves on: no late write counts."""
    with transaction.atomic():
        changed = (
            running()
            .filter(pk=job.pk, fence=job.fence)
            .update(
                state=TranscodeJob.State.QUEUED,
                fence=job.fence + 1,
                available_at=available_at,
                error=error,
                **leases.RELEASED,
                **changes,
            )
        )
        if changed:
            _wake(job)
    return bool(changed)


def _fail(job: TranscodeJob, now: datetime, code: str, reason: str, *, is_useless: bool = False) -> bool:
    """End the job for good and tell why on the asset; a file that is of no use is deleted."""
    with transaction.atomic():
        changed = (
            running()
            .filter(pk=job.pk, fence=job.fence)
            .update(state=TranscodeJob.State.FAILED, error=reason, finished_at=now, **leases.RELEASED)
        )
        if not changed:
            return False
        asset = Asset.objects.get(pk=job.asset_id)
        name = asset.file.name
        asset.move_to(
            Asset.State.FAILED,
            failure_code=code,
            failure_reason=reason,
            file="" if is_useless else name,
        )
    if is_useless and name:
        Asset.file.field.storage.delete(name)
    return True


def _remove_abandoned_uploads(now: datetime) -> None:
    """A process that died while it stored a master leaves a row without a job."""
    for asset in Asset.objects.filter(job__isnull=True, created_at__lt=now - _UPLOAD_MAY_TAKE, packages__isnull=True):
        asset.file.delete(save=False)
        asset.delete()


def _wake(job: TranscodeJob) -> None:
    send_after_commit("vod.transcode", queue="media", job_id=job.pk)
