"""Delivers events from the ledger in the background: signed, retried for three days, kept over a restart.

Several are sent at once, so their order is not guaranteed, and one that was cut off is sent again.
"""

import json
import logging
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import requests

from orders.sandboxes.payment.flows.checkout import expire_overdue
from orders.sandboxes.payment.ledger import Book, Ledger
from orders.sandboxes.payment.options import Options
from orders.sandboxes.payment.webhooks.signature import signed

logger = logging.getLogger("payment_sandbox")

FIRST_RETRY_S = 5.0
FACTOR = 5.0
LONGEST_WAIT_S = 12 * 3600.0
GIVE_UP_AFTER_S = 3 * 24 * 3600.0
TIMEOUT_S = 20.0
AT_ONCE = 4
IDLE_S = 1.0


def wait_before(attempt: int) -> float:
    """Return the seconds to wait after the failed attempt of that number (1 is the first), at Stripe's own pace."""
    return min(FIRST_RETRY_S * FACTOR ** (attempt - 1), LONGEST_WAIT_S)


class Deliverer:
    """A thread that finds what is due and a small pool that sends it."""

    def __init__(self, ledger: Ledger, house: Options) -> None:
        self.ledger = ledger
        self.house = house
        self._wake = threading.Event()
        self._stopping = False
        self._pool = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="deliver")
        self._thread = threading.Thread(target=self._run, name="deliveries", daemon=True)

    def start(self) -> None:
        with self.ledger.write() as book:
            # A process that died while sending does not know whether it arrived, so it is sent again.
            book.connection.execute("UPDATE deliveries SET state = 'waiting' WHERE state = 'sending'")
        self._thread.start()

    def wake(self) -> None:
        self._wake.set()

    def stop(self) -> None:
        self._stopping = True
        self._wake.set()
        self._thread.join(timeout=5)
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _run(self) -> None:
        while not self._stopping:
            try:
                pause = self._round()
            except Exception:
                logger.exception("a round of deliveries failed; trying again")
                pause = IDLE_S
            self._wake.wait(timeout=pause)
            self._wake.clear()

    def _round(self) -> float:
        """Expire overdue sessions, send what is due, and return the seconds until there may be more."""
        with self.ledger.write() as book:
            expire_overdue(book)
            due = self._take_due(book) if self.house.webhook_url else []
            pause = _pause(book)
        for row in due:
            self._pool.submit(self._deliver, row)
        return 0.0 if due else pause

    def _take_due(self, book: Book) -> list[sqlite3.Row]:
        rows = book.connection.execute(
            "SELECT * FROM deliveries WHERE state = 'waiting' AND due_at <= ? ORDER BY due_at LIMIT ?",
            (book.now, AT_ONCE * 4),
        ).fetchall()
        for row in rows:
            book.connection.execute("UPDATE deliveries SET state = 'sending' WHERE number = ?", (row["number"],))
        return rows

    def _deliver(self, row: sqlite3.Row) -> None:
        with self.ledger.read() as book:
            event = book.find("event", row["event"])
        assert event is not None, "a delivery is written together with its event"
        problem, result = self._send(json.dumps(event, indent=2, ensure_ascii=False))
        try:
            with self.ledger.write() as book:
                self._note(book, row, problem=problem, result=result)
        except sqlite3.ProgrammingError:
            logger.warning("the sandbox stopped while %s was on its way; it is sent again", row["event"])
        self.wake()

    def _send(self, payload: str) -> tuple[bool, str]:
        """Post the event once; return whether that failed, and the answer in words."""
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signed(payload, self.house.webhook_secret, at=int(time.time())),
            "User-Agent": "Stripe/1.0 (payment sandbox)",
        }
        try:
            answer = requests.post(
                self.house.webhook_url,
                data=payload.encode(),
                headers=headers,
                timeout=TIMEOUT_S,
                allow_redirects=False,
                proxies={"http": "", "https": ""},
            )
        except requests.RequestException as error:
            return True, type(error).__name__
        return not 200 <= answer.status_code < 300, str(answer.status_code)

    def _note(self, book: Book, row: sqlite3.Row, *, problem: bool, result: str) -> None:
        attempts = row["attempts"] + 1
        wait = wait_before(attempts) * self.house.clock_scale
        limit = row["first_due_at"] + GIVE_UP_AFTER_S * self.house.clock_scale
        if not problem:
            state = "delivered"
            self._lower_pending(book, row["event"])
        else:
            state = "abandoned" if book.now + wait > limit else "waiting"
        book.connection.execute(
            "UPDATE deliveries SET state = ?, attempts = ?, due_at = ?, last_result = ? WHERE number = ?",
            (state, attempts, book.now + wait, result, row["number"]),
        )

    def _lower_pending(self, book: Book, identifier: str) -> None:
        event = book.find("event", identifier)
        if event is not None and event["pending_webhooks"]:
            book.save(event | {"pending_webhooks": 0})


def _pause(book: Book) -> float:
    row = book.connection.execute("SELECT MIN(due_at) AS due FROM deliveries WHERE state = 'waiting'").fetchone()
    return IDLE_S if row["due"] is None else min(max(row["due"] - book.now, 0.005), IDLE_S)
