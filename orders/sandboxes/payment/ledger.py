"""The sandbox's own ledger: one SQLite file, one writer at a time, kept over restarts and kills.

Every object that the API answers is one row with its JSON. What the API must not show (which test card stands
behind a payment method) is in ``private``. All writes of one request commit together with its stored answer.
"""

import fcntl
import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from orders.sandboxes.payment.errors import Refusal
from orders.sandboxes.payment.webhooks.outbox import Outbox

SCHEMA = Path(__file__).with_name("schema.sql")
INDEXED = ("customer", "payment_intent", "charge", "email", "status", "type")

Record = dict[str, Any]


class LedgerInUse(Exception):
    """Another payment sandbox already serves this ledger. Stop it, or give another --ledger."""


class Book:
    """One open transaction on the ledger, at one moment of the ledger's clock (``now``, seconds since 1970)."""

    def __init__(self, connection: sqlite3.Connection, *, webhooks: bool, api_version: str) -> None:
        self.connection = connection
        self.now = time.time() + self.setting("clock_ahead_s")
        self.request: Record = {"id": None, "idempotency_key": None}
        self.outbox = Outbox(self, delivers=webhooks, api_version=api_version)

    @property
    def second(self) -> int:
        return int(self.now)

    def setting(self, name: str) -> float:
        row = self.connection.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return float(row["value"]) if row else 0.0

    def set_setting(self, name: str, value: float) -> None:
        self.connection.execute("INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)", (name, value))

    def add(self, record: Record, **private: Any) -> Record:
        """Write a new object."""
        columns = [record["id"], record["object"], record["created"], *self._indexed(record)]
        self.connection.execute(
            # Only names of columns from this module are written into the text of a query.
            f"INSERT INTO objects (id, kind, created, {', '.join(INDEXED)}, body, private)"  # noqa: S608
            f" VALUES ({', '.join('?' * (len(columns) + 2))})",
            [*columns, json.dumps(record), json.dumps(private)],
        )
        return record

    def save(self, record: Record) -> Record:
        """Write an object that is already in the ledger, as it now stands."""
        changes = ", ".join(f"{column} = ?" for column in INDEXED)
        self.connection.execute(
            f"UPDATE objects SET {changes}, body = ? WHERE id = ?",  # noqa: S608
            [*self._indexed(record), json.dumps(record), record["id"]],
        )
        return record

    def find(self, kind: str, identifier: str) -> Record | None:
        row = self.connection.execute(
            "SELECT body FROM objects WHERE id = ? AND kind = ?", (identifier, kind)
        ).fetchone()
        return json.loads(row["body"]) if row else None

    def private(self, identifier: str) -> Record:
        row = self.connection.execute("SELECT private FROM objects WHERE id = ?", (identifier,)).fetchone()
        return json.loads(row["private"]) if row else {}

    def set_private(self, identifier: str, **values: Any) -> None:
        merged = json.dumps(self.private(identifier) | values)
        self.connection.execute("UPDATE objects SET private = ? WHERE id = ?", (merged, identifier))

    def every(self, kind: str, **where: Any) -> list[Record]:
        """Return all objects of a kind, newest first."""
        return self.page(kind, where=[(f"{column} = ?", value) for column, value in where.items()], limit=-1)

    def page(self, kind: str, *, where: list[tuple[str, Any]], limit: int, oldest_first: bool = False) -> list[Record]:
        conditions = " AND ".join(["kind = ?", *(condition for condition, _ in where)])
        direction = "ASC" if oldest_first else "DESC"
        rows = self.connection.execute(
            f"SELECT body FROM objects WHERE {conditions} ORDER BY number {direction} LIMIT ?",  # noqa: S608
            [kind, *(value for _, value in where), limit],
        )
        return [json.loads(row["body"]) for row in rows]

    def number_of(self, kind: str, identifier: str) -> int | None:
        """Return the place of an object in the order of creation."""
        row = self.connection.execute(
            "SELECT number FROM objects WHERE id = ? AND kind = ?", (identifier, kind)
        ).fetchone()
        return row["number"] if row else None

    @staticmethod
    def _indexed(record: Record) -> list[Any]:
        return [value if isinstance(value := record.get(column), str) else None for column in INDEXED]


class Ledger:
    """The file. ``write`` lets one thread in at a time; ``read`` sees the last committed state."""

    def __init__(self, path: Path, *, webhooks: bool, api_version: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._webhooks = webhooks
        self._api_version = api_version
        self._lock_file = self._claim()
        self._writer = threading.Lock()
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._connection().executescript(SCHEMA.read_text())

    def _claim(self) -> Any:
        lock_file = self.path.with_name(f"{self.path.name}.lock").open("w")
        try:
            fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock_file.close()
            raise LedgerInUse(f"{self.path} is served by another payment sandbox") from None
        return lock_file

    def _connection(self) -> sqlite3.Connection:
        known: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if known is None:
            connection = sqlite3.connect(self.path, isolation_level=None, timeout=30, check_same_thread=False)
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            self._local.connection = known = connection
            self._connections.append(connection)
        return known

    def _book(self, connection: sqlite3.Connection) -> Book:
        return Book(connection, webhooks=self._webhooks, api_version=self._api_version)

    @contextmanager
    def write(self) -> Iterator[Book]:
        """Open a write transaction; it commits at the end, also after a Refusal that keeps its work."""
        with self._writer:
            connection = self._connection()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._book(connection)
            except Refusal as refusal:
                connection.execute("COMMIT" if refusal.keeps_work else "ROLLBACK")
                raise
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    @contextmanager
    def read(self) -> Iterator[Book]:
        connection = self._connection()
        connection.execute("BEGIN DEFERRED")
        try:
            yield self._book(connection)
        finally:
            connection.execute("ROLLBACK")

    def close(self) -> None:
        for connection in self._connections:
            connection.close()
        self._lock_file.close()
