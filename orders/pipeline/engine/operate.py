"""What a member of staff may do to a stage that stands still. Each act is logged with who and why."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from config.lib.locks import lock_one
from orders.models import OperatorAction, PipelineRun, StageRun
from orders.pipeline.engine.settle import after_end_of, spec_of
from orders.pipeline.engine.start import wake_worker

State = StageRun.State


class NotPossible(Exception):
    """The stage is no longer where the act makes sense: somebody, or the pipeline itself, was faster."""


@transaction.atomic
def retry(*, stage: StageRun, actor: User, reason: str, now: datetime) -> None:
    """Try a parked or waiting stage again now, with a fresh budget of attempts; its history stays."""
    stage = _locked(stage, State.PARKED, State.WAITING, State.READY)
    log(stage, OperatorAction.Verb.RETRY, actor, reason)
    budget = stage.attempts + spec_of(stage).retry.attempts
    StageRun.objects.filter(pk=stage.pk).update(
        state=State.READY, available_at=now, budget=budget, finished_at=None, error_kind=""
    )
    wake_worker(stage.run_id)


@transaction.atomic
def skip(*, stage: StageRun, actor: User, reason: str, now: datetime) -> None:
    """Go on without a stage that stands still; the reason is required and kept."""
    if not reason.strip():
        raise NotPossible("A stage is skipped only with a reason")
    stage = _locked(stage, State.PARKED, State.WAITING, State.READY)
    log(stage, OperatorAction.Verb.SKIP, actor, reason)
    StageRun.objects.filter(pk=stage.pk).update(state=State.SKIPPED, finished_at=now)
    after_end_of(stage, now)
    wake_worker(stage.run_id)


def _locked(stage: StageRun, *states: str) -> StageRun:
    """The stage, read again under the lock of its run, which is taken before the stage's own."""
    lock_one(PipelineRun.objects.all(), pk=stage.run_id)
    lock_one(StageRun.objects.all(), pk=stage.pk)
    fresh = StageRun.objects.select_related("run__order").get(pk=stage.pk)
    if fresh.state not in states:
        raise NotPossible(f"The stage {fresh} is {fresh.get_state_display()} by now")
    return fresh


def log(stage: StageRun, verb: str, actor: User, reason: str) -> None:
    """Keep who did what to a stage, with what it was before."""
    OperatorAction.objects.create(
        stage=stage,
        verb=verb,
        reason=reason,
        actor=actor,
        before={"state": stage.state, "attempts": stage.attempts, "error": stage.error},
        acted_at=timezone.now(),
    )
