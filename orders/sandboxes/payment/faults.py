"""Faults that a test asks for: the next requests, or the next events, go wrong in a chosen way."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from orders.sandboxes.payment.errors import Refusal

if TYPE_CHECKING:
    from orders.sandboxes.payment.ledger import Book

REQUEST_FAULTS = ("error_500", "rate_limit", "hang", "drop")
WEBHOOK_FAULTS = ("webhooks_off", "webhooks_duplicated", "webhooks_delayed")
FIELDS = {"kind", "method", "path", "event_type", "seconds", "after_work", "times"}


@dataclass(frozen=True, kw_only=True)
class Fault:
    """``seconds`` is the length of a hang or delay, or the Retry-After of a rate limit.

    ``after_work``: the work is done and committed before the fault shows. A ``drop`` always is.
    """

    number: int
    kind: str
    seconds: float
    after_work: bool


def plan(book: Book, wanted: dict[str, Any]) -> dict[str, Any]:
    """Write one fault from its JSON and return it as stored; ``times`` absent or null means until cleared."""
    _check(wanted)
    cursor = book.connection.execute(
        "INSERT INTO faults (kind, method, path, event_type, seconds, after_work, left) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            wanted["kind"],
            wanted.get("method"),
            wanted.get("path", "*"),
            wanted.get("event_type", "*"),
            float(wanted.get("seconds", 1)),
            bool(wanted.get("after_work", False)) or wanted["kind"] == "drop",
            wanted.get("times"),
        ),
    )
    return _row(book.connection.execute("SELECT * FROM faults WHERE number = ?", (cursor.lastrowid,)).fetchone())


def _check(wanted: dict[str, Any]) -> None:
    if unknown := set(wanted) - FIELDS:
        raise Refusal(f"Unknown field {sorted(unknown)[0]}; a fault has {', '.join(sorted(FIELDS))}.")
    if wanted.get("kind") not in (known := REQUEST_FAULTS + WEBHOOK_FAULTS):
        raise Refusal(f"kind must be one of {', '.join(known)}.", param="kind")
    times, seconds = wanted.get("times"), wanted.get("seconds", 1)
    if times is not None and (not isinstance(times, int) or times < 1):
        raise Refusal("times must be a whole number above 0, or null for until cleared.", param="times")
    if not isinstance(seconds, int | float) or seconds < 0:
        raise Refusal("seconds must be a number, 0 or above.", param="seconds")


def planned(book: Book) -> list[dict[str, Any]]:
    return [_row(row) for row in book.connection.execute("SELECT * FROM faults ORDER BY number")]


def clear(book: Book) -> None:
    book.connection.execute("DELETE FROM faults")


def request_faults(book: Book, method: str, path: str) -> list[Fault]:
    """Take the faults that hit this request: each is used up once."""
    rows = _live(book, REQUEST_FAULTS)
    return [
        _take(book, row)
        for row in rows
        if row["method"] in (None, method) and fnmatchcase(path, row["path"])
    ]  # fmt: skip


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
    return Fault(number=row["number"], kind=row["kind"], seconds=row["seconds"], after_work=bool(row["after_work"]))


def _row(row: sqlite3.Row) -> dict[str, Any]:
    stored = dict(row)
    return stored | {"times_left": stored.pop("left"), "after_work": bool(stored["after_work"])}
