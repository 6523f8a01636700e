"""Shipping by itself, for a demo without a person in the warehouse."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

from orders.sandboxes.ledger import Ledger, Row, stamp, utc_now
from orders.sandboxes.warehouse.instructions import found, remaining, ship
from orders.sandboxes.warehouse.webhooks import Outbox


async def run(ledger: Ledger, outbox: Outbox, *, seconds: float) -> None:
    """Ship each instruction in two parts: one `seconds` after it came, the rest `seconds` later."""
    while True:
        ship_due(ledger, outbox, seconds=seconds, now=utc_now())
        await asyncio.sleep(min(1.0, max(0.05, seconds / 4)))


def ship_due(ledger: Ledger, outbox: Outbox, *, seconds: float, now: datetime) -> None:
    quiet_since = stamp(now - timedelta(seconds=seconds))
    due = ledger.rows(
        "SELECT id FROM instructions WHERE state IN ('accepted', 'partially_shipped') AND changed_at <= ?"
        " ORDER BY rowid",
        quiet_since,
    )
    for row in due:
        instruction = found(ledger, row["id"])
        lines = first_part(instruction) if instruction["state"] == "accepted" else remaining(instruction)
        ship(ledger, outbox, row["id"], {"lines": lines}, now=now)


def first_part(instruction: Row) -> list[dict[str, Any]]:
    """Half of all pieces, rounded up, taken line by line."""
    lines = remaining(instruction)
    wanted = (sum(line["quantity"] for line in lines) + 1) // 2
    part = []
    for line in lines:
        taken = min(line["quantity"], wanted)
        wanted -= taken
        if taken:
            part.append({"line_reference": line["line_reference"], "quantity": taken})
    return part
