"""Compacting runs that ended long ago: one row takes the place of some forty, and nothing of the trail is lost.

Each run goes in a transaction of its own, under its lock: killed at any moment, it is as before or archived, and two
that archive at once do nothing twice. The run's own row stays, so that nothing is ever started for the order again.
"""

import time
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from orders.models import Effect, OperatorAction, PipelineArchive, PipelineRun, StageAttempt, StageRun
from orders.pipeline.engine import settle

BATCH = 50
SECONDS_AT_A_TIME = 0.5  # the sweeper has more urgent things to do
NIGHT = range(2, 5)  # hours of the station's clock


def at_night(now: datetime) -> int:
    """A sweep: a few runs at a time, while few people buy."""
    if not settings.PIPELINE_ARCHIVE_DAYS or timezone.localtime(now).hour not in NIGHT:
        return 0
    ends = time.monotonic() + SECONDS_AT_A_TIME
    return archive(finished_before=now - timedelta(days=settings.PIPELINE_ARCHIVE_DAYS), now=now, ends=ends)


def archive(*, finished_before: datetime, now: datetime, ends: float | None = None) -> int:
    """Archive a batch of runs that ended before that, the oldest first; returns how many.

    It stops at the moment `ends` of the monotonic clock.
    """
    old = PipelineRun.objects.filter(finished_at__lt=finished_before, archived_at__isnull=True)
    done = 0
    for run_id in list(old.order_by("finished_at").values_list("pk", flat=True)[:BATCH]):
        if ends is not None and time.monotonic() > ends:
            break
        done += _archive(run_id, now)
    return done


def output_of(run: PipelineRun, name: str) -> dict[str, Any]:
    """What the first stage of that name gave, from its row or from the archive; empty where there is none."""
    if run.archived_at is None:
        return StageRun.objects.filter(run=run, name=name).values_list("output", flat=True).first() or {}
    stages = run.archive.unpack()["stages"]
    return next((dict(stage["output"]) for stage in stages if stage["name"] == name), {})


@transaction.atomic
def _archive(run_id: Any, now: datetime) -> bool:
    run = settle.lock(run_id)
    if run.archived_at or run.finished_at is None:
        return False
    stages = list(StageRun.objects.filter(run=run).order_by("seq", "pk"))
    made = PipelineArchive(
        run=run,
        order=run.order,
        pipeline=run.pipeline,
        version=run.version,
        state=run.state,
        began_at=run.created_at,
        finished_at=run.finished_at,
        stages=len(stages),
        archived_at=now,
    )
    made.pack(_contents(run, stages))
    made.save(force_insert=True)
    _take_away(run, stages)
    PipelineRun.objects.filter(pk=run.pk).update(archived_at=now)
    return True


def _contents(run: PipelineRun, stages: list[StageRun]) -> dict[str, Any]:
    """Everything of the run: its own columns, and each stage with its attempts, effects and operator actions."""
    pks = [stage.pk for stage in stages]
    actions = OperatorAction.objects.select_related("actor").order_by("pk")
    attempts = _by_stage(StageAttempt.objects.filter(stage__in=pks).order_by("pk"))
    effects = _by_stage(Effect.objects.filter(stage__in=pks).order_by("pk"))
    acted = _by_stage(actions.filter(stage__in=pks))
    return {
        "form": 1,
        "run": _columns(run),
        "actions": [_columns(one) for one in actions.filter(run=run, stage__isnull=True)],
        "stages": [
            _columns(stage)
            | {
                "tries": attempts.get(stage.pk, []),
                "effects": effects.get(stage.pk, []),
                "actions": acted.get(stage.pk, []),
            }
            for stage in stages
        ],
    }


def _by_stage(rows: "models.QuerySet[Any]") -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row.stage_id, []).append(_columns(row))
    return found


def _columns(row: models.Model) -> dict[str, Any]:
    told = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return told | ({"actor": row.actor.email} if isinstance(row, OperatorAction) else {})


def _take_away(run: PipelineRun, stages: list[StageRun]) -> None:
    """The parts go; what the staff did stays as rows, which now name the stage in words."""
    pks = [stage.pk for stage in stages]
    for stage in stages:
        OperatorAction.objects.filter(stage=stage).point_elsewhere(stage=None, run=run, subject=str(stage))
    StageAttempt.objects.filter(stage__in=pks).take_out()
    Effect.objects.filter(stage__in=pks).delete()
    StageRun.objects.filter(pk__in=pks).delete()
