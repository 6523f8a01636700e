"""What a stage is given, and how it touches the outside world."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.conf import settings

from config.lib import clock, leases, telemetry
from orders.models import Effect, Order, PipelineRun, StageRun
from orders.pipeline.engine.errors import Refused, Spent, Uncertain
from orders.pipeline.engine.graph import Stage

Json = dict[str, Any]
LEASE = timedelta(seconds=settings.PIPELINE_LEASE_SECONDS)


@dataclass
class Context:
    """One attempt at one stage."""

    stage: StageRun
    spec: Stage
    now: datetime

    @property
    def run(self) -> PipelineRun:
        return self.stage.run

    @cached_property
    def order(self) -> Order:
        """The order as it is now: another stage, or a person, may have changed it since the run was read."""
        return Order.objects.get(pk=self.stage.run.order_id)

    @property
    def item(self) -> str:
        return self.stage.item

    @property
    def key(self) -> str:
        return self.stage.key

    @property
    def is_past_deadline(self) -> bool:
        return self.stage.deadline_at is not None and self.now >= self.stage.deadline_at

    def output_of(self, name: str) -> Json:
        """What an earlier stage of this run gave, for the same item where it was mapped."""
        earlier = StageRun.objects.filter(run_id=self.stage.run_id, name=name, item__in=("", self.item))
        return earlier.order_by("-item").values_list("output", flat=True).first() or {}

    def keep_lease(self) -> None:
        """Tell everybody that this attempt is still alive; raises `LeaseLost` where it is no longer ours."""
        running = StageRun.objects.filter(state=StageRun.State.RUNNING)
        leases.renew(running, self.stage, now=clock.now(), ttl=LEASE)

    def perform(
        self,
        *,
        receiver: str,
        operation: str,
        request: Json,
        call: Callable[[Json, str], Json],
        look_up: Callable[[Json, str], Json | None] | None = None,
        external_id: Callable[[Json], str] = lambda answer: str(answer.get("id", "")),
    ) -> Json:
        """Do something to an outside system at most once, as far as that system lets us, and return its answer.

        The request is frozen and committed before the call, under a key that is the same over every attempt: a retry
        means the same thing again. When an earlier attempt was cut off, the stage's technique decides: `key` and
        `reference` are sent again, `query` asks first with `look_up`, `none` cannot be known and raises `Uncertain`.
        """
        effect, is_new = self._intend(receiver, operation, merged(request, self.stage.changes))
        if effect.state == Effect.State.CONFIRMED:
            return effect.response
        self.keep_lease()  # whoever lost the lease must not call out any more
        answer = None if is_new else self._take_up(effect, look_up)
        if answer is None:
            answer = self._call(effect, call)
        _settle(effect, Effect.State.CONFIRMED, response=answer, external_id=external_id(answer))
        return answer

    def _intend(self, receiver: str, operation: str, request: Json) -> tuple[Effect, bool]:
        """The journal row of this effect. After a rejection, a retry is a new generation with a key of its own."""
        earlier = list(Effect.objects.filter(stage=self.stage, operation=operation).order_by("pk"))
        if earlier and earlier[-1].state != Effect.State.REJECTED:
            return earlier[-1], False
        return Effect.objects.get_or_create(
            key=f"{self.key}:{operation}:{len(earlier) + 1}",
            defaults={
                "stage": self.stage,
                "receiver": receiver,
                "operation": operation,
                "technique": self.spec.technique or Effect.Technique.NONE,
                "request": request,
            },
        )

    def _take_up(self, effect: Effect, look_up: Callable[[Json, str], Json | None] | None) -> Json | None:
        if effect.technique == Effect.Technique.NONE:
            raise Uncertain(f"An earlier attempt at {effect.operation} was cut off; it may have happened")
        return look_up(effect.request, effect.key) if look_up else None

    def _call(self, effect: Effect, call: Callable[[Json, str], Json]) -> Json:
        try:
            with telemetry.span(f"{effect.receiver} {effect.operation}", key=effect.key, technique=effect.technique):
                return call(effect.request, effect.key)
        except (Refused, Spent) as refusal:
            _settle(effect, Effect.State.REJECTED, response={"error": str(refusal)})
            raise


def merged(request: Json, changes: Json) -> Json:
    """The request with the changes that a person made to it (a merge patch, RFC 7396: `null` takes a key away)."""
    result = dict(request)
    for name, value in changes.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict) and isinstance(result.get(name), dict):
            result[name] = merged(result[name], value)
        else:
            result[name] = value
    return result


def _settle(effect: Effect, state: str, **changes: Any) -> None:
    """Keep the answer. A refusal counts only while no other worker that took this up has heard that it happened."""
    rows = Effect.objects.filter(pk=effect.pk)
    if state == Effect.State.REJECTED:
        rows = rows.filter(state=Effect.State.INTENDED)
    rows.update(state=state, settled_at=clock.now(), **changes)
