"""One stage in full: where it stands and why, what it asked of others, every attempt, and what may be done to it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from config.lib.staff import as_text
from orders.admin import words
from orders.admin.made import Made
from orders.admin.strip import length
from orders.admin.verbs import Verbs
from orders.admin.why import moment, role
from orders.admin.words import Chip
from orders.models import Effect, OperatorAction, StageAttempt, StageRun
from orders.pipeline.engine.graph import Stage


@dataclass(frozen=True)
class Sent:
    """What the stage asked of an outside system, as it was frozen, and what came back."""

    effect: Effect

    @property
    def state(self) -> Chip:
        return Chip(self.effect.get_state_display(), words.EFFECT_COLOURS[self.effect.state])

    @property
    def request(self) -> SafeString:
        return as_text(self.effect.request)

    @property
    def response(self) -> SafeString:
        return as_text(self.effect.response)


@dataclass(frozen=True)
class Try:
    """One attempt and how long it took."""

    attempt: StageAttempt

    @property
    def outcome(self) -> Chip:
        return Chip(self.attempt.get_outcome_display(), words.OUTCOME_COLOURS[self.attempt.outcome])

    @property
    def took(self) -> str:
        return length(max(timedelta(), self.attempt.finished_at - self.attempt.started_at))


@dataclass(frozen=True)
class StageSheet:
    """One stage in full."""

    stage: StageRun
    spec: Stage | None
    name: Any
    item: str
    state: Chip
    why: str
    over_since: datetime | None
    attempts: tuple[Try, ...]
    effects: tuple[Sent, ...]
    actions: tuple[OperatorAction, ...]
    earlier: dict[str, Any]
    made: tuple[Made, ...]
    verbs: Verbs

    @property
    def owner(self) -> Any:
        name = self.stage.owner or (self.spec.owner if self.spec else "")
        return role(name) if name else ""

    @property
    def technique(self) -> Any:
        return Effect.Technique(self.spec.technique).label if self.spec and self.spec.technique else ""

    @property
    def output(self) -> SafeString:
        return as_text(self.stage.output)

    @property
    def changes(self) -> SafeString:
        return as_text(self.stage.changes)

    @property
    def earlier_text(self) -> SafeString:
        return as_text(self.earlier)

    @property
    def took(self) -> str:
        if not (self.stage.started_at and self.stage.finished_at):
            return ""
        return length(self.stage.finished_at - self.stage.started_at)

    @property
    def limit(self) -> str:
        return length(self.spec.limit) if self.spec and self.spec.limit else ""

    @property
    def late_words(self) -> str:
        """That it takes longer than it should, and since when."""
        if self.over_since is None:
            return ""
        return _("It is beyond its limit of %(limit)s since %(time)s.") % {
            "limit": self.limit,
            "time": moment(self.over_since),
        }
