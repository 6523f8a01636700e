"""Celery tasks: they take ids, and find in the rows what is to be done."""

import uuid
from typing import Any

from celery import shared_task, signals
from django.db import close_old_connections

from config.lib import clock
from config.lib.tasks import send
from orders.pipeline.engine.execute import advance
from orders.services import inbox, reconciling

LIMITS = {"time_limit": 60, "soft_time_limit": 50}


@signals.task_prerun.connect
def _look_at_the_connection(**kwargs: Any) -> None:
    """A worker keeps its connection over many tasks, and needs a new one when the database was restarted meanwhile."""
    close_old_connections()


@shared_task(name="orders.advance_run", **LIMITS)
def advance_run(*, run_id: str) -> None:
    advance(uuid.UUID(run_id))


@shared_task(name="orders.process_event", **LIMITS)
def process_event(*, event_id: int) -> None:
    inbox.process(event_id, now=clock.now())


@shared_task(name="orders.sweep", **LIMITS)
def sweep() -> None:
    """Asked for by beat as a last resort; every worker sweeps by itself all the time."""
    from orders.sweeper import sweep_once

    sweep_once(clock.now())


@shared_task(name="orders.reconcile", **LIMITS)
def reconcile() -> None:
    """Asked for by beat every ten minutes; most often nothing is due. The next message brings on what is left."""
    if not reconciling.reconcile_due(seconds=20):
        send("orders.reconcile", queue="default")
