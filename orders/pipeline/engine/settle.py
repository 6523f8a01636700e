"""Writing what came of an attempt, and what follows from it for the run.

Order of locks: the stage (by its fenced UPDATE), then the run, then the stages that follow. Everything that follows
from a result happens under the lock of the run, so of two stages that end together the second sees what the first did.
"""

import logging
import random
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from config.lib import leases
from config.lib.leases import LeaseLost
from config.lib.locks import lock_one
from config.lib.realtime import publish_after_commit
from orders.models import PipelineRun, StageAttempt, StageRun
from orders.pipeline.engine import graph, takeback
from orders.pipeline.engine.context import Context
from orders.pipeline.engine.errors import Refused, StageError, Transient, Uncertain
from orders.pipeline.engine.graph import Output, Wait
from orders.pipeline.engine.start import wake_worker

log = logging.getLogger(__name__)
State = StageRun.State
Outcome = StageAttempt.Outcome


def spec_of(stage: StageRun) -> graph.Stage:
    return graph.find(stage.run.pipeline, stage.run.version).stage(stage.name)


def write_result(context: Context, result: Output | Wait, *, now: datetime) -> None:
    """Write success or waiting under the fence; raises `LeaseLost` and so undoes the transaction around it."""
    if isinstance(result, Wait):
        changes: dict[str, Any] = {
            "state": State.WAITING,
            "attempts": 0,
            "available_at": result.next_look,
            "deadline_at": result.until,
        }
        _write(context, Outcome.WAITED, now, error="", error_kind="", **changes)
        _lay_down(context.stage, now)
    else:
        _write(
            context,
            Outcome.SUCCEEDED,
            now,
            state=State.SUCCEEDED,
            output=result,
            error="",
            error_kind="",
            finished_at=now,
        )
        after_end_of(context.stage, now)


@transaction.atomic
def fail(context: Context, error: StageError, *, now: datetime, outcome: str | None = None) -> None:
    """Sort a failure: try again later, take the run back, or park the stage for a person."""
    stage, kind = context.stage, _kind(error)
    try:
        _write(context, outcome or kind, now, error=str(error), error_kind=kind, **_after_failure(context, error, now))
    except LeaseLost as lost:
        log.warning("%s", lost)
        return
    if isinstance(error, Refused) and context.spec.takes_back_when_refused:
        take_back(stage.run, reason=str(error), now=now)
    else:
        _lay_down(stage, now)


def _after_failure(context: Context, error: StageError, now: datetime) -> dict[str, Any]:
    stage, spec = context.stage, context.spec
    if isinstance(error, Transient) and stage.attempts < stage.budget:
        pause = error.retry_after or spec.retry.bound(stage.attempts) * random.random()  # noqa: S311
        return {"state": State.READY, "available_at": now + pause}
    if isinstance(error, Refused) and spec.takes_back_when_refused:
        return {"state": State.CANCELLED, "finished_at": now}
    return {"state": State.PARKED, "finished_at": now}


def _write(context: Context, outcome: str, now: datetime, **changes: Any) -> None:
    """The fenced write of the stage, with the row that tells of the attempt."""
    stage = context.stage
    worker = stage.lease_owner
    leases.write(StageRun.objects.filter(state=State.RUNNING), stage, **changes, **leases.RELEASED)
    StageAttempt.objects.create(
        stage=stage,
        number=stage.attempts,
        fence=stage.fence,
        worker=worker,
        outcome=outcome,
        error=changes.get("error", ""),
        started_at=context.now,
        finished_at=now,
    )


def _lay_down(stage: StageRun, now: datetime) -> None:
    """A stage that freed no other: it looks again if an event came meanwhile, and ends where its run is taken back."""
    run = lock_one(PipelineRun.objects.all(), pk=stage.run_id)
    row = StageRun.objects.filter(pk=stage.pk)
    if run.state == PipelineRun.State.COMPENSATING and stage.seq < takeback.UNDO_SEQ:
        row.update(state=State.CANCELLED, finished_at=now)
        _end_if_done(run, now)
    elif row.filter(state=State.WAITING, is_woken=True).update(state=State.READY, is_woken=False, available_at=now):
        wake_worker(stage.run_id)
    _tell_page(stage)


def after_end_of(stage: StageRun, now: datetime) -> None:
    """Free the stages that waited for this one, end the run where it was the last, and tell whoever watches."""
    run = lock_one(PipelineRun.objects.all(), pk=stage.run_id)
    if run.state == PipelineRun.State.COMPENSATING:
        takeback.next_after(run, stage.seq, now)
    else:
        for _ in range(_free_dependents(run, stage, now) - 1):  # this worker goes on with one, others beside it
            wake_worker(run.pk)
    _end_if_done(run, now)
    _tell_page(stage)


def _free_dependents(run: PipelineRun, stage: StageRun, now: datetime) -> int:
    is_after = Q(pk__in=[])
    for dependent in graph.find(run.pipeline, run.version).dependents(stage.name):
        is_same_item = bool(dependent.over and stage.item)
        is_after |= Q(name=dependent.name, item=stage.item) if is_same_item else Q(name=dependent.name)
    blocked = StageRun.objects.filter(is_after, run=run, state=State.BLOCKED)
    blocked.update(blocked_by=F("blocked_by") - 1)
    return blocked.filter(blocked_by=0).update(state=State.READY, available_at=now)


def take_back(run: PipelineRun, *, reason: str, now: datetime) -> None:
    """Stop what has not begun; what is at work ends by itself, and whoever ends last begins the undoing."""
    run = lock_one(PipelineRun.objects.all(), pk=run.pk)
    not_begun = (State.BLOCKED, State.READY, State.WAITING, State.PARKED)
    StageRun.objects.filter(run=run, state__in=not_begun, seq__lt=takeback.UNDO_SEQ).update(
        state=State.CANCELLED, finished_at=now
    )
    if run.state == PipelineRun.State.RUNNING:
        run.state, run.failure = PipelineRun.State.COMPENSATING, reason
        run.save(update_fields=["state", "failure"])
    _end_if_done(run, now)


def _end_if_done(run: PipelineRun, now: datetime) -> None:
    """End the run, locked by the caller, when none of its stages is unfinished."""
    if run.finished_at or StageRun.objects.filter(run=run, state__in=StageRun.UNFINISHED).exists():
        return
    pipeline = graph.find(run.pipeline, run.version)
    if run.state == PipelineRun.State.RUNNING:
        run.state = PipelineRun.State.SUCCEEDED
        pipeline.finished(run.order, now)
    elif takeback.begin(run, pipeline, now):
        wake_worker(run.pk)
        return
    else:
        run.state = PipelineRun.State.COMPENSATED
        pipeline.taken_back(run.order, now, run.failure)
    run.finished_at = now
    run.save(update_fields=["state", "finished_at"])


def _kind(error: StageError) -> str:
    if isinstance(error, Refused):
        return Outcome.REFUSED
    return Outcome.UNCERTAIN if isinstance(error, Uncertain) else Outcome.TRANSIENT


def _tell_page(stage: StageRun) -> None:
    publish_after_commit(f"order:{stage.run.order.number}", {"stage": stage.name})
