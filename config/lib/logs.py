"""Log lines that say what they are about: the order, the stage, the attempt, the request.

What is bound around a piece of work is written with every line that comes out of it, whoever logs it. Production writes
one JSON object a line, for machines; development a line for people, with the same at its end.
"""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

_bound: ContextVar[dict[str, Any]] = ContextVar("bound_to_log_lines", default={})  # noqa: B039 - never changed


@contextmanager
def about(**fields: Any) -> Iterator[None]:
    """Lines that are logged within the block carry these fields; empty ones are left out."""
    token = _bound.set(_bound.get() | {name: value for name, value in fields.items() if value not in ("", None)})
    try:
        yield
    finally:
        _bound.reset(token)


def from_here_on(**fields: Any) -> None:
    """Lines of this thread or asynchronous task carry these fields, and no others, until it says otherwise."""
    _bound.set(fields)


class Bound(logging.Filter):
    """Gives each record what is bound around it, in the thread that logs it."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.bound = _bound.get()
        return True


class Line(logging.Formatter):
    """A line for people, with what it is about at its end."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name is logging's
        bound: dict[str, Any] = getattr(record, "bound", {})
        told = " ".join(f"{name}={value}" for name, value in bound.items())
        return super().formatMessage(record) + (f" [{told}]" if told else "")


class Json(logging.Formatter):
    """One JSON object a line: `time` (ISO 8601, UTC), `level`, `logger`, `message`, what is bound, and `error`."""

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        told |= getattr(record, "bound", {})
        if record.exc_info:
            told["error"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False, default=str)
