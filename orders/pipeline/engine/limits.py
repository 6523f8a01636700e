"""Stages that take longer than staff expect: beyond the `limit` that their declaration names.

The time counts from the moment a stage was first begun, or, while nobody has begun it, from the last end of any stage
of its run. A call that waits for an event, as the charge waits for the buyer, is at nobody's desk and does not count.
"""

import logging
import smtplib
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.core.mail import send_mail
from django.db.models import Exists, OuterRef, Q
from redis.exceptions import RedisError

from orders.models import StageRun
from orders.pipeline.engine import graph

log = logging.getLogger(__name__)
State = StageRun.State
TOLD_FOR = timedelta(days=1)  # a stage that is late is told of once, and again each day that it stays so
MOST_TOLD = 100
MOST_SEEN = 5000  # of those that are late at once
OPEN = (State.READY, State.RUNNING, State.WAITING, State.PARKED)


def beyond(now: datetime) -> Q:
    """The stages beyond their limit, of all pipelines."""
    found = Q(pk__in=[])
    for pipeline in graph.registered():
        for spec in pipeline.everything:
            if spec.limit is not None:
                found |= Q(run__pipeline=pipeline.name, run__version=pipeline.version, name=spec.name) & _late(
                    spec.limit, now
                )
    is_open = Q(state__in=OPEN) & ~Q(kind=StageRun.Kind.EXTERNAL, state=State.WAITING)
    return Q(found, is_open)


def _late(limit: timedelta, now: datetime) -> Q:
    recent = StageRun.objects.filter(run=OuterRef("run"), finished_at__gt=now - limit).exclude(pk=OuterRef("pk"))
    is_not_begun = Q(~Exists(recent), started_at__isnull=True, run__created_at__lte=now - limit)
    return Q(started_at__lte=now - limit) | is_not_begun


def over_since(stage: StageRun, spec: graph.Stage | None, rows: Iterable[StageRun], now: datetime) -> datetime | None:
    """Since when the stage is beyond its limit; None where it is not. `rows` are all stages of its run."""
    is_waiting = stage.state == State.WAITING and stage.kind == StageRun.Kind.EXTERNAL
    if spec is None or spec.limit is None or stage.state not in OPEN or is_waiting:
        return None
    began = stage.started_at or _last_end(stage, rows)
    return began + spec.limit if began + spec.limit <= now else None


def _last_end(stage: StageRun, rows: Iterable[StageRun]) -> datetime:
    ends = [row.finished_at for row in rows if row.finished_at and row.pk != stage.pk]
    return max([stage.run.created_at, *ends])


def alert(now: datetime) -> int:
    """Tell of stages that went beyond their limit: an error in the log, and a mail to ALERT_MAILS; returns how many.

    Several workers may look at once: the cache remembers what was told. While it is away, nothing is.
    """
    late = list(StageRun.objects.filter(beyond(now)).order_by("pk").values_list("pk", flat=True)[:MOST_SEEN])
    if not late:
        return 0
    new = list(StageRun.objects.filter(pk__in=_taken(late)).select_related("run__order").order_by("pk"))
    if new:
        told = "\n".join(
            f"{one.run.order.number}: {one} of {one.run.pipeline} is {one.state}, {one.error}" for one in new
        )
        log.error("%s stages are beyond their limits:\n%s", len(new), told)
        _mail(f"{len(new)} stages are beyond their limits", told)
    return len(new)


def _taken(late: list[int]) -> list[int]:
    """Those of them that nobody has told of yet; from now on they count as told."""
    taken: list[int] = []
    try:
        known = cache.get_many([f"late:{pk}" for pk in late])
        for pk in [pk for pk in late if f"late:{pk}" not in known][:MOST_TOLD]:
            if cache.add(f"late:{pk}", 1, TOLD_FOR.total_seconds()):
                taken.append(pk)
    except RedisError as error:  # what was taken before it went away is told all the same
        log.warning("%s stages are beyond their limits; the rest is told when the cache is back: %s", len(late), error)
    return taken


def _mail(subject: str, text: str) -> None:
    if not settings.ALERT_MAILS:
        return
    try:
        send_mail(f"[{settings.STATION_NAME}] {subject}", text, settings.DEFAULT_FROM_EMAIL, settings.ALERT_MAILS)
    except (OSError, smtplib.SMTPException) as error:
        log.warning("The mail about late stages was not taken: %s", error)
