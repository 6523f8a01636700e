"""The inbox of webhooks: stored before they are answered, and only ever a reason to look again."""

import logging
from datetime import datetime
from typing import Any

from django.db import transaction

from config.lib.tasks import send_after_commit
from orders.models import Payment, PipelineRun, ProviderEvent
from orders.pipeline.engine.wake import wake
from orders.services import fulfilment, refunds
from orders.warehouses import warehouse_system

log = logging.getLogger(__name__)
WAREHOUSE = "warehouse"
MAX_ATTEMPTS = 10


@transaction.atomic
def store(
    *, source: str, event_id: str, kind: str, payload: dict[str, Any], now: datetime
) -> tuple[ProviderEvent, bool]:
    """Keep an event whose signature is good; a repeated one is the first one, and is not worked on again."""
    event, is_new = ProviderEvent.objects.get_or_create(
        provider=source, event_id=event_id, defaults={"kind": kind, "payload": payload, "received_at": now}
    )
    if is_new:
        send_after_commit("orders.process_event", queue="default", event_id=event.pk)
    return event, is_new


def process(event_id: int, *, now: datetime) -> None:
    """Act on a stored event once; a fault is written to it, and the sweep comes back to it."""
    event = ProviderEvent.objects.get(pk=event_id)
    if event.processed_at is not None:
        return
    try:
        (_process_shipment if event.provider == WAREHOUSE else _process_payment)(event, now)
    except fulfilment.UnknownShipment as error:
        _note(event, now, error=str(error), is_done=True)
    except Exception as error:
        log.exception("Event %s of %s could not be worked on", event.event_id, event.provider)
        _note(event, now, error=f"{type(error).__name__}: {error}", is_done=event.attempts + 1 >= MAX_ATTEMPTS)
    else:
        _note(event, now, error="", is_done=True)


def sweep(now: datetime) -> int:
    """Work on what was stored and not worked on: its message was lost, or it failed."""
    waiting = ProviderEvent.objects.filter(processed_at__isnull=True).order_by("received_at")
    pks = list(waiting.values_list("pk", flat=True)[:50])
    for pk in pks:
        process(pk, now=now)
    return len(pks)


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
    _wake(made.order_id, "await_shipment", str(made.placement.handler_id), now)


def _wake(order_id: int, stage: str, item: str, now: datetime) -> None:
    for run in PipelineRun.objects.filter(order_id=order_id, pipeline="purchase"):
        wake(run.pk, stage, item=item, now=now)


def _note(event: ProviderEvent, now: datetime, *, error: str, is_done: bool) -> None:
    event.attempts += 1
    event.error = error
    event.processed_at = now if is_done else None
    event.save(update_fields=["attempts", "error", "processed_at"])
