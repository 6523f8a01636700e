"""Disagreements with the provider's books: written once, looked at again, and closed by themselves or by a person."""

import logging
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from accounts.models import User
from config.lib.locks import lock_one
from orders.models import Discrepancy, Payment, ProviderEntry, ReconciliationRun, Refund
from orders.payments import provider
from orders.payments.books import Listed, ListedCharge, ListedMovement, ListedRefund
from orders.services import judging, payments, refunds
from orders.services.judging import Finding

log = logging.getLogger(__name__)
Ending = Discrepancy.Ending
READ = (
    "state",
    "type",
    "amount",
    "refunded",
    "fee",
    "currency",
    "source",
    "payment_pk",
    "order_number",
    "key",
    "seen_at",
)


class NotOpen(Exception):
    """The discrepancy was closed meanwhile; nothing was changed."""


class NoReason(Exception):
    """A person closes a discrepancy with a reason, or not at all."""


def entry(code: str, line: Listed, now: datetime) -> ProviderEntry:
    """A line of the provider's books as a row of ours, not written yet."""
    made = ProviderEntry(
        provider=code,
        ref=line.ref,
        amount=line.amount,
        currency=line.currency,
        happened_at=line.happened_at,
        seen_at=now,
    )
    if isinstance(line, ListedCharge):
        made.kind, made.state, made.refunded = ProviderEntry.Kind.CHARGE, line.outcome, line.refunded
        made.source, made.payment_pk, made.order_number = line.opened_ref, line.payment_pk, line.order_number
    elif isinstance(line, ListedRefund):
        made.kind, made.state, made.source, made.key = (
            ProviderEntry.Kind.REFUND,
            line.outcome,
            line.charge_ref,
            line.key,
        )
    elif isinstance(line, ListedMovement):
        made.kind, made.type, made.fee, made.source = ProviderEntry.Kind.MOVEMENT, line.kind, line.fee, line.source
    return made


def keep(entries: Iterable[ProviderEntry]) -> None:
    """Write lines of the provider's books; one that is known already is brought up to date."""
    ProviderEntry.objects.bulk_create(
        {one.ref: one for one in entries}.values(),
        update_conflicts=True,
        unique_fields=["provider", "ref"],
        update_fields=READ,
    )


def note(run: ReconciliationRun, findings: Iterable[Finding], *, now: datetime) -> None:
    """Write what was found; needs a transaction.

    What is known stays as it is. One that had closed itself is open again; one that a person closed stays closed.
    """
    for one in findings:
        known, is_new = Discrepancy.objects.get_or_create(
            provider=run.provider,
            kind=one.kind,
            subject=one.subject,
            defaults={
                "run": run,
                "about": one.about,
                "order": one.payment.order if one.payment else None,
                "payment": one.payment,
                "refund": one.refund,
                "amount": one.amount,
                "currency": one.currency,
                "found": one.found,
                "found_at": now,
            },
        )
        if is_new:
            log.warning("Reconciliation of %s: %s %s", run.day, one.kind, one.subject)
        elif known.ending in (Ending.EXPLAINED, Ending.HEALED):
            known.closed_at, known.ending, known.found = None, "", one.found
            known.save(update_fields=["closed_at", "ending", "found"])


def look_up(code: str, about: str, ref: str, *, now: datetime) -> ProviderEntry | None:
    """Ask for one charge or refund, to be kept with what comes of it; None where it is unknown. Raises `Transient`."""
    port = provider(code)
    line: Listed | None = port.listed_charge(ref) if about == ProviderEntry.Kind.CHARGE else port.listed_refund(ref)
    return entry(code, line, now) if line else None


def judge(code: str, found: ProviderEntry) -> list[Finding]:
    """What is wrong with a single charge or refund."""
    return (judging.charges if found.kind == ProviderEntry.Kind.CHARGE else judging.refunds)(code, [found])


def look_again(discrepancy: Discrepancy, *, now: datetime) -> None:
    """Wake what may put it right, ask anew, and close it if nothing is wrong any more. Raises `Transient`.

    Nothing here writes money: the charge and the refund do that themselves, as after a webhook.
    """
    _wake(discrepancy, now)
    found = look_up(discrepancy.provider, discrepancy.about, discrepancy.subject, now=now)
    left = judge(discrepancy.provider, found) if found else _unknown(discrepancy)
    with transaction.atomic():
        keep([found] if found else [])
        same = next((one for one in left if one.kind == discrepancy.kind), None)
        note(discrepancy.run, [one for one in left if one is not same], now=now)
        rows = Discrepancy.objects.open().filter(pk=discrepancy.pk)
        if same:
            rows.update(found=same.found, amount=same.amount)
        else:
            rows.update(closed_at=now, ending=Ending.HEALED if _has_moved(discrepancy) else Ending.EXPLAINED)


def close(pk: int, *, actor: User, reason: str, now: datetime) -> Discrepancy:
    """A person has cleared it up outside of this house; the reason is kept. Raises `NotOpen`, `NoReason`."""
    if not reason.strip():
        raise NoReason("A discrepancy is closed with a reason")
    with transaction.atomic():
        found = lock_one(Discrepancy.objects.all(), pk=pk)
        if found.closed_at is not None:
            raise NotOpen(str(found))
        found.closed_at, found.ending, found.closed_by, found.reason = now, Ending.PERSON, actor, reason.strip()
        found.save(update_fields=["closed_at", "ending", "closed_by", "reason"])
    return found


def _wake(discrepancy: Discrepancy, now: datetime) -> None:
    """What a webhook would have woken; a fault there is logged, and the discrepancy stays open."""
    try:
        if discrepancy.refund:
            ref, key = discrepancy.subject, discrepancy.refund.key
            refunds.look_again(code=discrepancy.provider, ref=ref, key=key, now=now)
        elif discrepancy.payment and discrepancy.payment.state in Payment.LIVE:
            payments.look_again(discrepancy.payment.order, now=now)
        else:
            return
    except Exception:
        log.exception("%s could not be looked into again", discrepancy)
    Discrepancy.objects.filter(pk=discrepancy.pk, woken_at__isnull=True).update(woken_at=now)


def _unknown(discrepancy: Discrepancy) -> list[Finding]:
    """What is wrong where the provider does not know the subject, by our own row as it is now."""
    row = _ours(discrepancy)
    if row is None:
        return []
    row.refresh_from_db()
    left = judging.unknown_refund(row) if isinstance(row, Refund) else judging.unknown_charge(row)
    return [left] if left else []


def _ours(discrepancy: Discrepancy) -> Payment | Refund | None:
    return discrepancy.refund if discrepancy.about == ProviderEntry.Kind.REFUND else discrepancy.payment


def _has_moved(discrepancy: Discrepancy) -> bool:
    """Whether our own row has another state by now than the one that was found."""
    row, here = _ours(discrepancy), discrepancy.found.get("here")
    if row is None or here is None:
        return False
    row.refresh_from_db(fields=["state"])
    return bool(row.state != here["state"])
