"""Each sweeper says now and then that it is there, so that somebody notices when none is."""

from datetime import datetime, timedelta

from config.lib import leases
from orders.models import SweeperBeat

EVERY_SECONDS = 10
ALIVE_FOR = timedelta(seconds=40)
KEPT_FOR = timedelta(hours=1)


def beat(now: datetime) -> None:
    """Say that this process sweeps, and forget those that have been silent for long."""
    worker = leases.this_process()
    if not SweeperBeat.objects.filter(worker=worker).update(seen_at=now):
        SweeperBeat.objects.get_or_create(worker=worker, defaults={"started_at": now, "seen_at": now})
        SweeperBeat.objects.filter(seen_at__lt=now - KEPT_FOR).delete()
