"""Signed webhooks that survive a restart: written with the shipment, sent until the other side answers 2xx."""

import asyncio
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import requests

from orders.sandboxes.faults import Faults
from orders.sandboxes.ledger import Ledger, Row, stamp, utc_now

SIGNATURE_HEADER = "Warehouse-Signature"
BACK_OFF = (1, 2, 5, 10, 30, 60, 300)  # seconds before each next try; the last goes on for ever
TIMEOUT = (3.05, 10)  # seconds to connect, seconds between bytes


def signature(secret: str, body: bytes, *, timestamp: int) -> str:
    """The header's value: `t=<unix time>,v1=<hex HMAC-SHA256 of "<t>.<body>">`.

    The time is signed too, so that a receiver can refuse a replay from long ago.
    """
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


class Outbox:
    """The events still owed to the other side, in the order in which they came to be."""

    def __init__(self, ledger: Ledger, faults: Faults, *, url: str, secret: str, scale: float = 1.0) -> None:
        """`scale` stretches or shrinks the back-off; without a `url` events are kept and not sent."""
        self.url = url
        self._ledger = ledger
        self._faults = faults
        self._secret = secret
        self._scale = scale
        self._woken = asyncio.Event()
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy of the machine has nothing to do with a stand-in

    def add(self, kind: str, content: Mapping[str, Any], *, instruction_id: str, now: datetime) -> str:
        """Write an event into the caller's transaction; it is sent after `wake`."""
        event_id = f"evt_{secrets.token_hex(8)}"
        body = {"id": event_id, "type": kind, "created": int(now.timestamp()), "data": content}
        self._ledger.insert(
            "events",
            id=event_id,
            body=json.dumps(body, ensure_ascii=False),
            instruction_id=instruction_id,
            created_at=stamp(now),
            due=now.timestamp(),
        )
        return event_id

    def resend(self, event_id: str) -> bool:
        """Send an event again now, delivered or not; False where there is none."""
        known = self._ledger.write("UPDATE events SET due = ? WHERE id = ?", time.time(), event_id).rowcount == 1
        self.wake()
        return known

    def wake(self) -> None:
        self._woken.set()

    async def run(self) -> None:
        """Deliver what is due, for as long as the process lives."""
        while True:
            self._woken.clear()
            event = self._next_due() if self.url else None
            if event:
                await self._deliver(event)
            else:
                await self._rest()

    def _next_due(self) -> Row | None:
        return self._ledger.row("SELECT * FROM events WHERE due <= ? ORDER BY due, sequence LIMIT 1", time.time())

    async def _rest(self) -> None:
        due = self._ledger.value("SELECT min(due) FROM events") if self.url else None
        try:
            await asyncio.wait_for(self._woken.wait(), None if due is None else max(0.0, due - time.time()))
        except TimeoutError:
            return

    async def _deliver(self, event: Row) -> None:
        if self._faults.take({"webhook_off"}):
            self._record(event, None, "not sent: webhook_off fault")
            return
        copies = 2 if self._faults.take({"duplicate"}) else 1
        for _ in range(copies):
            status, outcome = await asyncio.to_thread(self._post, event["body"].encode())
            self._record(event, status, outcome)

    def _post(self, body: bytes) -> tuple[int | None, str]:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "warehouse-sandbox",
            SIGNATURE_HEADER: signature(self._secret, body, timestamp=int(time.time())),
        }
        try:
            response = self._session.post(self.url, body, headers=headers, timeout=TIMEOUT, allow_redirects=False)
        except requests.RequestException as error:
            return None, f"no answer: {type(error).__name__}"
        return response.status_code, f"answered {response.status_code} {response.reason}"

    def _record(self, event: Row, status: int | None, outcome: str) -> None:
        now = utc_now()
        delivered = status is not None and 200 <= status < 300
        pause = BACK_OFF[min(event["attempts"], len(BACK_OFF) - 1)] * self._scale
        with self._ledger.transaction():
            self._ledger.insert("deliveries", event_id=event["id"], sent_at=stamp(now), status=status, outcome=outcome)
            self._ledger.write(
                "UPDATE events SET attempts = attempts + 1, due = ?, delivered_at = coalesce(delivered_at, ?)"
                " WHERE id = ?",
                None if delivered else now.timestamp() + pause,
                stamp(now) if delivered else None,
                event["id"],
            )

    def listed(self, *, limit: int = -1, offset: int = 0) -> list[Row]:
        """Events, newest first, each with every attempt to deliver it."""
        events = self._ledger.rows("SELECT * FROM events ORDER BY sequence DESC LIMIT ? OFFSET ?", limit, offset)
        for event in events:
            event["body"] = json.loads(event["body"])
            event["deliveries"] = self._ledger.rows(
                "SELECT sent_at, status, outcome FROM deliveries WHERE event_id = ? ORDER BY id", event["id"]
            )
        return events
