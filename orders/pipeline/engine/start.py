"""Starting a run inside the caller's transaction, and telling a worker once that has committed."""

import uuid
from datetime import datetime

from django.db import transaction

from config.lib.tasks import send_after_commit
from orders.models import Order, PipelineRun, StageRun
from orders.pipeline.engine import graph

State = StageRun.State


@transaction.atomic
def start(name: str, *, order: Order, now: datetime, announce: bool = True) -> PipelineRun:
    """Begin pipeline `name` for `order`, or return the run that has begun already.

    All stage rows are written at once; a stage that does not apply to this order is not written at all. With
    `announce` off no worker is told, since the caller goes through the first stage itself; should it die before that,
    a sweep finds the run within seconds.
    """
    pipeline = graph.newest(name)
    run, is_new = PipelineRun.objects.get_or_create(
        pipeline=pipeline.name,
        order=order,
        generation=1,
        defaults={"version": pipeline.version, "created_at": now},
    )
    if is_new:
        StageRun.objects.bulk_create(_rows(pipeline, run, order, now))
        if announce:
            wake_worker(run.pk)
    return run


def wake_worker(run_id: uuid.UUID) -> None:
    send_after_commit("orders.advance_run", queue="purchase", run_id=str(run_id))


def _rows(pipeline: graph.Pipeline, run: PipelineRun, order: Order, now: datetime) -> list[StageRun]:
    items = {stage.name: stage.items(order) for stage in pipeline.stages}
    rows = []
    for stage in pipeline.stages:
        for item in items[stage.name]:
            blocked_by = sum(len(_rows_before(stage, before, item, pipeline, items)) for before in stage.after)
            rows.append(
                StageRun(
                    run=run,
                    seq=pipeline.seq(stage.name),
                    name=stage.name,
                    item=item,
                    kind=stage.kind,
                    state=State.BLOCKED if blocked_by else State.READY,
                    blocked_by=blocked_by,
                    budget=stage.retry.attempts,
                    available_at=now,
                )
            )
    return rows


def _rows_before(
    stage: graph.Stage, before: str, item: str, pipeline: graph.Pipeline, items: dict[str, list[str]]
) -> list[str]:
    """The rows of stage `before` that this item comes after: the same item where both are mapped, else all of them."""
    if stage.over and pipeline.stage(before).over:
        return [item] if item in items[before] else []
    return items[before]
