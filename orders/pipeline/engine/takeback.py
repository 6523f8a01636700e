"""Taking a run back: the undoing of what this very run did, last things first."""

from datetime import datetime

from orders.models import PipelineRun, StageRun
from orders.pipeline.engine.graph import Pipeline, Stage

State = StageRun.State


def begin(run: PipelineRun, pipeline: Pipeline, now: datetime) -> list[Stage]:
    """Write the stages that undo what succeeded, in reverse, one after the other, then those that close the run.

    Called under the lock of the run when none of its stages is unfinished. Gives what is to do, in its order.
    """
    done = StageRun.objects.filter(run=run, state=State.SUCCEEDED).order_by("-seq", "-pk")
    undone = [(pipeline.stage(row.name).undo, row.item) for row in done]
    closing = [(stage, item) for stage in pipeline.after_undoing for item in stage.items(run.order)]
    to_do = [(stage, item) for stage, item in [*undone, *closing] if stage]
    StageRun.objects.bulk_create(_row(run, stage, item, number, now) for number, (stage, item) in enumerate(to_do))
    return [stage for stage, _ in to_do]


def has_begun(run: PipelineRun, pipeline: Pipeline) -> bool:
    """Whether the undoing is written already."""
    return StageRun.objects.filter(run=run, name__in=[stage.name for stage in pipeline.undoings]).exists()


def ends_with(stage: StageRun, pipeline: Pipeline) -> bool:
    """Whether all is undone with the end of `stage`: it was the last that undoes, and what follows only closes."""
    if stage.seq < UNDO_SEQ or stage.name in pipeline.closing:
        return False
    following = StageRun.objects.filter(run_id=stage.run_id, seq=stage.seq + 1).values_list("name", flat=True).first()
    return following is None or following in pipeline.closing


def next_after(run: PipelineRun, seq: int, now: datetime) -> int:
    """Free the undoing that follows position `seq`."""
    following = StageRun.objects.filter(run=run, seq=seq + 1, state=State.BLOCKED)
    return following.update(state=State.READY, blocked_by=0, available_at=now)


def _row(run: PipelineRun, spec: Stage, item: str, number: int, now: datetime) -> StageRun:
    return StageRun(
        run=run,
        seq=UNDO_SEQ + number,
        name=spec.name,
        item=item,
        kind=spec.kind,
        state=State.BLOCKED if number else State.READY,
        blocked_by=1 if number else 0,
        budget=spec.retry.attempts,
        priority=run.priority,
        available_at=now,
    )


UNDO_SEQ = 1000
