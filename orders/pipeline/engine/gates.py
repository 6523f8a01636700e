"""Which stages are not begun just now: those that a person paused, and those whose outside system is away.

A pause is a row that a person writes. A circuit breaker is a row for each outside system: it counts failures in a row,
opens at the fifth, and from then on lets a single stage try at growing intervals, until one succeeds. Stages that are
held back keep their attempts, and are begun within seconds of their gate's opening. Each process looks once a second.
"""

import random
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import F, Q
from django.db.models.functions import Coalesce

from orders.models import Circuit, Pause, StageRun
from orders.pipeline.engine.graph import Pipeline, registered

OPENS_AT = 5
LOOK_EVERY_SECONDS = 1.0
OPEN_FOR = timedelta(seconds=5)
OPEN_AT_MOST = timedelta(minutes=1)
TRIAL = timedelta(seconds=30)  # how long the one stage that tries has the field to itself
HELD_FOR = timedelta(seconds=4)
State = StageRun.State


@dataclass(frozen=True)
class Gates:
    """What held stages back at the last look."""

    pauses: tuple[Pause, ...] = ()
    circuits: tuple[Circuit, ...] = ()
    failing: frozenset[str] = field(default_factory=frozenset)

    def held(self, pipeline: Pipeline, now: datetime, *, a_person_waits: bool = False) -> tuple[str, ...]:
        """The names of the stages of `pipeline` that are not to be begun.

        A person who waits in front of the page may try what is away; a pause holds for everybody.
        """
        if not self.pauses and not self.circuits:
            return ()
        systems = set() if a_person_waits else {one.system for one in self.circuits}
        return self._names(pipeline, systems, now)

    def put_off(self, pipeline: Pipeline, now: datetime) -> tuple[str, ...]:
        """Of these, the names of those that need not even be looked at: nobody may try them yet."""
        return self._names(pipeline, {one.system for one in self.circuits if not one.until or one.until > now}, now)

    def _names(self, pipeline: Pipeline, systems: set[str], now: datetime) -> tuple[str, ...]:
        systems = systems | self._paused(Pause.Scope.SYSTEM, now)
        stages = self._paused(Pause.Scope.STAGE, now)
        is_paused = pipeline.name in self._paused(Pause.Scope.PIPELINE, now)
        return tuple(
            one.name
            for one in pipeline.everything
            if is_paused or f"{pipeline.name}.{one.name}" in stages or (one.system and one.system in systems)
        )

    def to_try(self, now: datetime) -> tuple[Circuit, ...]:
        """The open circuits whose time to try has come."""
        return tuple(one for one in self.circuits if one.until and one.until <= now)

    def _paused(self, scope: str, now: datetime) -> set[str]:
        return {one.name for one in self.pauses if one.scope == scope and not (one.until and one.until <= now)}


class _Seen(threading.local):
    gates = Gates()
    at = -LOOK_EVERY_SECONDS


_seen = _Seen()


def look() -> Gates:
    """The gates as this thread saw them, within the last second."""
    if time.monotonic() - _seen.at >= LOOK_EVERY_SECONDS:
        failing = list(Circuit.objects.filter(failures__gt=0))
        _seen.gates = Gates(
            pauses=tuple(Pause.objects.all()),
            circuits=tuple(one for one in failing if one.failures >= OPENS_AT),
            failing=frozenset(one.system for one in failing),
        )
        _seen.at = time.monotonic()
    return _seen.gates


def forget() -> None:
    """Look anew next time."""
    _seen.at = -LOOK_EVERY_SECONDS


def take_trial(circuit: Circuit, now: datetime) -> bool:
    """Whether this process is the one that may try an open circuit; the others leave it alone meanwhile."""
    rows = Circuit.objects.filter(pk=circuit.pk, until=circuit.until, failures=circuit.failures)
    forget()
    return bool(rows.update(until=now + TRIAL))


def note_failure(system: str, error: str, now: datetime) -> bool:
    """Count a failure of the outside system; True when the circuit was open already, so that this was a trial."""
    Circuit.objects.get_or_create(system=system)
    Circuit.objects.filter(system=system).update(failures=F("failures") + 1, error=error[:2000])
    circuit = Circuit.objects.get(system=system)
    if circuit.failures >= OPENS_AT:
        times = min(circuit.failures - OPENS_AT, 10)
        pause = min(OPEN_AT_MOST, OPEN_FOR * 2**times) * random.uniform(0.8, 1.2)  # noqa: S311
        Circuit.objects.filter(pk=circuit.pk).update(until=now + pause, opened_at=Coalesce("opened_at", now))
    forget()
    return circuit.failures > OPENS_AT


def note_success(system: str) -> None:
    """Close the circuit where it had counted anything."""
    if system in _seen.gates.failing:
        Circuit.objects.filter(system=system).update(failures=0, error="", opened_at=None, until=None)
        forget()


def pause(*, scope: str, name: str, reason: str, actor_id: int | None, until: datetime | None, now: datetime) -> Pause:
    """Begin nothing more of it from now on; what runs ends by itself. Every process heeds it within a second."""
    made, _ = Pause.objects.update_or_create(
        scope=scope, name=name, defaults={"reason": reason, "until": until, "actor_id": actor_id, "created_at": now}
    )
    forget()
    return made


def lift(*, scope: str, name: str) -> bool:
    """End a pause; what it held back is begun within seconds. False where there was none."""
    deleted, _ = Pause.objects.filter(scope=scope, name=name).delete()
    forget()
    return bool(deleted)


def hold_back(now: datetime) -> int:
    """Put off what is due behind a closed gate, so that no message is sent for it; returns how many stages."""
    gates = look()
    if not gates.pauses and not gates.circuits:
        return 0
    behind = Q(pk__in=[])
    for pipeline in registered():
        if names := gates.put_off(pipeline, now):
            behind |= Q(run__pipeline=pipeline.name, run__version=pipeline.version, name__in=names)
    tried = [one.until for one in gates.circuits if one.until and one.until > now]
    later = min([now + HELD_FOR, *tried])
    due = StageRun.objects.filter(behind, state=State.READY, available_at__lte=now)
    return StageRun.objects.filter(pk__in=list(due.values_list("pk", flat=True)[:1000])).update(
        available_at=later, overdue_since=None
    )
