"""One clock for all processes: the database's, read now and then and carried on by the monotonic clock in between.

Leases and due times are written by one host and compared by another. Where each took its own clock, one that is five
minutes ahead would take work from the living; a clock that is set back would keep work from everybody. SQLite has no
clock of its own, and one host: there it is the host's.
"""

import threading
import time
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.utils import timezone

READ_EVERY_SECONDS = 60.0
STEP_SECONDS = 1.0  # the host's clock moved against the monotonic one by more than this: somebody set it


class _Reading(threading.local):
    """What this thread last read: the database's time at a moment of the monotonic clock, and the host's beside it."""

    at: datetime | None = None
    monotonic = 0.0
    host = 0.0


_reading = _Reading()


def now() -> datetime:
    """The time by the database's clock, aware, to within a round trip; one query a minute in each thread."""
    if connection.vendor != "postgresql":
        return timezone.now()
    passed = time.monotonic() - _reading.monotonic
    was_set = abs(time.time() - _reading.host - passed) > STEP_SECONDS
    if _reading.at is None or passed > READ_EVERY_SECONDS or was_set:
        _read()
        passed = time.monotonic() - _reading.monotonic
    assert _reading.at is not None
    return _reading.at + timedelta(seconds=passed)


def _read() -> None:
    with connection.cursor() as cursor:
        before = time.monotonic()
        cursor.execute("SELECT clock_timestamp()")
        at: datetime = cursor.fetchone()[0]
        _reading.monotonic = (before + time.monotonic()) / 2
    _reading.at, _reading.host = at.astimezone(UTC), time.time()
