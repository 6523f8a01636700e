"""The sweeper: a loop inside every worker, not a job in a queue, since a lost job would be what it has to find."""

import logging
import random
import threading
import time
from datetime import datetime
from typing import Any

from celery import signals
from django.conf import settings
from django.db import close_old_connections, connection

from config.lib import clock, sweeps
from orders.pipeline.engine import beat, limits
from orders.pipeline.engine.sweep import mend
from orders.pipeline.engine.sweep import sweep as sweep_stages
from orders.services import archive, inbox, outgoing
from shop.services import stock

log = logging.getLogger(__name__)

sweeps.register("orders.stages", lambda now: sweep_stages(now=now), every_seconds=settings.PIPELINE_SWEEP_SECONDS)
sweeps.register("orders.stuck", lambda now: mend(now=now), every_seconds=60)
sweeps.register("orders.limits", limits.alert, every_seconds=60, is_slow=True)  # it sends mail
sweeps.register("orders.inbox", inbox.sweep, every_seconds=5, is_slow=True)  # it asks providers
sweeps.register("orders.beat", beat.beat, every_seconds=beat.EVERY_SECONDS)
sweeps.register("orders.archive", archive.at_night, every_seconds=5, is_slow=True)
sweeps.register("orders.webhooks", outgoing.sweep, every_seconds=2, is_slow=True)
sweeps.register("shop.holds", lambda now: stock.tidy(now=now), every_seconds=30)


def sweep_once(now: datetime, *, with_slow: bool = False) -> None:
    """Run every sweep once, the slow ones too where that is asked for; one that fails keeps no other from running."""
    for registered in sweeps.sweeps():
        if with_slow or not registered.is_slow:
            _run(registered, now)


class Sweeper(threading.Thread):
    """Runs its sweeps at their pace until it is told to stop; a database that is away only makes it wait."""

    def __init__(self, *chosen: sweeps.Registered) -> None:
        super().__init__(name="sweeper " + " ".join(one.name for one in chosen), daemon=True)
        self.chosen = chosen
        self.stopped = threading.Event()
        self.due: dict[str, float] = {}

    def run(self) -> None:
        while not self.stopped.is_set():
            for registered in self.chosen:
                if time.monotonic() >= self.due.get(registered.name, 0):
                    _run(registered, clock.now())
                    # Several workers must not sweep in step.
                    self.due[registered.name] = time.monotonic() + registered.every_seconds * random.uniform(0.8, 1.2)  # noqa: S311
                    if registered.is_slow:
                        connection.close()  # it rests for seconds, and needs none meanwhile
            self.stopped.wait(min(0.25, settings.PIPELINE_SWEEP_SECONDS / 2))
        connection.close()

    def stop(self) -> None:
        self.stopped.set()


def _run(registered: sweeps.Registered, now: datetime) -> None:
    try:
        registered.run(now)
    except Exception:  # the loop must outlive every fault, the database's above all
        log.exception("Sweep %s failed; it will run again", registered.name)
        close_old_connections()


def started() -> list[Sweeper]:
    """The threads of this process, at work: one for all quick sweeps, and one for each that may take its time."""
    known = sweeps.sweeps()
    threads = [Sweeper(*(one for one in known if not one.is_slow)), *(Sweeper(one) for one in known if one.is_slow)]
    for one in threads:
        one.start()
    return threads


_sweepers: list[Sweeper] = []


@signals.worker_ready.connect
def _start(**kwargs: Any) -> None:
    _sweepers.extend(started())


@signals.worker_shutdown.connect
def _stop(**kwargs: Any) -> None:
    for sweeper in _sweepers:
        sweeper.stop()
        sweeper.join(timeout=5)
