"""The sweep: what the broker forgot, what dead workers left, what is due, what must not be.

Any number may run at any time. Its cost follows what is under way, not what was ever done: each query reads a partial
index.
"""

import logging
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Coalesce

from config.lib import leases, tasks
from config.lib.leases import LeaseLost
from orders.models import Effect, PipelineRun, StageAttempt, StageRun
from orders.pipeline.engine import gates, graph, observe, settle, takeback
from orders.pipeline.engine.start import wake_worker, wake_workers

log = logging.getLogger(__name__)
State = StageRun.State
Outcome = StageAttempt.Outcome
OVERDUE = timedelta(seconds=2)
LOST_AFTER = timedelta(seconds=30)  # even though other messages wait
BATCH = 200
MOST_KILLS = 5
STUCK_AFTER = timedelta(minutes=1)
ALIVE = (StageRun.State.READY, StageRun.State.RUNNING, StageRun.State.WAITING, StageRun.State.PARKED)

Due = list[tuple[uuid.UUID, int]]  # runs, with their priorities


def sweep(*, now: datetime) -> int:
    """Put back what dead workers held, wake what is due, and send again what nobody came for; returns how many."""
    back = _unless_locked(_take_from_the_dead, now)
    gates.hold_back(now)
    rounds = (back, _unless_locked(_wake_due, now), _unless_locked(_send_overdue, now))
    wake_workers(run for found in rounds for run in found)
    return sum(len(found) for found in rounds)


def _take_from_the_dead(now: datetime) -> Due:
    running = StageRun.objects.filter(state=State.RUNNING).select_related("run")
    lapsed = leases.lapsed(running, now=now, limit=BATCH)
    return [(stage.run_id, stage.priority) for stage in lapsed if _is_put_back(stage, now)]


def _unless_locked(look: Callable[[datetime], Due], now: datetime) -> Due:
    """One part of the sweep; what it could not have keeps none of the others from their part."""
    try:
        return look(now)
    except DatabaseError:
        log.exception("A part of the sweep failed; it runs again")
        return []


def _is_put_back(stage: StageRun, now: datetime) -> bool:
    """A run that somebody holds, alive or cut off, must not keep the sweep from all others."""
    try:
        return _put_back(stage, now)
    except DatabaseError as error:
        log.warning("%s of run %s could not be put back yet: %s", stage, stage.run_id, error)
        return False


@transaction.atomic
def _put_back(stage: StageRun, now: datetime) -> bool:
    """A stage whose worker is gone is ready again; one that was the end of too many workers is parked."""
    lost, kills = f"The worker {stage.lease_owner} was lost", stage.kills + 1
    changes = {"state": State.READY, "error": lost, "error_kind": Outcome.LOST, "kills": kills}
    if kills >= MOST_KILLS:
        changes |= {"state": State.PARKED, "finished_at": now, "owner": _owner(stage)}
        changes["error"] = f"{lost}, the {kills}th in a row: what this stage is given may be what kills them"
    worker = stage.lease_owner
    stage.run = settle.lock(stage.run_id)
    is_given_up = _is_given_up(stage)
    if is_given_up:
        changes |= {"state": State.CANCELLED, "finished_at": now}
    running = StageRun.objects.filter(state=State.RUNNING, lease_until=stage.lease_until)  # not renewed meanwhile
    try:
        leases.write(running, stage, available_at=now, **changes, **leases.RELEASED)
    except LeaseLost:
        return False
    StageAttempt.objects.create(
        stage=stage,
        number=stage.attempts,
        fence=stage.fence,
        worker=worker,
        outcome=Outcome.LOST,
        error=lost,
        started_at=now,
        finished_at=now,
    )
    if is_given_up:
        settle.end_if_done(stage.run, now)
    observe.lost(stage, lost, now)
    log.warning("%s: %s of run %s is %s", lost, stage, stage.run_id, changes["state"])
    return True


def _is_given_up(stage: StageRun) -> bool:
    """Whether its run is being taken back and nothing of it can have happened, so that nobody has to do it again."""
    if stage.run.state != PipelineRun.State.COMPENSATING or stage.seq >= takeback.UNDO_SEQ:
        return False
    return not stage.effects.exclude(state=Effect.State.REJECTED).exists()


def _owner(stage: StageRun) -> str:
    """Who answers for it, where this code knows its pipeline."""
    try:
        return settle.spec_of(stage).owner
    except graph.GraphError:
        return ""


def _wake_due(now: datetime) -> Due:
    """Waiting stages whose next look has come, at the deadline at the latest, are ready; gives their runs."""
    due = StageRun.objects.filter(state=State.WAITING, available_at__lte=now)
    rows = list(due.order_by("available_at").values_list("pk", "run_id", "priority")[:BATCH])
    if rows:
        due.filter(pk__in=[pk for pk, _, _ in rows]).update(state=State.READY, available_at=now)
    return [(run_id, priority) for _, run_id, priority in rows]


def _send_overdue(now: datetime) -> Due:
    """Ready and nobody came: a pause is over that no message knows of, or the message was lost; gives their runs.

    While messages wait in the queue, workers are only busy, and more of them would be the worse load. What is announced
    has its turn again after those that have waited longer, and not before as long again has passed. Since when it has
    really been due is kept beside that: whoever watches has to see it grow old.
    """
    if settings.PIPELINE_EXECUTOR != "celery":
        return []
    overdue = StageRun.objects.filter(state=State.READY, available_at__lte=now - OVERDUE)
    if not overdue.exists():
        return []
    if tasks.are_waiting("purchase"):
        overdue = overdue.filter(available_at__lte=now - LOST_AFTER)
    rows = list(overdue.order_by("-priority", "available_at").values_list("pk", "run_id", "priority")[:BATCH])
    overdue.filter(pk__in=[pk for pk, _, _ in rows]).update(
        overdue_since=Coalesce("overdue_since", "available_at"), available_at=now
    )
    return [(run_id, priority) for _, run_id, priority in rows]


def mend(*, now: datetime) -> int:
    """Find runs that nothing would ever bring on, end or free them, and say so: such a state is a fault of ours.

    A run is stuck when it is not finished and no stage of it is ready, running, waiting or parked.
    """
    alive = StageRun.objects.filter(run=OuterRef("pk"), state__in=ALIVE)
    old = PipelineRun.objects.filter(finished_at__isnull=True, created_at__lt=now - STUCK_AFTER)
    stuck = list(old.filter(~Exists(alive)).order_by("created_at").values_list("pk", flat=True)[:BATCH])
    mended = 0
    for run_id in stuck:
        try:
            mended += _mend(run_id, now)
        except (DatabaseError, graph.GraphError) as error:
            log.warning("Run %s could not be mended: %s", run_id, error)
    return mended


@transaction.atomic
def _mend(run_id: uuid.UUID, now: datetime) -> int:
    run = settle.lock(run_id)
    stages = StageRun.objects.filter(run=run)
    if run.finished_at or stages.filter(state__in=ALIVE).exists():
        return 0  # it went on since it was read
    first = stages.filter(state=State.BLOCKED).order_by("seq", "pk").first()
    log.error(
        "Run %s stood still with nothing to bring it on; %s", run, f"{first} is freed" if first else "it is ended"
    )
    if first:
        stages.filter(pk=first.pk).update(state=State.READY, blocked_by=0, available_at=now)
        wake_worker(run.pk, run.priority)
    else:
        settle.end_if_done(run, now)
    return 1
