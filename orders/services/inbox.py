"""The inbox of webhooks: stored before they are answered, and only ever a reason to look again."""

import logging
import random
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F

from config.lib.tasks import send_after_commit
from orders.models import Payment, PipelineRun, ProviderEvent
from orders.pipeline.engine.wake import wake
from orders.services import fulfilment, payments, refunds
from orders.warehouses import warehouse_system

log = logging.getLogger(__name__)
WAREHOUSE = "warehouse"
# The pauses between attempts double from a second to ten minutes; with so many attempts they come to about a day.
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=1), timedelta(minutes=10)
MAX_ATTEMPTS = 153


@transaction.atomic
def store(
    *, source: str, event_id: str, kind: str, payload: dict[str, Any], now: datetime
) -> tuple[ProviderEvent, bool]:
    """Keep an event whose signature is good; a repeated one is the first one, and is not worked on again."""
    event, is_new = ProviderEvent.objects.get_or_create(
        provider=source,
        event_id=event_id,
        defaults={"kind": kind, "payload": payload, "received_at": now, "next_at": now},
    )
    if is_new:
        send_after_commit("orders.process_event", queue="default", event_id=event.pk)
    return event, is_new


def process(event_id: int, *, now: datetime) -> None:
    """Act on a stored event once; a fault is written to it, and the sweep comes back to it after a pause.

    An attempt counts from its beginning, so an event that kills its worker comes to an end too.
    """
    event = ProviderEvent.objects.get(pk=event_id)
    if event.processed_at is not None or not _claim(event, now):
        return
    try:
        (_process_shipment if event.provider == WAREHOUSE else _process_payment)(event, now)
    except fulfilment.UnknownShipment as error:
        _note(event, error=str(error), processed_at=now)
    except Exception as error:
        log.exception("Event %s of %s could not be worked on", event.event_id, event.provider)
        is_parked = event.attempts >= MAX_ATTEMPTS
        _note(event, error=f"{type(error).__name__}: {error}", processed_at=now if is_parked else None)
    else:
        _note(event, error="", processed_at=now)


def sweep(now: datetime) -> int:
    """Work on what is due: its message was lost, or it failed and its pause is over."""
    due = ProviderEvent.objects.filter(processed_at__isnull=True, next_at__lte=now).order_by("next_at")
    pks = list(due.values_list("pk", flat=True)[:50])
    for pk in pks:
        process(pk, now=now)
    return len(pks)


def pause_after(attempts: int) -> timedelta:
    """How long to wait after that many attempts, without the jitter."""
    return min(FIRST_PAUSE * 2 ** min(attempts - 1, 20), LONGEST_PAUSE)


def _claim(event: ProviderEvent, now: datetime) -> bool:
    """Begin an attempt, unless another worker has begun one since the event was read.

    The pause counts from here, so what a killed worker had begun is soon taken up. An attempt that takes longer than
    the pause may meet the next one; working on an event twice does nothing twice.
    """
    pause = pause_after(event.attempts + 1) * random.uniform(0.8, 1.2)  # noqa: S311
    rows = ProviderEvent.objects.filter(pk=event.pk, attempts=event.attempts, processed_at__isnull=True)
    if not rows.update(attempts=F("attempts") + 1, next_at=now + pause):
        return False
    event.attempts += 1
    return True


def _process_payment(event: ProviderEvent, now: datetime) -> None:
    """Wake the charge of the order, or ask after the refund; the event's own contents are not believed."""
    subject = event.payload.get("data", {}).get("object", {})
    if subject.get("object") == "refund":
        key = str((subject.get("metadata") or {}).get("key") or "")
        refunds.look_again(code=event.provider, ref=str(subject.get("id", "")), key=key, now=now)
        return
    received = _payment_of(event)
    if received:
        _wake(received.order_id, "charge", "", now)
        payments.refuse_to_forget(received)


def _payment_of(event: ProviderEvent) -> Payment | None:
    subject = event.payload.get("data", {}).get("object", {})
    payment_pk = str((subject.get("metadata") or {}).get("payment") or event.payload.get("payment") or "")
    payments = Payment.objects.filter(provider=event.provider)
    if payment_pk.isdigit():
        return payments.filter(pk=int(payment_pk)).first()
    refs = [ref for ref in (subject.get("id"), subject.get("payment_intent"), event.payload.get("ref")) if ref]
    return payments.filter(provider_ref__in=refs).first() or payments.filter(charge_ref__in=refs).first()


def _process_shipment(event: ProviderEvent, now: datetime) -> None:
    report = warehouse_system().parse_report(event.payload)
    if report.shipment is None:
        return
    made = fulfilment.record_shipment(reference=report.reference, shipment=report.shipment, now=now)
    for stage in ("mail_shipped", "await_shipment"):
        _wake(made.order_id, stage, str(made.placement.handler_id), now)


def _wake(order_id: int, stage: str, item: str, now: datetime) -> None:
    for run in PipelineRun.objects.filter(order_id=order_id, pipeline="purchase"):
        wake(run.pk, stage, item=item, now=now)


def _note(event: ProviderEvent, *, error: str, processed_at: datetime | None) -> None:
    event.error = error
    event.processed_at = processed_at
    event.save(update_fields=["error", "processed_at"])
