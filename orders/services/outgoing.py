"""Telling others what happened to orders, by signed webhooks.

Technique `reference`: each telling carries the event's number (`webhook-id`), so a receiver knows one that comes twice.
A delivery is a row, written with the event itself; workers look for those that are due, in a thread of their own, so
that a slow receiver holds up nobody. It is tried for three days at growing intervals. The form is that of Standard
Webhooks: HMAC-SHA256 over number, time and body.
"""

import base64
import hashlib
import hmac
import json
import logging
import random
import time
from datetime import datetime, timedelta

import requests
from django.conf import settings
from django.db import transaction

from config.lib import leases
from config.lib.outbound import session
from orders.models import OrderEvent, WebhookDelivery, WebhookEndpoint

log = logging.getLogger(__name__)
State = WebhookDelivery.State
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(hours=6)
TRIED_FOR = timedelta(days=3)
LEASE = timedelta(seconds=60)  # far longer than the timeouts of a call
BATCH = 20
GONE = 410


def announce(event: OrderEvent) -> None:
    """Note who is to be told of a public event; in the transaction that writes it."""
    wanting = [one for one in WebhookEndpoint.objects.filter(is_active=True) if one.wants(event.kind)]
    at = event.happened_at
    WebhookDelivery.objects.bulk_create(
        WebhookDelivery(endpoint=one, event=event, next_at=at, until=at + TRIED_FOR) for one in wanting
    )


def sweep(now: datetime) -> int:
    """Tell what is due; returns how many were tried."""
    due = WebhookDelivery.objects.filter(state=State.PENDING, next_at__lte=now, endpoint__is_active=True)
    rows = list(due.select_related("endpoint", "event__order").order_by("next_at")[:BATCH])
    began = time.monotonic()
    return sum(deliver(row, now=now + timedelta(seconds=time.monotonic() - began)) for row in rows)


def deliver(delivery: WebhookDelivery, *, now: datetime) -> bool:
    """One try, unless another worker is at it; False then.

    The claim puts the next try off, so that one whose worker was killed is told again.
    """
    pending = WebhookDelivery.objects.filter(state=State.PENDING, next_at__lte=now)
    pause = min(FIRST_PAUSE * 4 ** min(delivery.attempts, 10), LONGEST_PAUSE) * random.uniform(0.8, 1.2)  # noqa: S311
    put_off = {"attempts": delivery.attempts + 1, "next_at": now + max(pause, LEASE)}
    if not leases.claim(pending, delivery, now=now, ttl=LEASE, **put_off):
        return False
    status, error = _tell(delivery, now)
    is_fine = status is not None and 200 <= status < 300
    changes = {"status": status, "error": error, "next_at": now + pause, **leases.RELEASED}
    if is_fine:
        changes |= {"state": State.DELIVERED, "delivered_at": now}
    elif status == GONE or now + pause >= delivery.until:
        changes["state"] = State.GIVEN_UP
    try:
        leases.write(WebhookDelivery.objects.filter(state=State.PENDING), delivery, **changes)
    except leases.LeaseLost as lost:
        log.warning("%s", lost)
        return True
    if changes.get("state") == State.GIVEN_UP:
        _switch_off_where_hopeless(delivery, status, now)
    return True


def deliver_again(delivery: WebhookDelivery, *, now: datetime) -> None:
    """Tell it once more, whatever became of it; the receiver knows it by its number."""
    WebhookDelivery.objects.filter(pk=delivery.pk).update(
        state=State.PENDING, attempts=0, next_at=now, until=now + TRIED_FOR, error="", **leases.RELEASED
    )


def signature(secret: str, number: str, timestamp: str, body: bytes) -> str:
    """`v1,` and the HMAC-SHA256 of `number.timestamp.body` in base64, under the key that `whsec_` introduces."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{number}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def body_of(event: OrderEvent) -> bytes:
    """What happened, when, and to which order, as JSON; the same at each try."""
    told = {
        "type": event.kind,
        "timestamp": event.happened_at.isoformat(),
        "data": {"order": event.order.number} | event.data,
    }
    return json.dumps(told, ensure_ascii=False).encode()


def _tell(delivery: WebhookDelivery, now: datetime) -> tuple[int | None, str]:
    """The status of the answer, or why there was none."""
    body, number, timestamp = body_of(delivery.event), f"event_{delivery.event_id}", str(int(now.timestamp()))
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "hitotsu-webhooks",
        "webhook-id": number,
        "webhook-timestamp": timestamp,
        "webhook-signature": signature(delivery.endpoint.secret, number, timestamp, body),
    }
    with session(is_private_allowed=not settings.PRODUCTION) as calls:
        try:
            reply = calls.post(delivery.endpoint.url, data=body, headers=headers, allow_redirects=False, stream=True)
            return reply.status_code, "" if reply.ok else f"It answered {reply.status_code}"
        except (requests.RequestException, OSError, ValueError) as error:
            return None, f"{type(error).__name__}: {error}"[:1000]


@transaction.atomic
def _switch_off_where_hopeless(delivery: WebhookDelivery, status: int | None, now: datetime) -> None:
    """An endpoint that is gone, or took nothing for as long as anything is tried, is told nothing more."""
    taken = WebhookDelivery.objects.filter(endpoint=delivery.endpoint, delivered_at__gte=now - TRIED_FOR)
    if status != GONE and taken.exists():
        return
    why = f"It answered {GONE}: gone." if status == GONE else f"It took nothing for {TRIED_FOR.days} days."
    if WebhookEndpoint.objects.filter(pk=delivery.endpoint_id, is_active=True).update(
        is_active=False, disabled_because=f"{now:%Y-%m-%d %H:%M} {why} {delivery.error}"
    ):
        log.error("The outgoing webhook %s was switched off: %s %s", delivery.endpoint, why, delivery.error)
