"""Seeing an attempt: its span in the trace of the purchase, and its names in every log line that comes out of it.

The trace's name stands in the run's row, so each worker writes its spans into the trace that the button began, however
many of them take part and however often one is killed.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Any

from config.lib import logs, telemetry
from orders.models import PipelineRun, StageAttempt, StageRun
from orders.pipeline.engine.context import Context

Outcome = StageAttempt.Outcome
FINE = (Outcome.SUCCEEDED, Outcome.WAITED)


@contextmanager
def attempt(context: Context) -> Iterator[None]:
    """Everything within the block is one attempt at the stage."""
    run, stage = context.run, context.stage
    order = run.order.number
    about = logs.about(
        order=order,
        run=str(run.pk),
        stage=stage.name,
        item=stage.item,
        attempt=stage.attempts,
        trace=telemetry.trace_id(run.trace_parent),
    )
    with about, _span(run, stage, context.spec.system):
        yield


def came_to(outcome: str, error: str = "") -> None:
    """Say what the attempt came to; said again, the last word counts."""
    telemetry.note(outcome=str(outcome), failed="" if outcome in FINE else error or str(outcome))


def lost(stage: StageRun, error: str, now: datetime) -> None:
    """The attempt of a worker that is gone, told by the sweep that found it: its own span went with it."""
    with _span(stage.run, stage, "", found_at=now.isoformat()):
        came_to(Outcome.LOST, error)


def _span(run: PipelineRun, stage: StageRun, system: str, **more: str) -> AbstractContextManager[Any]:
    return telemetry.span(
        f"{run.pipeline}.{stage.name}",
        parent=run.trace_parent,
        order=run.order.number,
        run=str(run.pk),
        pipeline=run.pipeline,
        version=run.version,
        stage=stage.name,
        item=stage.item,
        attempt=stage.attempts,
        fence=stage.fence,
        worker=stage.lease_owner,
        system=system,
        **more,
    )
