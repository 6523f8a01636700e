"""Runs and stages as lines for a terminal."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from django.db.models import Prefetch
from django.utils import timezone

from orders.models import OperatorAction, PipelineRun, StageRun
from orders.pipeline.engine import gates, graph

State = StageRun.State
OPEN = (State.READY, State.RUNNING, State.WAITING, State.PARKED)


def told_of_runs(runs: Sequence[PipelineRun]) -> Iterator[str]:
    """A line for each: order, pipeline and version, state, when it began, and what it is at."""
    rows = StageRun.objects.filter(run__in=[run.pk for run in runs], state__in=OPEN).order_by("seq", "pk")
    at: dict[object, list[str]] = {}
    for stage in rows:
        at.setdefault(stage.run_id, []).append(f"{stage} {stage.state}{f' ({stage.owner})' if stage.owner else ''}")
    for run in runs:
        doing = ", ".join(at.get(run.pk, [])) or "-"
        name = f"{run.pipeline} {run.version}"
        yield f"{run.order.number}  {name:<12}  {run.state:<12}  {moment(run.created_at)}  {doing}"


def told_of(runs: Iterable[PipelineRun], now: datetime) -> Iterator[str]:
    """Everything that is known of these runs: stages with attempts, effects and the acts of the staff."""
    held = gates.look()
    for run in runs:
        yield f"{run.order.number} {run.pipeline} {run.version}: {run.state} since {moment(run.created_at)}"
        yield f"  run {run.pk}  trace {run.trace_parent or '-'}"
        if run.archived_at:
            yield from _told_of_archive(run)
        if run.failure:
            yield f"  taken back because: {run.failure}"
        actions = Prefetch("operator_actions", OperatorAction.objects.select_related("actor"))
        stages = run.stages.select_related("run").prefetch_related("tries", "effects", actions).order_by("seq", "pk")
        for stage in stages:
            yield from _told_of_stage(stage, held, now)
        for action in run.operator_actions.filter(stage__isnull=True).select_related("actor"):
            about = f"{action.subject or 'the run'} {action.verb} by {action.actor.email}"
            yield f"  staff  {about} at {moment(action.acted_at)}: {action.reason}"


def _told_of_archive(run: PipelineRun) -> Iterator[str]:
    yield f"  archived at {moment(run.archived_at or run.created_at)}; what was kept of it:"
    for stage in run.archive.unpack()["stages"]:
        name = f"{stage['name']}[{stage['item']}]" if stage["item"] else stage["name"]
        yield f"  {stage['state']:<9}  {name}  {len(stage['tries'])} attempts, {len(stage['effects'])} effects"


def _told_of_stage(stage: StageRun, held: gates.Gates, now: datetime) -> Iterator[str]:
    waits = why(stage, held, now)
    yield f"  {stage.state:<9}  {stage}{f'  {waits}' if waits else ''}"
    for attempt in stage.tries.all():
        took = f"{(attempt.finished_at - attempt.started_at).total_seconds():.3f} s"
        error = f": {_line(attempt.error)}" if attempt.error else ""
        yield f"      attempt {attempt.number}  {attempt.outcome}  {moment(attempt.started_at)}  {took}{error}"
    for effect in stage.effects.all():
        there = f" = {effect.external_id}" if effect.external_id else ""
        yield f"      effect  {effect.receiver} {effect.operation}  {effect.state}{there}  key {effect.key}"
    for action in stage.operator_actions.all():
        yield f"      staff  {action.verb} by {action.actor.email} at {moment(action.acted_at)}: {action.reason}"


def why(stage: StageRun, held: gates.Gates, now: datetime) -> str:
    """Why a stage that is not over stands where it stands; empty for the others."""
    if stage.state == State.BLOCKED:
        return f"waits for {stage.blocked_by} to be over"
    if stage.state == State.PARKED:
        return f"needs a person ({stage.owner or 'nobody in particular'}): {_line(stage.error)}"
    if stage.state == State.RUNNING:
        return f"is with {stage.lease_owner} until {moment(stage.lease_until or now)}"
    if stage.state == State.WAITING:
        until = moment(stage.deadline_at or now)
        return f"waits for an event until {until}, looks by itself at {moment(stage.available_at)}"
    return _why_ready(stage, held, now) if stage.state == State.READY else ""


def _why_ready(stage: StageRun, held: gates.Gates, now: datetime) -> str:
    try:
        pipeline = graph.find(stage.run.pipeline, stage.run.version)
    except graph.GraphError as unknown:
        return str(unknown)
    if stage.name in held.held(pipeline, now):
        return "is held back: a pause, or its outside system is away"
    if stage.available_at > now:
        return f"is tried again at {moment(stage.available_at)}: {_line(stage.error)}"
    return f"is due since {moment(stage.available_at)}"


def moment(time: datetime) -> str:
    return timezone.localtime(time).strftime("%Y-%m-%d %H:%M:%S")


def _line(text: str) -> str:
    return " ".join(text.split())[:160]
