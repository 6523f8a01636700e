"""The sweep: what the broker forgot, what dead workers left, what is due. Any number may run at any time.

Its cost follows what is under way, not what was ever done: each query reads a partial index.
"""

import logging
import uuid
from datetime import datetime, timedelta

from django.db import transaction

from config.lib import leases
from config.lib.leases import LeaseLost
from config.lib.tasks import send_each_after_commit
from orders.models import StageAttempt, StageRun

log = logging.getLogger(__name__)
State = StageRun.State
OVERDUE = timedelta(seconds=2)
BATCH = 200


def sweep(*, now: datetime) -> int:
    """Put back what dead workers held, wake what is due, and send again what nobody came for; returns how many."""
    rounds = (_take_from_the_dead(now), _wake_due(now), _send_overdue(now))
    runs = dict.fromkeys(run_id for found in rounds for run_id in found)
    # Up to the first message that is not taken: a broker that is down must not hold the sweep up with each of them.
    send_each_after_commit("orders.advance_run", queue="purchase", each=[{"run_id": str(run_id)} for run_id in runs])
    return sum(len(found) for found in rounds)


def _take_from_the_dead(now: datetime) -> list[uuid.UUID]:
    running = StageRun.objects.filter(state=State.RUNNING).select_related("run")
    return [stage.run_id for stage in leases.lapsed(running, now=now, limit=BATCH) if _put_back(stage, now)]


@transaction.atomic
def _put_back(stage: StageRun, now: datetime) -> bool:
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
        return False
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
    log.warning("%s: %s of run %s is %s", lost, stage, stage.run_id, changes["state"])
    return True


def _wake_due(now: datetime) -> list[uuid.UUID]:
    """Waiting stages whose next look has come, at the deadline at the latest, are ready; gives their runs."""
    due = StageRun.objects.filter(state=State.WAITING, available_at__lte=now)
    rows = list(due.order_by("available_at").values_list("pk", "run_id")[:BATCH])
    if rows:
        due.filter(pk__in=[pk for pk, _ in rows]).update(state=State.READY, available_at=now)
    return [run_id for _, run_id in rows]


def _send_overdue(now: datetime) -> list[uuid.UUID]:
    """Ready and nobody came: a pause is over that no message knows of, or the message was lost.

    What is announced has its turn again after those that have waited longer, and not before as long again has passed.
    """
    overdue = StageRun.objects.filter(state=State.READY, available_at__lte=now - OVERDUE)
    rows = list(overdue.order_by("available_at").values_list("pk", "run_id")[:BATCH])
    overdue.filter(pk__in=[pk for pk, _ in rows]).update(available_at=now)
    return list(dict.fromkeys(run_id for _, run_id in rows))
