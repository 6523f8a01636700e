"""A small pipeline over an order, whose stages say what they saw; what workers and sweeps then do to its run."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils import timezone

from orders.models import PipelineRun, StageRun
from orders.pipeline.engine.context import Context
from orders.pipeline.engine.execute import Worker, advance
from orders.pipeline.engine.sweep import sweep


@dataclass
class Log:
    """What the stages did, in the order in which they did it."""

    done: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    now: datetime = field(default_factory=timezone.now)

    def later(self, **by: float) -> datetime:
        self.now += timedelta(**by)
        return self.now

    def says(self, text: str):
        def act(ctx: Context) -> dict[str, str]:
            self.done.append(f"{text}{ctx.item}")
            return {"said": text}

        return act

    def fails(self, text: str, *errors: Exception):
        """Raises each error once, then succeeds."""
        left = list(errors)

        def act(ctx: Context) -> dict[str, str]:
            self.done.append(f"{text}{ctx.item}")
            if left:
                raise left.pop(0)
            return {}

        return act


def go(run: PipelineRun, log: Log) -> None:
    sweep(now=log.now)
    advance(run.pk, clock=lambda: log.now)
    run.refresh_from_db()


def claim(run: PipelineRun, log: Log, only: str | None = None) -> StageRun | None:
    return Worker(run, lambda: log.now, only).claim()


def attempt(stage: StageRun, log: Log) -> None:
    """One attempt of a worker that has claimed the stage, and nothing after it."""
    worker = Worker(stage.run, lambda: log.now, stage.name)
    worker.attempt(worker.context(stage))


def row(run: PipelineRun, name: str, item: str = "") -> StageRun:
    return StageRun.objects.select_related("run__order").get(run=run, name=name, item=item)
