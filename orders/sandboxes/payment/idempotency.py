"""Idempotency keys by Stripe's rules.

Source: https://docs.stripe.com/api/idempotent_requests. The first result under a key is stored, errors and 500
included, and replayed; other parameters under the key are refused; a request that runs at the same time under the
key is refused and nothing of it is stored; a request that fails validation before it is executed stores nothing.
A key is kept for 24 hours of the ledger's clock.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from orders.sandboxes.payment.errors import Refusal
from orders.sandboxes.payment.ledger import Book, Ledger

KEPT_S = 24 * 3600
LONGEST = 255


@dataclass(frozen=True, kw_only=True)
class Stored:
    """The first answer under a key."""

    status: int
    body: str
    request_id: str


def fingerprint(method: str, path: str, params: dict[str, Any]) -> str:
    told = json.dumps([method, path, params], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()


def claim(ledger: Ledger, key: str, *, fingerprint: str, request_id: str) -> Stored | None:
    """Take the key for this request (None), or return the stored answer to replay; else refuse.

    The claim is one INSERT in a transaction of its own, so that of two requests at once one alone gets it.
    """
    if len(key) > LONGEST:
        raise Refusal(f"Idempotency keys must be at most {LONGEST} characters long.", kind="idempotency_error")
    with ledger.write() as book:
        book.connection.execute("DELETE FROM idempotency_keys WHERE claimed_at <= ?", (book.now - KEPT_S,))
        taken = book.connection.execute(
            "INSERT OR IGNORE INTO idempotency_keys (key, fingerprint, claimed_at, request_id) VALUES (?, ?, ?, ?)",
            (key, fingerprint, book.now, request_id),
        )
        if taken.rowcount:
            return None
        row = book.connection.execute("SELECT * FROM idempotency_keys WHERE key = ?", (key,)).fetchone()
    return _earlier_answer(dict(row), key=key, fingerprint=fingerprint)


def _earlier_answer(row: dict[str, Any], *, key: str, fingerprint: str) -> Stored:
    if row["fingerprint"] != fingerprint:
        raise Refusal(
            "Keys for idempotent requests can only be used with the same address and parameters they were first used"
            f" with. Try using a key other than '{key}' if you meant to execute a different request.",
            kind="idempotency_error",
        )
    if row["status"] is None:
        raise Refusal(
            f"There is currently another in-progress request using the idempotency key '{key}'."
            " Try again in a moment, or use another key for another request.",
            status=409,
            kind="idempotency_error",
            code="idempotency_key_in_use",
        )
    return Stored(status=row["status"], body=row["body"], request_id=row["request_id"])


def store(book: Book, key: str, *, status: int, body: str) -> None:
    """Write the answer, in the very transaction of the work that it tells of."""
    book.connection.execute("UPDATE idempotency_keys SET status = ?, body = ? WHERE key = ?", (status, body, key))


def release(book: Book, key: str) -> None:
    """Give the key back: nothing was executed under it."""
    book.connection.execute("DELETE FROM idempotency_keys WHERE key = ? AND status IS NULL", (key,))


def release_all_unfinished(book: Book) -> int:
    """Free the keys of requests that died with an earlier process; their work never committed."""
    return book.connection.execute("DELETE FROM idempotency_keys WHERE status IS NULL").rowcount
