"""The wake-up for the media queue."""

from celery import shared_task

from vod.services import jobs

# Celery takes None for "the limit of all tasks". A film may take hours; a stall is found by the encoder's own watch.
_NEVER_S = 7 * 24 * 3600


@shared_task(name="vod.transcode", time_limit=_NEVER_S)
def transcode(*, job_id: int) -> None:
    """Work on this job, or, where it is in other hands or done, on the one that has waited longest."""
    if jobs.run_job(job_id) is None:
        jobs.run_next()
