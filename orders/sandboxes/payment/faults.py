"""Faults that a test asks for: the next requests, or the next events, go wrong in a chosen way."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from orders.sandboxes.payment.errors import Refusal

if TYPE_CHECKING:
    from orders.sandboxes.payment.ledger import Book

REQUEST_FAULTS = ("500", "429", "hang", "drop")
WEBHOOK_FAULTS = ("webhooks_off", "webhooks_duplicated", "webhooks_delayed")
FIELDS = {"kind", "next", "seconds", "when", "method", "path", "event_type"}
MOMENTS = ("before", "after")


@dataclass(frozen=True, kw_only=True)
class Fault:
    """``seconds`` is the length of a hang or a delay, or the Retry-After of a 429.

    ``after_work``: the work is done and committed before the fault shows, which is what a ``drop`` does unless told
    otherwise.
    """

    kind: str
    seconds: float
    after_work: bool


def plan(book: Book, asked: dict[str, Any]) -> dict[str, Any]:
    """Write a fault from ``{kind, next = 1, seconds = 1, when, method = any, path = "*", event_type = "*"}``.

    ``next`` is how many requests or events meet it, null until it is cleared; ``path`` and ``event_type`` may be
    patterns (``/v1/payment_intents/*/confirm``, ``charge.*``). Returns the fault as stored.
    """
    _check(asked)
    when = asked.get("when", "after" if asked["kind"] == "drop" else "before")
    cursor = book.connection.execute(
        "INSERT INTO faults (kind, method, path, event_type, seconds, after_work, left) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            asked["kind"],
            asked.get("method"),
            asked.get("path", "*"),
            asked.get("event_type", "*"),
            float(asked.get("seconds", 1)),
            when == "after",
            asked.get("next", 1),
        ),
    )
    return _row(book.connection.execute("SELECT * FROM faults WHERE number = ?", (cursor.lastrowid,)).fetchone())


def _check(asked: dict[str, Any]) -> None:
    if unknown := set(asked) - FIELDS:
        raise Refusal(f"Unknown field {min(unknown)}; a fault has {', '.join(sorted(FIELDS))}.", param=min(unknown))
    if asked.get("kind") not in (known := REQUEST_FAULTS + WEBHOOK_FAULTS):
        raise Refusal(f"kind must be one of {', '.join(known)}.", param="kind")
    if asked.get("when", "before") not in MOMENTS:
        raise Refusal("when must be before or after.", param="when")
    times, seconds = asked.get("next", 1), asked.get("seconds", 1)
    if times is not None and (not isinstance(times, int) or times < 1):
        raise Refusal("next must be a whole number above 0, or null for until cleared.", param="next")
    if not isinstance(seconds, int | float) or seconds < 0:
        raise Refusal("seconds must be a number, 0 or above.", param="seconds")


def planned(book: Book) -> list[dict[str, Any]]:
    return [_row(row) for row in book.connection.execute("SELECT * FROM faults ORDER BY number")]


def clear(book: Book) -> None:
    book.connection.execute("DELETE FROM faults")


def request_fault(book: Book, method: str, path: str) -> Fault | None:
    """Take the oldest fault that this request meets."""
    for row in _live(book, REQUEST_FAULTS):
        if row["method"] in (None, method) and fnmatchcase(path, row["path"]):
            return _take(book, row)
    return None


def any_planned(book: Book) -> bool:
    return book.connection.execute("SELECT 1 FROM faults WHERE left IS NULL OR left > 0").fetchone() is not None


def webhook_fault(book: Book, event_type: str) -> Fault | None:
    """Take the first fault that hits an event of this type."""
    for row in _live(book, WEBHOOK_FAULTS):
        if fnmatchcase(event_type, row["event_type"]):
            return _take(book, row)
    return None


def _live(book: Book, kinds: tuple[str, ...]) -> list[sqlite3.Row]:
    marks = ", ".join("?" * len(kinds))
    return book.connection.execute(
        f"SELECT * FROM faults WHERE kind IN ({marks}) AND (left IS NULL OR left > 0) ORDER BY number",  # noqa: S608
        kinds,
    ).fetchall()


def _take(book: Book, row: sqlite3.Row) -> Fault:
    book.connection.execute("UPDATE faults SET left = left - 1, used = used + 1 WHERE number = ?", (row["number"],))
    return Fault(kind=row["kind"], seconds=row["seconds"], after_work=bool(row["after_work"]))


def _row(row: sqlite3.Row) -> dict[str, Any]:
    told = {name: row[name] for name in ("kind", "method", "path", "event_type", "seconds", "used")}
    return told | {"when": MOMENTS[row["after_work"]], "remaining": row["left"]}
