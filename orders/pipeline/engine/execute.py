"""Running the stages of a run: claim, act, and hand the result to `settle`. A commit stands between any two stages."""

import logging
import uuid
from collections.abc import Callable
from datetime import datetime

from django.db import DatabaseError, transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone

from config.lib import leases
from config.lib.leases import LeaseLost
from orders.models import StageAttempt, StageRun
from orders.pipeline.engine import settle
from orders.pipeline.engine.context import Context
from orders.pipeline.engine.errors import StageError, Transient
from orders.pipeline.engine.graph import Wait
from orders.pipeline.engine.start import wake_worker

log = logging.getLogger(__name__)
State = StageRun.State
Clock = Callable[[], datetime]


def advance(run_id: uuid.UUID, *, only: str | None = None, clock: Clock = timezone.now) -> int:
    """Run what is ready in one run until nothing is, and return how many attempts were made.

    Any number of processes may do this for the same run at once. `only` keeps to one stage: the page in which the
    buyer waits does no more than the charge.
    """
    done = 0
    while stage := _claim(run_id, only, clock()):
        _attempt(Context(stage, settle.spec_of(stage), clock()), clock)
        done += 1
    if only and done:
        wake_worker(run_id)  # what follows is for the workers
    return done


def _claim(run_id: uuid.UUID, only: str | None, now: datetime) -> StageRun | None:
    """Take the first ready stage of the run that nobody else takes."""
    ready = StageRun.objects.filter(run_id=run_id, state=State.READY, available_at__lte=now)
    if only:
        ready = ready.filter(name=only)
    for stage in ready.select_related("run__order").order_by("seq", "pk"):
        if leases.claim(
            StageRun.objects.filter(state=State.READY),
            stage,
            now=now,
            ttl=settle.spec_of(stage).lease,
            state=State.RUNNING,
            is_woken=False,
            attempts=F("attempts") + 1,
            started_at=Coalesce("started_at", now),
        ):
            stage.attempts += 1
            return stage
    return None


def _attempt(context: Context, clock: Clock) -> None:
    """One attempt; whatever comes of it is written under the fence, and nothing where the lease was lost."""
    try:
        _act(context, clock)
    except LeaseLost as lost:
        log.warning("%s", lost)
    except StageError as error:
        settle.fail(context, error, now=clock())
    except DatabaseError as error:
        settle.fail(context, Transient(f"The database: {error}"), now=clock())
    except Exception as error:  # a fault of ours: tried again a few times, then shown to a person with its name
        log.exception("Stage %s of run %s broke", context.stage, context.stage.run_id)
        broken = Transient(f"{type(error).__name__}: {error}")
        settle.fail(context, broken, now=clock(), outcome=StageAttempt.Outcome.BROKEN)


def _act(context: Context, clock: Clock) -> None:
    """A transactional stage commits with its completion, hence once; the others act with no transaction open."""
    if context.stage.kind == StageRun.Kind.TRANSACTIONAL:
        with transaction.atomic():
            settle.write_result(context, context.spec.act(context), now=clock())
        return
    result = context.spec.act(context)
    with transaction.atomic():
        if context.spec.record and not isinstance(result, Wait):
            context.spec.record(context, result)
        settle.write_result(context, result, now=clock())
