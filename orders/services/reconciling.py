"""The daily comparison of the provider's books with ours: page by page, taken up again where it was cut off.

First the provider's lists of the day are read: charges, refunds and movements of the balance, with a margin on both
sides; each page is kept with the cursor in one transaction. Then our own payments and refunds of the day are looked for
among them. At last everything that is open is looked at again. A second round of the same day finds nothing twice.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Count, Exists, OuterRef, Q, Sum
from django.utils import timezone

from config.lib import clock
from orders.models import Discrepancy, Payment, ProviderEntry, ReconciliationRun, Refund
from orders.payments import provider
from orders.payments.books import Page, Period
from orders.pipeline.engine.errors import Transient
from orders.services import discrepancies, judging
from orders.services.judging import Finding

log = logging.getLogger(__name__)
Step = ReconciliationRun.Step
State = ProviderEntry.State

MARGIN = timedelta(hours=1)  # our clock and the provider's may put one payment on two days
BEGINS_AT = timedelta(hours=3)  # into the next day, when what was under way at midnight has ended
CATCHES_UP = 7  # days, after an outage of ours
ROWS = 25  # at a time: each of them may cost a call, and a worker has a minute
# A refund that was asked for may be given back days later; its row tells only when it was asked for.
LATEST_REFUND = timedelta(days=3)

CHARGES = ("charge", "payment")
REFUNDS = ("refund", "payment_refund")
FAILED_REFUNDS = ("refund_failure", "payment_failure_refund")


# What was found, and the lines that were asked for one by one meanwhile.
Judged = tuple[list[Finding], list[ProviderEntry]]


class Overtaken(Exception):
    """Another process goes through the same day; this one leaves it to that."""


def due_day(now: datetime) -> date | None:
    """The oldest day that is over and was not reconciled to its end, a week back at the most; None when all is done."""
    yesterday = timezone.localdate(now - BEGINS_AT) - timedelta(days=1)
    runs = ReconciliationRun.objects.filter(
        provider=settings.PAYMENT_PROVIDER, day__gt=yesterday - timedelta(days=CATCHES_UP), day__lte=yesterday
    )
    ends = {run.day: run.finished_at for run in runs}
    first = min(ends, default=yesterday)
    days = (first + timedelta(days=number) for number in range((yesterday - first).days + 1))
    return next((day for day in days if not _is_whole(day, ends.get(day))), None)


def _is_whole(day: date, finished_at: datetime | None) -> bool:
    """Whether a run that ended then has seen the whole day; one that somebody began at noon has not."""
    return finished_at is not None and finished_at >= _period(day, MARGIN).until


def reconcile_due(*, seconds: float) -> bool:
    """Bring the oldest due day on, for so long; True when there is nothing more to do just now.

    A provider that does not answer is logged: the next call, minutes later, goes on from there.
    """
    day = due_day(clock.now())
    if day is None:
        return True
    try:
        reconcile(day, again=True, ends=time.monotonic() + seconds)
    except (Transient, Overtaken) as error:
        log.warning("The reconciliation of %s goes on later: %s", day, error)
        return True
    return due_day(clock.now()) is None


def reconcile(day: date, *, again: bool = False, ends: float | None = None) -> ReconciliationRun:
    """Compare a Japanese calendar day, from where it was cut off; a finished one only `again`.

    It stops between two pages at the moment `ends` of the monotonic clock. Raises `Transient` when the provider does
    not answer, and `Overtaken`; what was read by then stays, and the next call goes on from there.
    """
    run, _ = ReconciliationRun.objects.get_or_create(
        provider=settings.PAYMENT_PROVIDER, day=day, defaults={"begun_at": clock.now()}
    )
    if run.step == Step.DONE and again:
        _begin_again(run)
    while run.step != Step.DONE and (ends is None or time.monotonic() < ends):
        STEPS[Step(run.step)](run, ends)
    return run


def _begin_again(run: ReconciliationRun) -> None:
    begun = {"step": Step.CHARGES, "cursor": "", "rounds": run.rounds + 1, "begun_at": clock.now(), "finished_at": None}
    if not ReconciliationRun.objects.filter(pk=run.pk, step=Step.DONE, rounds=run.rounds).update(**begun):
        raise Overtaken(str(run))
    run.refresh_from_db()


def day_of(run: ReconciliationRun) -> Period:
    """The day from midnight to midnight in Japan."""
    return _period(run.day, timedelta())


def _period(day: date, margin: timedelta) -> Period:
    begin = timezone.make_aware(datetime.combine(day, datetime.min.time()))
    return Period(begin - margin, begin + timedelta(days=1) + margin)


@transaction.atomic
def _advance(
    run: ReconciliationRun,
    *,
    step: Step,
    cursor: str = "",
    entries: Sequence[ProviderEntry] = (),
    findings: Sequence[Finding] = (),
    **changes: Any,
) -> None:
    """Keep what a page held together with where the next one begins; raises `Overtaken` when somebody was faster."""
    seen = ReconciliationRun.objects.filter(pk=run.pk, step=run.step, cursor=run.cursor, rounds=run.rounds)
    if not seen.update(step=step, cursor=cursor, **changes):
        raise Overtaken(f"{run} is being reconciled elsewhere")
    discrepancies.keep(entries)
    discrepancies.note(run, findings, now=clock.now())
    run.step, run.cursor = step, cursor


def _read(
    run: ReconciliationRun,
    ends: float | None,
    pages: Iterator[Page[Any]],
    then: Step,
    judge: Callable[[str, Sequence[ProviderEntry]], Judged],
) -> None:
    """Go through a list of the provider from the cursor on."""
    day, now = day_of(run), clock.now()
    for page in pages:
        for part, after in _parts(page):
            entries = [discrepancies.entry(run.provider, line, now) for line in part]
            of_the_day = [one for one in entries if day.since <= one.happened_at < day.until]
            findings, looked_up = judge(run.provider, of_the_day)
            step = Step(run.step) if after else then
            _advance(run, step=step, cursor=after, entries=[*entries, *looked_up], findings=findings)
            if ends is not None and time.monotonic() >= ends:
                return


def _parts(page: Page[Any]) -> Iterator[tuple[Sequence[Any], str]]:
    """A page in parts, each with the line after which the list is to be asked for next; any line will do for that."""
    for begin in range(0, len(page.lines) or 1, ROWS):
        part = page.lines[begin : begin + ROWS]
        yield part, part[-1].ref if begin + ROWS < len(page.lines) else page.after


def _charges(run: ReconciliationRun, ends: float | None) -> None:
    pages = provider(run.provider).list_charges(_period(run.day, MARGIN), run.cursor)
    _read(run, ends, pages, Step.REFUNDS, lambda code, lines: (judging.charges(code, lines), []))


def _refunds(run: ReconciliationRun, ends: float | None) -> None:
    pages = provider(run.provider).list_refunds(_period(run.day, MARGIN), run.cursor)
    _read(run, ends, pages, Step.MOVEMENTS, lambda code, lines: (judging.refunds(code, lines), []))


def _movements(run: ReconciliationRun, ends: float | None) -> None:
    pages = provider(run.provider).list_movements(_period(run.day, MARGIN), run.cursor)
    _read(run, ends, pages, Step.PAYMENTS, _behind)


def _behind(code: str, movements: Sequence[ProviderEntry]) -> Judged:
    """What is wrong with the charges and refunds behind these movements, as far as they were read otherwise or never.

    A charge that was begun days ago, such as in a shop, and a refund that came back, show here on their day.
    """
    known = dict(
        ProviderEntry.objects.filter(provider=code, ref__in=[one.source for one in movements]).values_list(
            "ref", "state"
        )
    )
    findings: list[Finding] = []
    looked_up: list[ProviderEntry] = []
    for movement in movements:
        about, wanted = _source_of(movement)
        if not about or known.get(movement.source) in wanted:
            continue
        if found := discrepancies.look_up(code, about, movement.source, now=clock.now()):
            known[found.ref] = found.state
            looked_up.append(found)
            findings += discrepancies.judge(code, found)
    return findings, looked_up


def _source_of(movement: ProviderEntry) -> tuple[str, tuple[str, ...]]:
    """What the movement came of, and the states in which that agrees with it; nothing for a payout and the like."""
    if movement.type in CHARGES:
        return ProviderEntry.Kind.CHARGE, (State.SUCCEEDED,)
    if movement.type in REFUNDS:
        return ProviderEntry.Kind.REFUND, (State.SUCCEEDED, State.PENDING, State.FAILED)
    if movement.type in FAILED_REFUNDS:
        return ProviderEntry.Kind.REFUND, (State.FAILED,)
    return "", ()


def _payments(run: ReconciliationRun, ends: float | None) -> None:
    """Our payments of the day that none of the charges read stands for: asked for one by one."""
    day = day_of(run)
    rows = Payment.objects.filter(
        provider=run.provider,
        state=Payment.State.SUCCEEDED,
        succeeded_at__gte=day.since,
        succeeded_at__lt=day.until,
    ).select_related("order")
    _ours(run, rows, _charge_behind, Step.REFUNDS_HERE)


def _charge_behind(run: ReconciliationRun, payment: Payment) -> Judged:
    return _asked(run, ProviderEntry.Kind.CHARGE, payment.charge_ref, judging.unknown_charge(payment))


def _refunds_here(run: ReconciliationRun, ends: float | None) -> None:
    day = day_of(run)
    rows = Refund.objects.filter(
        payment__provider=run.provider,
        state=Refund.State.SUCCEEDED,
        created_at__gte=day.since - LATEST_REFUND,
        created_at__lt=day.until,
    ).select_related("payment__order")
    _ours(run, rows, _refund_behind, Step.OPEN)


def _refund_behind(run: ReconciliationRun, refund: Refund) -> Judged:
    return _asked(run, ProviderEntry.Kind.REFUND, refund.provider_ref, judging.unknown_refund(refund))


def _asked(run: ReconciliationRun, about: str, ref: str | None, unknown: Finding | None) -> Judged:
    found = discrepancies.look_up(run.provider, about, ref, now=clock.now()) if ref else None
    if found:
        return discrepancies.judge(run.provider, found), [found]
    return [unknown] if unknown else [], []


def _ours(
    run: ReconciliationRun,
    rows: "models.QuerySet[Any]",
    judge: Callable[[ReconciliationRun, Any], Judged],
    then: Step,
) -> None:
    """One page of our rows: those that no line of the provider's stands for are judged."""
    ref = "charge_ref" if rows.model is Payment else "provider_ref"
    arrived = (State.SUCCEEDED,) if rows.model is Payment else (State.SUCCEEDED, State.PENDING)
    read = ProviderEntry.objects.filter(provider=run.provider, ref=OuterRef(ref), state__in=arrived)
    page = list(rows.filter(pk__gt=int(run.cursor or 0)).annotate(is_read=Exists(read)).order_by("pk")[:ROWS])
    judged = [judge(run, row) for row in page if not row.is_read]
    findings = [one for found, _ in judged for one in found]
    entries = [one for _, looked_up in judged for one in looked_up]
    is_last = len(page) < ROWS
    step, cursor = (then, "") if is_last else (Step(run.step), str(page[-1].pk))
    _advance(run, step=step, cursor=cursor, entries=entries, findings=findings)


def _open(run: ReconciliationRun, ends: float | None) -> None:
    """Look again at what is open, of whatever day; then add the day up."""
    rows = Discrepancy.objects.open().filter(provider=run.provider, pk__gt=int(run.cursor or 0))
    page = list(rows.select_related("run", "order", "payment__order", "refund__payment__order").order_by("pk")[:ROWS])
    for one in page:
        discrepancies.look_again(one, now=clock.now())
        if ends is not None and time.monotonic() >= ends and one is not page[-1]:
            _advance(run, step=Step.OPEN, cursor=str(one.pk))
            return
    if len(page) == ROWS:
        _advance(run, step=Step.OPEN, cursor=str(page[-1].pk))
    else:
        _advance(run, step=Step.DONE, finished_at=clock.now(), **_sums(run))
        run.refresh_from_db()


def _sums(run: ReconciliationRun) -> dict[str, Any]:
    """What the provider's books of the day come to, by the movements of its balance."""
    day = day_of(run)
    of_the_day = ProviderEntry.objects.filter(
        provider=run.provider,
        kind=ProviderEntry.Kind.MOVEMENT,
        happened_at__gte=day.since,
        happened_at__lt=day.until,
    )
    charged, back = Q(type__in=CHARGES), Q(type__in=(*REFUNDS, *FAILED_REFUNDS))
    sums = of_the_day.aggregate(
        charges=Count("pk", filter=charged),
        charged=Sum("amount", filter=charged, default=0),
        refunds=Count("pk", filter=Q(type__in=REFUNDS)),
        refunded=Sum("amount", filter=back, default=0),
        fees=Sum("fee", default=0),
    )
    return sums | {"refunded": -sums["refunded"]}


STEPS: dict[Step, Callable[[ReconciliationRun, float | None], None]] = {
    Step.CHARGES: _charges,
    Step.REFUNDS: _refunds,
    Step.MOVEMENTS: _movements,
    Step.PAYMENTS: _payments,
    Step.REFUNDS_HERE: _refunds_here,
    Step.OPEN: _open,
}
