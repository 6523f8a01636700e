"""Leases with fences: how a process owns a piece of work, loses it, and is kept from writing after that.

A claim gives the row a new, higher `fence` and a `lease_until`. Every later write of the owner names the fence it was
given; when another process has claimed the row since, the write meets no row and raises `LeaseLost`. An owner that is
known to be dead (same host, its process gone) loses the lease at once, any other when the lease has run out. Work that
takes longer than a lease is `kept`: a thread of the owner renews it, so a process that is frozen or gone loses it.
"""

import contextlib
import functools
import logging
import os
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from django.db import Error, connection, models
from django.db.models import F

from config.lib import clock

log = logging.getLogger(__name__)


class LeaseLost(Exception):
    """Another process has taken this work over; nothing may be written for it any more."""


class Leased(models.Model):
    """A row that one process at a time may work on."""

    fence = models.PositiveIntegerField(default=0)
    lease_owner = models.CharField(max_length=120, blank=True, default="")
    lease_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


Row = TypeVar("Row", bound=Leased)


def claim(candidates: "models.QuerySet[Row]", row: Row, *, now: datetime, ttl: timedelta, **changes: Any) -> bool:
    """Take `row` out of `candidates` for this process; False when somebody was faster.

    One conditional UPDATE: the conditions of `candidates` are repeated in its WHERE clause, and the fence last seen
    makes it a compare-and-set. On success the row in hand carries its new fence, owner, end and `changes`.
    """
    owned = {"lease_owner": this_process(), "lease_until": now + ttl} | changes
    if not candidates.filter(pk=row.pk, fence=row.fence).update(fence=F("fence") + 1, **owned):
        return False
    row.fence += 1
    for name, value in owned.items():
        if not hasattr(value, "resolve_expression"):
            setattr(row, name, value)
    return True


def renew(rows: "models.QuerySet[Row]", row: Row, *, now: datetime, ttl: timedelta) -> None:
    """Keep the lease for another `ttl`; `rows` names the state the row must still be in."""
    write(rows, row, lease_until=now + ttl)


def write(rows: "models.QuerySet[Row]", row: Row, **changes: Any) -> None:
    """Write as the owner of the lease, or raise `LeaseLost` when the fence has moved on."""
    if not rows.filter(pk=row.pk, fence=row.fence).update(**changes):
        raise LeaseLost(f"{row._meta.label} {row.pk} was taken over after fence {row.fence}")


@dataclass(eq=False)
class _Kept:
    """A lease that the keeper renews: which row, how long each time, when next, and no longer than until when."""

    rows: "models.QuerySet[Any]"
    row: Leased
    ttl: timedelta
    due: float
    ends: float


class _Keeper(threading.Thread):
    """Renews the leases of what this process is at, each after a third of its time. One for each process, if needed."""

    def __init__(self) -> None:
        super().__init__(name="lease-keeper", daemon=True)
        self.pid = os.getpid()
        self.kept: set[_Kept] = set()
        self.wakes_at = 0.0
        self.changed = threading.Condition()

    def run(self) -> None:
        while True:
            with self.changed:
                self.wakes_at = min((one.due for one in self.kept), default=time.monotonic() + 3600)
                self.changed.wait(max(0.0, min(self.wakes_at - time.monotonic(), 3600)))
                now = time.monotonic()
                to_renew = [one for one in self.kept if one.due <= now]
            for one in to_renew:
                self._renew(one)
            if to_renew:
                connection.close()

    def _renew(self, one: _Kept) -> None:
        one.due = time.monotonic() + one.ttl.total_seconds() / 3
        try:
            renew(one.rows, one.row, now=clock.now(), ttl=one.ttl)
        except LeaseLost:
            one.due = one.ends = float("inf")  # its owner finds out at its next write
        except Error as error:
            log.warning("A lease could not be renewed: %s", error)
        if time.monotonic() > one.ends:
            one.due = float("inf")


_keeper: _Keeper | None = None
_keeper_lock = threading.Lock()


def _the_keeper() -> _Keeper:
    global _keeper
    with _keeper_lock:
        if _keeper is None or _keeper.pid != os.getpid():
            _keeper = _Keeper()
            _keeper.start()
        return _keeper


@contextlib.contextmanager
def kept(rows: "models.QuerySet[Row]", row: Row, *, ttl: timedelta, longest: timedelta) -> Iterator[None]:
    """Within the block the lease is renewed by itself, for `longest` at the most; then it may be taken over.

    The thread does nothing for work that is shorter than a third of the lease.
    """
    now = time.monotonic()
    one = _Kept(rows, row, ttl, now + ttl.total_seconds() / 3, now + longest.total_seconds())
    keeper = _the_keeper()
    with keeper.changed:
        keeper.kept.add(one)
        if one.due < keeper.wakes_at:
            keeper.wakes_at = one.due
            keeper.changed.notify()
    try:
        yield
    finally:
        with keeper.changed:
            keeper.kept.discard(one)


RELEASED: dict[str, Any] = {"lease_owner": "", "lease_until": None}


def lapsed(rows: "models.QuerySet[Row]", *, now: datetime, limit: int = 100) -> list[Row]:
    """Of the leased `rows`, those whose lease has run out or whose owner on this host is gone, the oldest first."""
    rows = rows.order_by("lease_until")
    mine = rows.filter(lease_owner__startswith=f"{_host()}|")
    dead = [row for row in mine[:limit] if not is_alive(row.lease_owner)]
    expired = list(rows.filter(lease_until__lt=now)[:limit])
    return list({row.pk: row for row in [*dead, *expired]}.values())


def this_process() -> str:
    """Who holds a lease: host with its boot, process id, and the process's start time, since ids are used again."""
    return _process(os.getpid())


@functools.lru_cache(maxsize=2)
def _process(pid: int) -> str:
    return f"{_host()}|{pid}|{_started(pid)}"


def is_alive(owner: str) -> bool:
    """Whether the process behind an owner of this host still runs. An owner elsewhere counts as alive."""
    host, _, rest = owner.partition("|")
    if host != _host():
        return True
    pid, _, started = rest.partition("|")
    return pid.isdigit() and _started(int(pid)) == started


@functools.cache
def _host() -> str:
    boot = Path("/proc/sys/kernel/random/boot_id")
    boot_id = boot.read_text().strip()[:8] if boot.exists() else "-"
    # Two containers share a boot, but never a name together with a process table.
    return f"{socket.gethostname()[:60]}/{boot_id}"


def _started(pid: int) -> str:
    """The start time of a process in clock ticks since boot, or "" when there is none or it is only a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return "" if Path("/proc/self/stat").exists() else _started_without_proc(pid)
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] in "ZX" else fields[19]


def _started_without_proc(pid: int) -> str:
    """Without /proc (macOS) only the id can be asked; a re-used id then waits for the lease to run out."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        return "?"
    return "?"
