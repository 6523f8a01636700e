"""Pipelines of seven empty stages, one after the other: of those that commit alone, and of those that commit together.

Imported by the workers that a benchmark starts, never by the service.
"""

import os
from pathlib import Path
from typing import Any

from celery import signals

from orders.models import Effect
from orders.pipeline.engine import released
from orders.pipeline.engine.context import Context
from orders.pipeline.engine.graph import Pipeline, Stage, external, parks, register, transactional

STEPS = 7
signals.worker_ready.connect(lambda **kwargs: print("ready", flush=True), weak=False)
ALONE, TOGETHER = "bench-alone", "bench-together"


def _nothing(ctx: Context) -> dict[str, Any]:
    return {}


def _chain(name: str, make: Any, **options: Any) -> Pipeline:
    stages: list[Stage] = []
    for number in range(STEPS):
        after = [stages[-1].name] if stages else []
        stages.append(make(f"step_{number}", _nothing, *after, failure=parks("support"), **options))
    return register(
        Pipeline(name, 1, tuple(stages), finished=lambda order, now: None, taken_back=lambda order, now, why: None)
    )


_chain(ALONE, external, technique=Effect.Technique.KEY, system="nobody")
_chain(TOGETHER, transactional)
# A worker starts with released graphs alone.
released.FILE = Path(os.environ["VAR_DIR"]) / f"released-{os.getpid()}.json"
released.release(released.FILE)
