"""Guards of the engine, each taken away: a proof that does not notice proves nothing.

Every mutant is a context in which one guard is missing, and says which experiment has to find it.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.db import transaction

from config.lib import leases
from orders.models import StageRun
from orders.pipeline.engine import rows, settle
from orders.pipeline.engine import sweep as sweeping
from orders.pipeline.engine.context import Context
from orders.pipeline.engine.execute import Worker
from orders.pipeline.engine.graph import Wait


@dataclass(frozen=True)
class Mutant:
    """What is missing, and the experiment that must see it."""

    name: str
    experiment: str
    owner: Any
    attribute: str
    instead: Callable[[Any], Any]

    @contextlib.contextmanager
    def applied(self) -> Iterator[None]:
        original = getattr(self.owner, self.attribute)
        setattr(self.owner, self.attribute, self.instead(original))
        try:
            yield
        finally:
            setattr(self.owner, self.attribute, original)


def _another_key_each_time(original: Any) -> Any:
    def call(self: Context, effect: Any, send: Any) -> Any:
        return original(self, effect, lambda request, key: send(request, f"{key}:{uuid4()}"))

    return call


def _sends_unasked(original: Any) -> Any:
    def take_up(self: Context, effect: Any, look_up: Any) -> Any:
        return original(self, effect, None)

    return take_up


def _sends_a_mail_again(original: Any) -> Any:
    def take_up(self: Context, effect: Any, look_up: Any) -> Any:
        return look_up(effect.request, effect.key) if look_up else None

    return take_up


def _writes_whatever_the_fence(original: Any) -> Any:
    def write(found: Any, row: Any, **changes: Any) -> None:
        newest = found.filter(pk=row.pk).values_list("fence", flat=True).first()
        original(found, type(row)(pk=row.pk, fence=row.fence if newest is None else newest), **changes)

    return write


def _completes_before_the_effect(original: Any) -> Any:
    def act(self: Worker, context: Context) -> Any:
        if context.stage.kind != StageRun.Kind.EXTERNAL:
            return original(self, context)
        with transaction.atomic():
            settle.lock_again(self.run)
            following = self._following(self._write(context, {}))
        vars(context)["keep_lease"] = lambda: None
        result = context.spec.act(context)
        if context.spec.record and not isinstance(result, Wait):
            context.spec.record(context, result)
        self.attempts += 1
        return following

    return act


def _intends_after_the_call(original: Any) -> Any:
    def perform(self: Context, *, request: Any, call: Any, **how: Any) -> Any:
        answer: list[Any] = []
        if not self.stage.effects.exists():
            self.keep_lease()
            answer.append(call(request, self.key))
        return original(self, request=request, call=lambda *given: answer[0] if answer else call(*given), **how)

    return perform


def _commits_the_end_first(original: Any) -> Any:
    def together(self: Worker, first: Context) -> Any:
        with transaction.atomic():
            settle.lock_again(self.run)
            following = self._following(self._write(first, {}))
        self.attempts += 1
        first.spec.act(first)
        return following

    return together


def _selects_then_updates(original: Any) -> Any:
    def claim(run_id: Any, *, now: Any, until: Any, only: Any = None, names: Any = (), held: Any = ()) -> Any:
        ready = StageRun.objects.filter(run_id=run_id, state="ready", available_at__lte=now).exclude(name__in=held)
        if wanted := (only,) if only else names:
            ready = ready.filter(name__in=wanted)
        found = ready.order_by("seq", "pk").first()
        if found is None:
            return None
        found.state, found.fence, found.attempts = StageRun.State.RUNNING, found.fence + 1, found.attempts + 1
        found.lease_owner, found.lease_until, found.is_woken = leases.this_process(), until, False
        found.started_at, found.tried_since = found.started_at or now, found.tried_since or now
        found.save()
        return found

    return claim


def _counts_no_attempts(original: Any) -> Any:
    def sql(*given: Any) -> str:
        text: str = original(*given)
        assert "attempts = attempts + 1" in text
        return text.replace("attempts = attempts + 1", "attempts = 1")

    return sql


def _keeps_no_lease(original: Any) -> Any:
    return lambda self: None


MUTANTS = (
    Mutant("no key", "killed", Context, "_call", _another_key_each_time),
    Mutant("no question before a repeat", "killed", Context, "_take_up", _sends_unasked),
    Mutant("a mail is sent again", "killed", Context, "_take_up", _sends_a_mail_again),
    Mutant("completion before the effect", "killed", Worker, "_act", _completes_before_the_effect),
    Mutant("intent after the call", "killed", Context, "perform", _intends_after_the_call),
    Mutant("completion committed before the writes", "killed", Worker, "_commit_together", _commits_the_end_first),
    Mutant("no renewal before the call", "frozen", Context, "keep_lease", _keeps_no_lease),
    Mutant("claim by SELECT, then UPDATE", "frozen", rows, "claim", _selects_then_updates),
    Mutant("no fence in writes", "both frozen", leases, "write", _writes_whatever_the_fence),
    Mutant("attempts not counted", "failing", rows, "_claim_sql", _counts_no_attempts),
    Mutant("kills not counted", "killing", sweeping, "MOST_KILLS", lambda original: 10**6),
)
