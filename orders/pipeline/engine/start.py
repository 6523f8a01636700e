"""Starting a run inside the caller's transaction, and telling a worker once that has committed."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from config.lib import telemetry
from config.lib.tasks import send_after_commit, send_each_after_commit
from orders.models import Order, PipelineRun, StageRun
from orders.pipeline.engine import graph
from orders.pipeline.engine.precedence import rows_before

State = StageRun.State


@transaction.atomic
def start(
    name: str,
    *,
    order: Order,
    now: datetime,
    announce: bool = True,
    parent: PipelineRun | None = None,
    generation: int = 1,
) -> PipelineRun:
    """Begin pipeline `name` for `order`, or return the run that has begun already.

    All stage rows are written at once; a stage that does not apply to this order is not written at all. With
    `announce` off no worker is told, since the caller goes through the first stage itself; should it die before that,
    a sweep finds the run within seconds. `parent` is the run because of which this one is started;
    `generation` counts runs of one pipeline for one order, where there may be more than one.
    """
    pipeline = graph.newest(name)
    with telemetry.span(f"start {name}", order=order.number, pipeline=name, version=pipeline.version):
        run, is_new = PipelineRun.objects.get_or_create(
            pipeline=pipeline.name,
            order=order,
            generation=generation,
            defaults={
                "version": pipeline.version,
                "priority": pipeline.priority,
                "parent": parent,
                "trace_parent": telemetry.traceparent(),
                "created_at": now,
            },
        )
        if is_new:
            StageRun.objects.bulk_create(_rows(pipeline, run, order, now))
            if announce:
                wake_worker(run.pk, run.priority)
    return run


def wake_worker(run_id: uuid.UUID, priority: int = 0) -> None:
    """Tell a worker after the commit that the run has something to do; without a broker, workers look by themselves."""
    if settings.PIPELINE_EXECUTOR == "celery":
        send_after_commit("orders.advance_run", queue="purchase", **_message(run_id, priority))


def wake_workers(runs: Iterable[tuple[uuid.UUID, int]]) -> None:
    """The same for many, up to the first message that is not taken: the next sweep finds the others again."""
    if settings.PIPELINE_EXECUTOR == "celery":
        each = [_message(run_id, priority) for run_id, priority in dict.fromkeys(runs)]
        send_each_after_commit("orders.advance_run", queue="purchase", each=each)


def _message(run_id: uuid.UUID, priority: int) -> dict[str, Any]:
    return {"run_id": str(run_id), "priority": 9 - priority}  # in Redis nought goes first


def _rows(pipeline: graph.Pipeline, run: PipelineRun, order: Order, now: datetime) -> list[StageRun]:
    rows = [(stage.name, item) for stage in pipeline.stages for item in stage.items(order)]
    before = rows_before(pipeline, rows)
    return [_row(pipeline.stage(name), item, run, len(before[name, item]), now) for name, item in rows]


def _row(stage: graph.Stage, item: str, run: PipelineRun, blocked_by: int, now: datetime) -> StageRun:
    return StageRun(
        run=run,
        seq=graph.find(run.pipeline, run.version).seq(stage.name),
        name=stage.name,
        item=item,
        kind=stage.kind,
        state=State.BLOCKED if blocked_by else State.READY,
        blocked_by=blocked_by,
        budget=stage.retry.attempts,
        priority=run.priority,
        available_at=now,
    )
