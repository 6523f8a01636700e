"""Events are written in the transaction of what they tell, with the deliveries that are owed for them."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from orders.sandboxes.payment.faults import webhook_fault
from orders.sandboxes.payment.identifiers import new_id

if TYPE_CHECKING:
    from orders.sandboxes.payment.ledger import Book


class Outbox:
    """Writes events; ``delivers`` is False where no webhook address was given."""

    def __init__(self, book: Book, *, delivers: bool, api_version: str) -> None:
        self.book = book
        self.delivers = delivers
        self.api_version = api_version

    def tell(self, kind: str, record: dict[str, Any], *, previous: dict[str, Any] | None = None) -> dict[str, Any]:
        """Write the event ``kind`` (``charge.succeeded``) with the object as it stands now."""
        told = {"object": copy.deepcopy(record)}
        event = {
            "id": new_id("evt"),
            "object": "event",
            "api_version": self.api_version,
            "created": self.book.second,
            "data": told if previous is None else told | {"previous_attributes": previous},
            "livemode": False,
            "pending_webhooks": 1 if self.delivers else 0,
            "request": dict(self.book.request),
            "type": kind,
        }
        self.book.add(event)
        if self.delivers:
            self._owe(event)
        return event

    def _owe(self, event: dict[str, Any]) -> None:
        fault = webhook_fault(self.book, event["type"])
        if fault is not None and fault.kind == "webhooks_off":
            return
        delay = fault.seconds if fault is not None and fault.kind == "webhooks_delayed" else 0.0
        copies = 2 if fault is not None and fault.kind == "webhooks_duplicated" else 1
        for _ in range(copies):
            self.owe_once(event["id"], delay=delay)

    def owe_once(self, event: str, *, delay: float = 0.0) -> None:
        due = self.book.now + delay
        self.book.connection.execute(
            "INSERT INTO deliveries (event, state, first_due_at, due_at) VALUES (?, 'waiting', ?, ?)", (event, due, due)
        )
