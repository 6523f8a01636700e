"""What a member of staff may do to a stage that stands still. Each act is logged with who and why."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from config.lib.locks import lock_one
from orders.models import OperatorAction, PipelineRun, StageRun
from orders.pipeline.engine.settle import after_end_of, spec_of
from orders.pipeline.engine.start import wake_worker

State = StageRun.State
STANDING_STILL = (State.PARKED, State.WAITING, State.READY)


class NotPossible(Exception):
    """The stage is no longer where the act makes sense: somebody, or the pipeline itself, was faster."""


@transaction.atomic
def retry(*, stage: StageRun, actor: User, reason: str, now: datetime) -> None:
    """Try a parked or waiting stage again now, with a fresh budget of attempts; its history stays."""
    stage = _standing_still(stage)
    log(stage, OperatorAction.Verb.RETRY, actor, reason)
    budget = stage.attempts + spec_of(stage).retry.attempts
    _write(stage, state=State.READY, available_at=now, budget=budget, finished_at=None, error_kind="")
    wake_worker(stage.run_id)


@transaction.atomic
def skip(*, stage: StageRun, actor: User, reason: str, now: datetime) -> None:
    """Go on without a stage that stands still; the reason is required and kept."""
    if not reason.strip():
        raise NotPossible("A stage is skipped only with a reason")
    stage = _standing_still(stage)
    if not spec_of(stage).can_be_skipped:
        raise NotPossible(f"The stage {stage} cannot be skipped: what follows relies on what it does. Retry it")
    log(stage, OperatorAction.Verb.SKIP, actor, reason)
    _write(stage, state=State.SKIPPED, finished_at=now)
    after_end_of(stage, now)
    wake_worker(stage.run_id)


def _standing_still(stage: StageRun) -> StageRun:
    """The stage, read again under the lock of its run.

    Its own row is not locked: a worker that writes its result holds that one and waits for the run.
    """
    lock_one(PipelineRun.objects.all(), pk=stage.run_id)
    fresh = StageRun.objects.select_related("run__order").get(pk=stage.pk)
    if fresh.state not in STANDING_STILL:
        raise NotPossible(f"The stage {fresh} is {fresh.get_state_display()} by now")
    return fresh


def _write(stage: StageRun, **changes: Any) -> None:
    """Change a stage unless a worker has taken it up since it was read."""
    if not StageRun.objects.filter(pk=stage.pk, state__in=STANDING_STILL).update(**changes):
        raise NotPossible(f"The stage {stage} was taken up by a worker just now")


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
