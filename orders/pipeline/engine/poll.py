"""Workers that need no broker: they look into the table for runs with something to do.

A look costs one query on the partial index of ready stages. An idle worker looks ever more rarely, down to twice a
second.
"""

import logging
import random
import threading
import uuid
from datetime import timedelta

from django.db import Error as DatabaseError
from django.db import close_old_connections

from config.lib import clock
from orders.models import StageRun
from orders.pipeline.engine.execute import advance

log = logging.getLogger(__name__)
BATCH = 32
SHORTEST_SECONDS = 0.01
LONGEST_SECONDS = 0.5
PUT_OFF = timedelta(seconds=30)


def work(stop: threading.Event) -> int:
    """Go through runs until `stop` is set; a stage that is at work then is ended first. Returns the attempts made."""
    attempts, pause = 0, SHORTEST_SECONDS
    while not stop.is_set():
        try:
            made = _round(stop)
        except DatabaseError:  # away for the moment: it is looked for again, at the pace of an idle worker
            log.exception("The table of stages could not be read")
            close_old_connections()
            made, pause = 0, LONGEST_SECONDS
        attempts += made
        pause = SHORTEST_SECONDS if made else min(pause * 2, LONGEST_SECONDS)
        if not made:
            stop.wait(pause)
    return attempts


def _round(stop: threading.Event) -> int:
    """One look, and the runs that it found; at random within the look, so that several workers rarely meet."""
    runs = due()
    random.shuffle(runs)
    return sum(_advance(run_id) for run_id in runs if not stop.is_set())


def _advance(run_id: uuid.UUID) -> int:
    """A run that this code cannot go through, such as one of a version it does not know, is put off for a while."""
    try:
        return advance(run_id)
    except DatabaseError:
        raise
    except Exception as error:
        log.error("Run %s could not be gone through: %s: %s", run_id, type(error).__name__, error)
        ready = StageRun.objects.filter(run_id=run_id, state=StageRun.State.READY)
        ready.update(available_at=clock.now() + PUT_OFF)
        return 0


def due() -> list[uuid.UUID]:
    """Runs with a stage that is ready and due, the most urgent first, a batch at the most."""
    ready = StageRun.objects.filter(state=StageRun.State.READY, available_at__lte=clock.now())
    rows = ready.order_by("-priority", "available_at").values_list("run_id", flat=True)[:BATCH]
    return list(dict.fromkeys(rows))
