"""Why a stage is where it is, in one sentence for staff: computed from its row and from what is held back just now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.roles import name_of
from config.lib import clock
from orders.admin import words
from orders.models import Circuit, Pause, StageRun
from orders.pipeline.engine import gates
from orders.pipeline.engine.graph import Pipeline, Stage
from orders.pipeline.engine.takeback import UNDO_SEQ

State = StageRun.State


@dataclass(frozen=True)
class Held:
    """What was held back when the page was made."""

    pauses: tuple[Pause, ...]
    circuits: tuple[Circuit, ...]


def held_now() -> Held:
    """Two queries, whatever there is."""
    circuits = Circuit.objects.filter(failures__gte=gates.OPENS_AT)
    return Held(tuple(Pause.objects.select_related("actor")), tuple(circuits))


def why(stage: StageRun, spec: Stage | None, pipeline: Pipeline | None, rows: Iterable[StageRun], held: Held) -> str:
    """The sentence; empty for a stage that is over. `rows` are all stages of the run."""
    now = clock.now()
    tell = {
        State.BLOCKED: lambda: _blocked(stage, pipeline, list(rows)),
        State.READY: lambda: _ready(stage, spec, held, now),
        State.RUNNING: lambda: _running(stage, now),
        State.WAITING: lambda: _waiting(stage),
        State.PARKED: lambda: _parked(stage),
    }
    return tell[State(stage.state)]() if State(stage.state) in tell else ""


def _blocked(stage: StageRun, pipeline: Pipeline | None, rows: Sequence[StageRun]) -> str:
    if stage.seq >= UNDO_SEQ or pipeline is None:
        return _("Its turn comes when what stands before it has ended.")
    names = _before(stage.name, pipeline, {row.name for row in rows})
    left = {row.name for row in rows if row.name in names and row.state in StageRun.UNFINISHED}
    return _("It waits until these have ended: %s.") % ", ".join(
        str(words.stage(name)) for name in names if name in left
    )


def _before(name: str, pipeline: Pipeline, present: set[str]) -> list[str]:
    """The stages it comes after; where one does not apply to this order, what that one would come after."""
    found: list[str] = []
    for one in pipeline.stage(name).after:
        found += [one] if one in present else _before(one, pipeline, present)
    return list(dict.fromkeys(found))


def _ready(stage: StageRun, spec: Stage | None, held: Held, now: datetime) -> str:
    if pause := next((one for one in held.pauses if _holds(one, stage, spec, now)), None):
        return paused(pause)
    if spec and (circuit := next((one for one in held.circuits if one.system == spec.system), None)):
        return tried_again(circuit)
    if stage.available_at > now and stage.attempts:
        return _("Attempt %(number)s of %(budget)s did not succeed; it is tried again at %(time)s.") % {
            "number": stage.attempts,
            "budget": stage.budget,
            "time": moment(stage.available_at),
        }
    return _("Nothing keeps it back: the next free worker takes it, within seconds.")


def _holds(pause: Pause, stage: StageRun, spec: Stage | None, now: datetime) -> bool:
    if pause.until and pause.until <= now:
        return False
    pipeline = stage.run.pipeline
    held = {
        Pause.Scope.PIPELINE: pipeline,
        Pause.Scope.STAGE: f"{pipeline}.{stage.name}",
        Pause.Scope.SYSTEM: spec.system if spec else "",
    }
    return bool(pause.name) and held[Pause.Scope(pause.scope)] == pause.name


def paused(pause: Pause) -> str:
    """By whom, why, and until when."""
    values = {
        "what": f"{pause.get_scope_display()} {pause.name}",
        "who": pause.actor or _("the command line"),
        "reason": pause.reason,
    }
    if pause.until:
        values["time"] = moment(pause.until)
        return _("%(what)s is paused by %(who)s until %(time)s: %(reason)s") % values
    return _("%(what)s is paused by %(who)s: %(reason)s") % values


def tried_again(circuit: Circuit) -> str:
    """That an outside system is away, and when it is tried."""
    failures = ngettext("%s failure in a row", "%s failures in a row", circuit.failures) % circuit.failures
    return _(
        "%(system)s does not answer (%(failures)s): one stage tries again at %(time)s, the others wait for that."
    ) % {
        "system": circuit.system,
        "failures": failures,
        "time": moment(circuit.until) if circuit.until else "-",
    }


def _running(stage: StageRun, now: datetime) -> str:
    values = {"worker": stage.lease_owner, "time": moment(stage.lease_until or now)}
    if stage.lease_until and stage.lease_until < now:
        return _("The worker %(worker)s was last heard of before %(time)s: another one takes it over.") % values
    return _("The worker %(worker)s is at it; its lease lasts until %(time)s and is renewed.") % values


def _waiting(stage: StageRun) -> str:
    values = {"look": moment(stage.available_at), "deadline": moment(stage.deadline_at or stage.available_at)}
    return (
        _("It waits for an event from outside. It looks by itself at %(look)s, and until %(deadline)s at the most.")
        % values
    )


def _parked(stage: StageRun) -> str:
    if stage.assignee:
        return _("It needs a person: %s looks after it.") % stage.assignee
    return _("It needs a person: %s answers for it, and nobody looks after it yet.") % role(stage.owner)


def role(name: str) -> Any:
    """A staff role as people call it."""
    return name_of(Group(name=name)) if name else _("nobody in particular")


def moment(time: datetime) -> str:
    """A time of today by the clock alone, another with its day."""
    local = timezone.localtime(time)
    is_today = local.date() == timezone.localdate()
    return date_format(local, "H:i:s" if is_today else "Y/n/j H:i")
