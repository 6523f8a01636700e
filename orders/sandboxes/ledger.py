"""The receiver's own book: one SQLite file per stand-in, which survives a killed process."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

JST = timezone(timedelta(hours=9), "JST")

Row = dict[str, Any]


class Ledger:
    """A SQLite file written on the event loop of one process, so that no two writes of that process interleave."""

    def __init__(self, path: Path, *, schema: Path) -> None:
        """Open the file, make its tables where they are missing.

        Raises OSError or sqlite3.Error where the file cannot be used.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._connection = sqlite3.connect(path, isolation_level=None, timeout=10)
        self._connection.row_factory = sqlite3.Row
        # FULL: what was answered with success must still be in the book after the power failed.
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.executescript(schema.read_text())

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit all writes of the block together, or none of them."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def write(self, sql: str, *parameters: object) -> sqlite3.Cursor:
        return self._connection.execute(sql, parameters)

    def insert(self, table: str, /, **values: object) -> int:
        """Add a row and give its rowid. Table and columns are names in our code, never a stranger's text."""
        columns, marks = ", ".join(values), ", ".join("?" * len(values))
        added = self.write(f"INSERT INTO {table} ({columns}) VALUES ({marks})", *values.values())  # noqa: S608
        assert added.lastrowid is not None
        return added.lastrowid

    def rows(self, sql: str, *parameters: object) -> list[Row]:
        return [dict(row) for row in self._connection.execute(sql, parameters)]

    def row(self, sql: str, *parameters: object) -> Row | None:
        found = self._connection.execute(sql, parameters).fetchone()
        return dict(found) if found else None

    def value(self, sql: str, *parameters: object) -> Any:
        """The first column of the first row; the query must have one."""
        return self._connection.execute(sql, parameters).fetchone()[0]

    def close(self) -> None:
        self._connection.close()


def utc_now() -> datetime:
    return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """A moment as the ledgers and the APIs write it: ISO 8601 in UTC with milliseconds and a Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def shown(text: str | None) -> str:
    """A stamp as the pages show it, in Japanese time; nothing for a moment that has not come."""
    return datetime.fromisoformat(text).astimezone(JST).strftime("%Y-%m-%d %H:%M:%S") if text else ""


def like(fragment: str) -> str:
    """A pattern for `LIKE … ESCAPE '\\'` that finds the fragment anywhere, its own % and _ taken literally."""
    escaped = fragment.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
