"""The sweep: what the broker forgot, what dead workers left, what is due. Any number may run at any time.

Its cost follows what is under way, not what was ever done: each query reads a partial index.
"""

import logging
from datetime import datetime, timedelta

from django.db import transaction

from config.lib import leases
from config.lib.leases import LeaseLost
from orders.models import StageAttempt, StageRun
from orders.pipeline.engine.start import wake_worker

log = logging.getLogger(__name__)
State = StageRun.State
OVERDUE = timedelta(seconds=2)
BATCH = 200


def sweep(*, now: datetime) -> int:
    """Put back what dead workers held, wake what is due, and send again what nobody came for; returns how many."""
    return _take_from_the_dead(now) + _wake_due(now) + _send_overdue(now)


def _take_from_the_dead(now: datetime) -> int:
    running = StageRun.objects.filter(state=State.RUNNING).select_related("run")
    return sum(_put_back(stage, now) for stage in leases.lapsed(running, now=now, limit=BATCH))


@transaction.atomic
def _put_back(stage: StageRun, now: datetime) -> int:
    """A stage whose worker is gone is ready again; one that was the end of too many workers is parked."""
    is_poison = stage.attempts >= stage.budget
    lost = f"The worker {stage.lease_owner} was lost"
    changes = {
        "state": State.PARKED if is_poison else State.READY,
        "error": lost,
        "error_kind": StageAttempt.Outcome.LOST,
    }
    worker = stage.lease_owner
    try:
        leases.write(
            StageRun.objects.filter(state=State.RUNNING), stage, available_at=now, **changes, **leases.RELEASED
        )
    except LeaseLost:
        return 0
    StageAttempt.objects.create(
        stage=stage,
        number=stage.attempts,
        fence=stage.fence,
        worker=worker,
        outcome=StageAttempt.Outcome.LOST,
        error=lost,
        started_at=now,
        finished_at=now,
    )
    wake_worker(stage.run_id)
    log.warning("%s: %s of run %s is %s", lost, stage, stage.run_id, changes["state"])
    return 1


def _wake_due(now: datetime) -> int:
    """Waiting stages whose next look has come, at the deadline at the latest, are ready; their runs get a message."""
    due = StageRun.objects.filter(state=State.WAITING, available_at__lte=now)
    rows = list(due.order_by("available_at").values_list("pk", "run_id")[:BATCH])
    if not rows:
        return 0
    due.filter(pk__in=[pk for pk, _ in rows]).update(state=State.READY, available_at=now)
    for run_id in {run_id for _, run_id in rows}:
        wake_worker(run_id)
    return len(rows)


def _send_overdue(now: datetime) -> int:
    """Ready and nobody came: a pause is over that no message knows of, or the message was lost.

    What is announced has its turn again after those that have waited longer, and not before as long again has passed.
    """
    overdue = StageRun.objects.filter(state=State.READY, available_at__lte=now - OVERDUE)
    rows = list(overdue.order_by("available_at").values_list("pk", "run_id")[:BATCH])
    overdue.filter(pk__in=[pk for pk, _ in rows]).update(available_at=now)
    runs = {run_id for _, run_id in rows}
    for run_id in runs:
        wake_worker(run_id)
    return len(runs)
