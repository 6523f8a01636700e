"""Writing what came of an attempt, and what follows from it for the run.

A stage that others come after is ended without a lock on its run: counting its followers down is one statement, so of
two stages that end together the second sees what the first did. Whatever may end the run, or takes it back, and every
act of a person locks the run first, then its stages. So do transactional stages, since they share a commit; what a
stage itself is about is locked after that.
"""

import logging
import random
import traceback
import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from config.lib import leases
from config.lib.leases import LeaseLost
from config.lib.locks import lock_columns, lock_one
from config.lib.realtime import publish_after_commit
from orders.models import PipelineRun, StageAttempt, StageRun
from orders.pipeline.engine import gates, graph, observe, rows, takeback
from orders.pipeline.engine.context import Context
from orders.pipeline.engine.errors import Refused, StageError, Transient, Uncertain
from orders.pipeline.engine.graph import Output, Wait
from orders.pipeline.engine.precedence import followers
from orders.pipeline.engine.start import wake_worker
from orders.pipeline.engine.wake import wake

log = logging.getLogger(__name__)
State = StageRun.State
Outcome = StageAttempt.Outcome
CLEAN: dict[str, Any] = {"error": "", "error_kind": "", "error_class": ""}


def spec_of(stage: StageRun) -> graph.Stage:
    return graph.find(stage.run.pipeline, stage.run.version).stage(stage.name)


def lock(run_id: uuid.UUID) -> PipelineRun:
    """The run, locked: the first thing that every transaction about one of its stages does."""
    return lock_one(PipelineRun.objects.select_related("order"), pk=run_id)


def lock_again(run: PipelineRun) -> PipelineRun:
    """Lock a run that is in hand, and read anew whether others have taken it back or ended it meanwhile."""
    found = lock_columns(PipelineRun, rows.key_of(run.pk), "state", "failure", "finished_at IS NOT NULL")
    if found is None:
        raise LeaseLost(f"The run {run.pk} is gone")
    run.state, run.failure, is_finished = found
    if not is_finished:
        run.finished_at = None  # what a commit that failed had left in hand
    elif not run.finished_at:
        run.refresh_from_db(fields=["finished_at"])
    return run


def is_last(context: Context) -> bool:
    """Whether nothing comes after the stage, so that its end may be the end of the run."""
    return not _followers(context.run, context.stage)


def write_result(
    context: Context,
    result: Output | Wait,
    *,
    run: PipelineRun,
    now: datetime,
    claim_until: datetime | None = None,
    held: Collection[str] = (),
) -> rows.Ended:
    """Write success or waiting under the fence, and what follows from it.

    With `claim_until` a lone follower is claimed where nothing else of the run has its turn before it, unless it is
    among the names that are `held` back. Where nothing comes after the stage, `run` is locked by the caller. Raises
    `LeaseLost` and so undoes the transaction around it.
    """
    stage = context.stage
    if isinstance(result, Wait):
        until = _within_deadline(context, result, now)
        changes: dict[str, Any] = {"attempts": 0, "kills": 0, "tried_since": None}
        changes["available_at"] = min(result.next_look, until)
        lock_again(run)
        _write(context, Outcome.WAITED, now, state=State.WAITING, deadline_at=until, **CLEAN, **changes)
        _lay_down(stage, run, now)
        return rows.Ended()
    following = _followers(run, stage)
    straight = graph.find(run.pipeline, run.version).straight
    if any(name in held or name not in straight for name, _ in following):
        claim_until = None
    ended = rows.end(stage, result, following, started_at=context.now, now=now, claim_until=claim_until)
    if ended is None:
        raise LeaseLost(f"{stage} was taken over after fence {stage.fence}")
    observe.came_to(Outcome.SUCCEEDED)
    if not ended.met:  # it was the last, or the run was taken back meanwhile
        ended = rows.Ended(freed=_end_or_undo(stage, lock_again(run), now))
    _tell_page(stage)
    return ended


def _within_deadline(context: Context, wait: Wait, now: datetime) -> datetime:
    """Until when it waits: at most as long as the stage declares, from the first time that it was begun.

    A person who tries it again after that gives it as long once more. Raises `Uncertain` where it is over.
    """
    longest = context.spec.deadline
    if longest is None:
        raise graph.GraphError(f"{context.stage} waits, but declares no deadline")
    end = (context.stage.started_at or context.now) + longest
    if end <= now:
        acts = context.stage.operator_actions.order_by("-pk").values_list("acted_at", flat=True)
        end = max(end, (acts.first() or end - longest) + longest)
    if end <= now:
        raise Uncertain(f"It has waited for {longest}, which is all that it may")
    return min(wait.until, end)


@transaction.atomic
def fail(context: Context, error: StageError, *, now: datetime, cause: Exception | None = None) -> None:
    """Sort a failure: try again later, take the run back, or park it for a person. `cause` is a fault of ours."""
    stage, kind = context.stage, Outcome.BROKEN if cause else _kind(error)
    run = lock(stage.run_id)
    told: dict[str, Any] = {"error": str(error), "error_kind": kind, "error_class": type(cause or error).__name__[:80]}
    trace = "".join(traceback.format_exception(cause)) if cause else ""
    try:
        _write(context, kind, now, trace=trace, **told, **_after_failure(context, error, cause, now))
    except LeaseLost as lost:
        observe.came_to(Outcome.LOST, str(lost))
        log.warning("%s", lost)
        return
    if isinstance(error, Refused) and context.spec.takes_back_when_refused:
        take_back(run, reason=str(error), now=now)
    else:
        _lay_down(stage, run, now)


def _after_failure(context: Context, error: StageError, cause: Exception | None, now: datetime) -> dict[str, Any]:
    stage, spec = context.stage, context.spec
    was_trial = (
        isinstance(error, Transient) and not cause and spec.system and gates.note_failure(spec.system, str(error), now)
    )
    budget = stage.budget + 1 if was_trial else stage.budget  # an outage that everybody knows of costs no attempt
    is_in_time = now - (stage.tried_since or now) < spec.retry.within
    may_try = isinstance(error, Transient) and isinstance(cause or error, spec.retry.only)
    if may_try and is_in_time and stage.attempts < budget:
        pause = error.retry_after if isinstance(error, Transient) else None
        pause = pause or spec.retry.bound(stage.attempts) * random.random()  # noqa: S311
        return {"state": State.READY, "available_at": now + pause, "budget": budget}
    if isinstance(error, Refused) and spec.takes_back_when_refused:
        return {"state": State.CANCELLED, "finished_at": now}
    return {"state": State.PARKED, "finished_at": now, "owner": spec.owner}


def _write(context: Context, outcome: str, now: datetime, *, trace: str = "", **changes: Any) -> None:
    """The fenced write of the stage, with the row that tells of the attempt."""
    stage = context.stage
    worker = stage.lease_owner
    leases.write(StageRun.objects.filter(state=State.RUNNING), stage, **changes, **leases.RELEASED)
    observe.came_to(outcome, changes.get("error", ""))
    StageAttempt.objects.create(
        stage=stage,
        number=stage.attempts,
        fence=stage.fence,
        worker=worker,
        outcome=outcome,
        error=changes.get("error", ""),
        traceback=trace,
        started_at=context.now,
        finished_at=now,
    )


def _lay_down(stage: StageRun, run: PipelineRun, now: datetime) -> None:
    """A stage that freed no other: it looks again if an event came meanwhile, and ends where its run is taken back."""
    row = StageRun.objects.filter(pk=stage.pk)
    if run.state == PipelineRun.State.COMPENSATING and stage.seq < takeback.UNDO_SEQ:
        row.update(state=State.CANCELLED, finished_at=now)
        end_if_done(run, now)
    elif row.filter(state=State.WAITING, is_woken=True).update(state=State.READY, is_woken=False, available_at=now):
        wake_worker(run.pk, run.priority)
    _tell_page(stage)


def after_end_of(stage: StageRun, run: PipelineRun, now: datetime) -> int:
    """Free what waited for a stage that a person ended; `run` is locked by the caller. How many are ready now."""
    following = _followers(run, stage)
    freed = rows.free(run.pk, following, now) if following else _end_or_undo(stage, run, now)
    _tell_page(stage)
    return freed


def _end_or_undo(stage: StageRun, run: PipelineRun, now: datetime) -> int:
    """After a stage that frees none: the next undoing, or the end of the run; `run` is locked by the caller."""
    freed = 0
    if run.state == PipelineRun.State.COMPENSATING:
        if takeback.ends_with(stage, pipeline := graph.find(run.pipeline, run.version)):
            _is_undone(run, pipeline, now)
        freed = takeback.next_after(run, stage.seq, now)
    if not freed:
        end_if_done(run, now)
    return freed


def _followers(run: PipelineRun, stage: StageRun) -> Sequence[rows.Row]:
    """The rows that come after this one; what undoes a run goes by its own order."""
    return followers(graph.find(run.pipeline, run.version), run.pk).get((stage.name, stage.item), ())


def take_back(run: PipelineRun, *, reason: str, now: datetime) -> None:
    """Stop what has not begun; what is at work ends by itself, and whoever ends last begins the undoing.

    `run` is locked by the caller.
    """
    not_begun = (State.BLOCKED, State.READY, State.WAITING, State.PARKED)
    StageRun.objects.filter(run=run, state__in=not_begun, seq__lt=takeback.UNDO_SEQ).update(
        state=State.CANCELLED, finished_at=now
    )
    if run.state == PipelineRun.State.RUNNING:
        run.state, run.failure = PipelineRun.State.COMPENSATING, reason
        run.save(update_fields=["state", "failure"])
    end_if_done(run, now)


def end_if_done(run: PipelineRun, now: datetime) -> None:
    """End the run, locked by the caller, when none of its stages is unfinished."""
    if run.finished_at or rows.is_unfinished(run.pk):
        return
    pipeline = graph.find(run.pipeline, run.version)
    if run.state == PipelineRun.State.RUNNING:
        run.state = PipelineRun.State.SUCCEEDED
        pipeline.finished(run.order, now)
    elif takeback.has_begun(run, pipeline) or not _begin_undoing(run, pipeline, now):
        run.state = PipelineRun.State.COMPENSATED
    else:
        return
    run.finished_at = now
    run.save(update_fields=["state", "finished_at"])


def _begin_undoing(run: PipelineRun, pipeline: graph.Pipeline, now: datetime) -> bool:
    """Begin to undo what the run did, or to close it where there is nothing to undo; False without either."""
    to_do = takeback.begin(run, pipeline, now)
    if not to_do or to_do[0].name in pipeline.closing:
        _is_undone(run, pipeline, now)
    if to_do:
        wake_worker(run.pk, run.priority)
    return bool(to_do)


def _is_undone(run: PipelineRun, pipeline: graph.Pipeline, now: datetime) -> None:
    """Nothing of the run is left: the order hears of it, and so do the runs that were started because of this one.

    They, such as its cancellation, wait for this or look just now.
    """
    pipeline.taken_back(run.order, now, run.failure)
    waits = StageRun.objects.filter(run__parent=run, state__in=(State.WAITING, State.RUNNING))
    for run_id, name, item in waits.values_list("run_id", "name", "item"):
        wake(run_id, name, item=item, now=now)


def _kind(error: StageError) -> str:
    if isinstance(error, Refused):
        return Outcome.REFUSED
    return Outcome.UNCERTAIN if isinstance(error, Uncertain) else Outcome.TRANSIENT


def _tell_page(stage: StageRun) -> None:
    publish_after_commit(f"order:{stage.run.order.number}", {"stage": stage.name})
