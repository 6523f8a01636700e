"""What a member of staff may do to a stage or a run. Each act is kept with who and why, and what was before.

An act on a stage names the fence that its page showed, where it can: a second press, or one from an old page, changes
nothing. `redrive` does the same act for many.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import Exists, OuterRef, Q

from accounts.models import User
from config.lib import clock
from config.lib.locks import lock
from orders.models import Effect, OperatorAction, Pause, PipelineRun, StageRun
from orders.pipeline.engine import gates, graph, settle
from orders.pipeline.engine.precedence import rows_before
from orders.pipeline.engine.settle import after_end_of, spec_of
from orders.pipeline.engine.start import wake_worker

State = StageRun.State
Verb = OperatorAction.Verb
STANDING_STILL = (State.PARKED, State.WAITING, State.READY)
ENDED = (State.SUCCEEDED, State.SKIPPED)
GIVEN_UP = (State.PARKED, State.SKIPPED, State.CANCELLED)


class NotPossible(Exception):
    """The stage is no longer where the act makes sense: somebody, or the pipeline itself, was faster."""


class NotSettled(NotPossible):
    """What a stage began with others, such as a payment, is open: it may still happen, and could not be undone then."""


@transaction.atomic
def retry(*, stage: StageRun, actor: User, reason: str, now: datetime, fence: int | None = None) -> None:
    """Try a parked or waiting stage again now, with a fresh budget of attempts; its history stays."""
    stage, _ = _standing_still(stage, fence)
    log(stage, Verb.RETRY, actor, reason, now)
    _try_again(stage, now)


@transaction.atomic
def skip(*, stage: StageRun, actor: User, reason: str, now: datetime, fence: int | None = None) -> None:
    """Go on without a stage that stands still; the reason is required and kept."""
    _ask_for(reason)
    stage, run = _standing_still(stage, fence)
    if not spec_of(stage).can_be_skipped:
        raise NotPossible(f"The stage {stage} cannot be skipped: what follows relies on what it does. Retry it")
    log(stage, Verb.SKIP, actor, reason, now)
    _write(stage, state=State.SKIPPED, finished_at=now)
    after_end_of(stage, run, now)
    wake_worker(run.pk, run.priority)


@transaction.atomic
def change(
    *, stage: StageRun, changes: dict[str, Any], actor: User, reason: str, now: datetime, fence: int | None = None
) -> None:
    """Change what the stage sends (a merge patch on its request) and try again.

    Only where nothing can have happened yet: no call was made, or the receiver rejected every one. The next call then
    has a new key, since a receiver repeats its answer to the old one.
    """
    _ask_for(reason)
    stage, _ = _standing_still(stage, fence)
    if not spec_of(stage).may_be_changed:
        raise NotPossible(f"What {stage} sends is what the books say: it is not changed by hand")
    if stage.effects.exclude(state=Effect.State.REJECTED).exists():
        raise NotPossible(f"The stage {stage} may have happened already: what it sent cannot be changed any more")
    log(stage, Verb.CHANGE, actor, reason, now, changes=stage.changes)
    _try_again(stage, now, changes=changes)


@transaction.atomic
def resume(*, stage: StageRun, actor: User, reason: str, now: datetime, fence: int | None = None) -> int:
    """Take the run up again from this stage: it, and all after it that was given up, is done after all.

    What succeeded stays as it is. Returns how many stages are taken up again.
    """
    _ask_for(reason)
    run = settle.lock(stage.run_id)
    stage = StageRun.objects.select_related("run__order").get(pk=stage.pk)
    if run.finished_at or run.state != PipelineRun.State.RUNNING:
        raise NotPossible(f"The run is {run.get_state_display()}: it cannot be taken up again")
    if stage.state not in GIVEN_UP:
        raise NotPossible(f"The stage {stage} is {stage.get_state_display()} by now")
    _check_fence(stage, fence)
    log(stage, Verb.RESUME, actor, reason, now)
    pipeline = graph.find(run.pipeline, run.version)
    later = StageRun.objects.filter(run=run, name__in=pipeline.descendants(stage.name), state__in=GIVEN_UP)
    if stage.item:
        later = later.filter(item__in=("", stage.item))
    again = [stage, *later.select_related("run__order")]
    for one in again:
        _try_again(one, now, expected=GIVEN_UP)
    _count_anew(run, pipeline, {one.pk for one in again}, now)
    return len(again)


def _count_anew(run: PipelineRun, pipeline: graph.Pipeline, again: set[int], now: datetime) -> None:
    """What is taken up `again` comes after what is taken up before it, although it had been freed once already.

    The rows are locked before they are counted, since a stage at work counts its followers down without the run's lock.
    """
    lock(StageRun.objects.filter(run=run, state__in=(State.BLOCKED, State.READY, *GIVEN_UP)))
    stages = {(one.name, one.item): one for one in StageRun.objects.filter(run=run, name__in=pipeline.names)}
    before = rows_before(pipeline, stages)
    for row, stage in stages.items():
        if stage.state == State.BLOCKED or (stage.pk in again and stage.state == State.READY):
            left = sum(stages[earlier].state not in ENDED for earlier in before[row])
            state = State.BLOCKED if left else State.READY
            _write(stage, (stage.state,), blocked_by=left, state=state, available_at=now)


@transaction.atomic
def take_back(*, run: PipelineRun, actor: User, reason: str, now: datetime) -> None:
    """Undo what this run did, in reverse, as far as that is still possible: not once goods are on their way.

    Raises `NotSettled` while something is open that would have to be undone, and `NotPossible` where it is too late.
    """
    _ask_for(reason)
    run = settle.lock(run.pk)
    if run.finished_at or run.state != PipelineRun.State.RUNNING:
        raise NotPossible(f"The run is {run.get_state_display()} by now")
    if open_stage := _unsettled(run):
        raise NotSettled(f"{open_stage} is not settled: what it began with others may still happen. Cancel instead")
    before = {"state": run.state}
    undo(run, reason=reason, now=now)
    OperatorAction.objects.create(run=run, verb=Verb.TAKE_BACK, reason=reason, actor=actor, before=before, acted_at=now)


def _unsettled(run: PipelineRun) -> StageRun | None:
    """A stage that would have to be undone if it succeeded, and that others may still bring to its end."""
    pipeline = graph.find(run.pipeline, run.version)
    names = [one.name for one in pipeline.stages if one.undo and one.kind != StageRun.Kind.TRANSACTIONAL]
    rows = StageRun.objects.filter(run=run, name__in=names).exclude(state__in=ENDED)
    called = Exists(Effect.objects.filter(stage=OuterRef("pk")).exclude(state=Effect.State.REJECTED))
    return rows.filter(Q(state=State.RUNNING) | called).first()


@transaction.atomic
def undo(run: PipelineRun, *, reason: str, now: datetime) -> None:
    """Take back a run that is locked by the caller; raises `NotPossible` once something cannot be called back.

    It stops what has not begun first and looks then: a worker claims a stage without the lock of its run, and may do
    so between a look and the stopping.
    """
    settle.take_back(run, reason=reason, now=now)
    if beyond := beyond_return(run):
        raise NotPossible(f"{beyond} was begun: what has left the house is taken back as a return")
    wake_worker(run.pk, run.priority)


def beyond_return(run: PipelineRun) -> StageRun | None:
    """The stage after which a run cannot be taken back, if it has been begun; `run` is locked by the caller."""
    pipeline = graph.find(run.pipeline, run.version)
    names = [stage.name for stage in pipeline.stages if stage.is_beyond_return]
    rows = StageRun.objects.filter(run=run, name__in=names)
    begun = rows.filter(state__in=(State.RUNNING, State.SUCCEEDED)) | rows.filter(
        effects__state__in=(Effect.State.INTENDED, Effect.State.CONFIRMED)
    )
    return begun.order_by("seq", "pk").first()


@transaction.atomic
def assign(*, stage: StageRun, to: User | None, actor: User, reason: str = "", fence: int | None = None) -> None:
    """Say who looks after a parked stage."""
    stage, _ = _standing_still(stage, fence)
    log(stage, Verb.ASSIGN, actor, reason, clock.now(), assignee=stage.assignee_id)
    StageRun.objects.filter(pk=stage.pk).update(assignee=to)


@transaction.atomic
def pause(
    *, scope: str, name: str, actor: User | None, reason: str, now: datetime, until: datetime | None = None
) -> Pause:
    """Begin nothing more of a pipeline, a stage (`pipeline.stage`) or what needs an outside system."""
    _ask_for(reason)
    if name not in pausable()[Pause.Scope(scope)]:
        raise NotPossible(f"There is no {scope} {name}")
    if actor:
        _log_subject(f"{scope} {name}", Verb.PAUSE, actor, reason, now)
    return gates.pause(
        scope=scope, name=name, reason=reason, actor_id=actor.pk if actor else None, until=until, now=now
    )


@transaction.atomic
def go_on(*, scope: str, name: str, actor: User | None, reason: str = "") -> None:
    """End a pause."""
    if not gates.lift(scope=scope, name=name):
        raise NotPossible(f"The {scope} {name} is not paused")
    if actor:
        _log_subject(f"{scope} {name}", Verb.GO_ON, actor, reason, clock.now())


def pausable() -> dict[Pause.Scope, list[str]]:
    """Everything that can be paused, by its scope."""
    stages = [(one.name, stage) for one in graph.registered() for stage in one.everything]
    return {
        Pause.Scope.PIPELINE: sorted({one.name for one in graph.registered()}),
        Pause.Scope.STAGE: sorted({f"{pipeline}.{stage.name}" for pipeline, stage in stages}),
        Pause.Scope.SYSTEM: sorted({stage.system for _, stage in stages if stage.system}),
    }


@dataclass(frozen=True)
class Redriven:
    """What became of the stages of a bulk act: those done, and those left alone with the reason."""

    done: tuple[StageRun, ...]
    left: tuple[tuple[StageRun, str], ...]


def redrive(
    stages: Iterable[StageRun], act: Callable[..., object], *, actor: User, reason: str, now: datetime
) -> Redriven:
    """Do `act` (`retry`, `skip` or `resume`) to each stage in a transaction of its own."""
    done, left = [], []
    for stage in stages:
        try:
            act(stage=stage, actor=actor, reason=reason, now=now)
        except (NotPossible, graph.GraphError, DatabaseError) as refusal:
            left.append((stage, str(refusal)))
        else:
            done.append(stage)
    return Redriven(tuple(done), tuple(left))


def log(stage: StageRun, verb: str, actor: User, reason: str, now: datetime, **before: Any) -> None:
    """Keep who did what to a stage, with what it was before."""
    OperatorAction.objects.create(
        stage=stage,
        run_id=stage.run_id,
        verb=verb,
        reason=reason,
        actor=actor,
        before={"state": stage.state, "attempts": stage.attempts, "error": stage.error} | before,
        acted_at=now,
    )


def _log_subject(subject: str, verb: str, actor: User, reason: str, now: datetime) -> None:
    OperatorAction.objects.create(subject=subject, verb=verb, reason=reason, actor=actor, acted_at=now)


def _ask_for(reason: str) -> None:
    if not reason.strip():
        raise NotPossible("This is done only with a reason, which is kept")


def _standing_still(stage: StageRun, fence: int | None) -> tuple[StageRun, PipelineRun]:
    """The stage, read again under the lock of its run, and that run."""
    run = settle.lock(stage.run_id)
    fresh = StageRun.objects.select_related("run__order").get(pk=stage.pk)
    if fresh.state not in STANDING_STILL:
        raise NotPossible(f"The stage {fresh} is {fresh.get_state_display()} by now")
    _check_fence(fresh, fence)
    return fresh, run


def _check_fence(stage: StageRun, fence: int | None) -> None:
    if fence is not None and stage.fence != fence:
        raise NotPossible(f"The stage {stage} was tried again since this page was made")


def _try_again(stage: StageRun, now: datetime, *, expected: tuple[str, ...] = STANDING_STILL, **changes: Any) -> None:
    """Ready now, or as soon as what it waits for is done; with a fresh budget of attempts."""
    state = State.BLOCKED if stage.blocked_by else State.READY
    _write(
        stage,
        expected,
        state=state,
        available_at=now,
        budget=stage.attempts + spec_of(stage).retry.attempts,
        kills=0,
        tried_since=None,
        finished_at=None,
        deadline_at=None,
        error_kind="",
        **changes,
    )
    wake_worker(stage.run_id, stage.run.priority)


def _write(stage: StageRun, expected: tuple[str, ...] = STANDING_STILL, **changes: Any) -> None:
    """Change a stage unless a worker has taken it up since it was read."""
    if not StageRun.objects.filter(pk=stage.pk, state__in=expected).update(**changes):
        raise NotPossible(f"The stage {stage} was taken up by a worker just now")
