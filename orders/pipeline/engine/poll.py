"""Workers that need no broker: they look into the table for runs with something to do.

A look costs one query on the partial index of ready stages. An idle worker looks ever more rarely, down to twice a
second.
"""

import logging
import random
import threading
import uuid

from django.db import DatabaseError, close_old_connections

from config.lib import clock
from orders.models import StageRun
from orders.pipeline.engine.execute import advance

log = logging.getLogger(__name__)
BATCH = 32
SHORTEST_SECONDS = 0.01
LONGEST_SECONDS = 0.5


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
    return sum(advance(run_id) for run_id in runs if not stop.is_set())


def due() -> list[uuid.UUID]:
    """Runs with a stage that is ready and due, the most urgent first, a batch at the most."""
    ready = StageRun.objects.filter(state=StageRun.State.READY, available_at__lte=clock.now())
    rows = ready.order_by("-priority", "available_at").values_list("run_id", flat=True)[:BATCH]
    return list(dict.fromkeys(rows))
