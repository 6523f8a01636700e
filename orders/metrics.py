"""What a Prometheus reads: the pipelines as they are at this moment, counted in the rows.

A fixed number of queries, each over what is under way by a partial index, or over the newest attempts alone: the cost
does not grow with what was ever bought.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Count, DurationField, ExpressionWrapper, F, Max, Min, Sum
from django.db.models.functions import Coalesce
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from config.lib import clock
from orders.models import (
    Circuit,
    Discrepancy,
    OutboundMail,
    Pause,
    PipelineRun,
    ProviderEvent,
    ReconciliationRun,
    StageAttempt,
    StageRun,
    SweeperBeat,
)
from orders.pipeline.engine import beat, gates, limits

RECENT = timedelta(minutes=15)
MOST_ATTEMPTS = 20_000  # of the newest attempts, what is looked at; more in a quarter of an hour are not counted
State = StageRun.State


def registry() -> CollectorRegistry:
    """All of it, read anew at each collection."""
    made = CollectorRegistry()
    made.register(Pipelines())
    return made


class Pipelines(Collector):
    """Reads the rows when it is asked."""

    def describe(self) -> list[Metric]:
        """Nothing beforehand: making it known must not ask the database."""
        return []

    def collect(self) -> Iterator[Metric]:
        now = clock.now()
        yield _runs()
        yield from _stages()
        yield from _due(now)
        yield from _attempts(now)
        yield _beyond_limits(now)
        yield _gauge("mails_uncertain", "Mails of which nobody knows whether they were sent.", _uncertain_mails())
        yield from _circuits()
        yield _pauses(now)
        yield from _inbox(now)
        yield from _sweepers(now)
        yield from _reconciliation(now)


def _family(name: str, words: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"hitotsu_{name}", words, labels=labels)


def _gauge(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"hitotsu_{name}", words, value=value)


def _runs() -> Metric:
    family = _family("runs", "Runs that are not finished.", "pipeline", "version", "state")
    rows = PipelineRun.objects.filter(finished_at__isnull=True).order_by()
    for pipeline, version, state, number in rows.values_list("pipeline", "version", "state").annotate(Count("pk")):
        family.add_metric([pipeline, str(version), state], number)
    return family


def _stages() -> Iterator[Metric]:
    stages = _family("stages", "Stages of unfinished runs that are not over.", "pipeline", "stage", "state")
    parked = _family("stages_parked", "Stages that need a person, by who answers for them.", "stage", "owner")
    rows = StageRun.objects.filter(run__finished_at__isnull=True, state__in=StageRun.UNFINISHED).order_by()
    grouped = rows.values_list("run__pipeline", "name", "state", "owner").annotate(Count("pk"))
    counts: dict[tuple[str, str, str], int] = {}
    for pipeline, stage, state, owner, number in grouped:
        counts[pipeline, stage, state] = counts.get((pipeline, stage, state), 0) + number
        if state == State.PARKED:
            parked.add_metric([f"{pipeline}.{stage}", owner], number)
    for labels, number in counts.items():
        stages.add_metric(labels, number)
    yield stages
    yield parked


def _due(now: datetime) -> Iterator[Metric]:
    """The one alarm: whatever is wrong with brokers, workers or the database, due stages grow old."""
    due = StageRun.objects.filter(state=State.READY, available_at__lte=now)
    found = due.aggregate(number=Count("pk"), oldest=Min(Coalesce("overdue_since", "available_at")))
    yield _gauge("stages_due", "Stages that could be begun at this moment.", found["number"])
    yield _gauge("oldest_due_seconds", "How long the oldest of them has waited for a worker.", _age(found, now))


def _age(found: dict[str, datetime], now: datetime) -> float:
    return max(0.0, (now - found["oldest"]).total_seconds()) if found["oldest"] else 0.0


def _attempts(now: datetime) -> Iterator[Metric]:
    count = _family("attempts_recent", "Attempts that ended in the last 15 minutes.", "stage", "outcome")
    seconds = _family("attempts_recent_seconds", "The time they took together.", "stage", "outcome")
    longest = _family("attempts_recent_longest_seconds", "The longest of them.", "stage", "outcome")
    newest = StageAttempt.objects.aggregate(newest=Max("pk"))["newest"] or 0
    took = ExpressionWrapper(F("finished_at") - F("started_at"), output_field=DurationField())
    recent = StageAttempt.objects.filter(pk__gt=newest - MOST_ATTEMPTS, finished_at__gte=now - RECENT).order_by()
    grouped = recent.values_list("stage__run__pipeline", "stage__name", "outcome")
    told = grouped.annotate(number=Count("pk"), total=Sum(took), most=Max(took))
    for pipeline, stage, outcome, number, total, most in told:
        labels = [f"{pipeline}.{stage}", outcome]
        count.add_metric(labels, number)
        seconds.add_metric(labels, total.total_seconds())
        longest.add_metric(labels, most.total_seconds())
    yield from (count, seconds, longest)


def _beyond_limits(now: datetime) -> Metric:
    family = _family("stages_beyond_limit", "Stages that take longer than their declared limit.", "stage")
    late = StageRun.objects.filter(limits.beyond(now), run__finished_at__isnull=True).order_by()
    for pipeline, stage, number in late.values_list("run__pipeline", "name").annotate(Count("pk")):
        family.add_metric([f"{pipeline}.{stage}"], number)
    return family


def _uncertain_mails() -> int:
    return OutboundMail.objects.filter(state=OutboundMail.State.UNCERTAIN).count()


def _circuits() -> Iterator[Metric]:
    is_open = _family("circuit_open", "1 while an outside system is left alone.", "system")
    failures = _family("circuit_failures", "How often in a row it has failed.", "system")
    for circuit in Circuit.objects.all():
        is_open.add_metric([circuit.system], int(circuit.failures >= gates.OPENS_AT))
        failures.add_metric([circuit.system], circuit.failures)
    yield from (is_open, failures)


def _pauses(now: datetime) -> Metric:
    family = _family("paused", "1 for what a person has paused.", "scope", "name")
    for pause in Pause.objects.all():
        if pause.until is None or pause.until > now:
            family.add_metric([pause.scope, pause.name], 1)
    return family


def _inbox(now: datetime) -> Iterator[Metric]:
    waiting = ProviderEvent.objects.filter(processed_at__isnull=True)
    found = waiting.aggregate(number=Count("pk"), oldest=Min("received_at"))
    yield _gauge("inbox_waiting", "Webhooks that were stored and not worked on yet.", found["number"])
    yield _gauge("inbox_oldest_seconds", "How long the oldest of them has waited.", _age(found, now))


def _sweepers(now: datetime) -> Iterator[Metric]:
    seen = list(SweeperBeat.objects.values_list("seen_at", flat=True))
    alive = sum(one >= now - beat.ALIVE_FOR for one in seen)
    yield _gauge("sweepers", "Workers whose sweeper was heard of in the last 40 seconds.", alive)
    if seen:
        silence = max(0.0, (now - max(seen)).total_seconds())
        yield _gauge("sweepers_silent_seconds", "How long no sweeper has been heard of.", silence)


def _reconciliation(now: datetime) -> Iterator[Metric]:
    """Every kind is told, so that an alarm can rest on money without order being nought."""
    family = _family("discrepancies_open", "Disagreements with the payment provider's books.", "kind")
    found = Discrepancy.objects.open().order_by().values_list("kind").annotate(Count("pk"))
    counts = dict(found)
    for kind in Discrepancy.Kind:
        family.add_metric([kind], counts.get(kind, 0))
    yield family
    ended = ReconciliationRun.objects.aggregate(oldest=Max("finished_at"))
    if ended["oldest"]:
        yield _gauge("reconciled_seconds", "How long ago the last reconciliation of a day ended.", _age(ended, now))
