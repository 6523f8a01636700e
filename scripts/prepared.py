"""Whether a start may leave migrations and the demo out, because nothing has changed since they last ran to their end.

The mark lies beside the SQLite file, and is believed only while three things hold: the code that makes tables and demo
is the same, the database is still there, and it answers the demo's own questions (`cms/demo/mark.py`) as it did then.
Everything else, another kind of database among it, means that they run; running them once too often changes nothing.
"""

import hashlib
import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
# What the tables and the demo are made of; the lock stands for the migrations of packages.
SOURCES = ("*/migrations/*.py", "cms/demo/**/*.py", "cms/management/commands/demo.py", "requirements.txt")


def mark_of(database: Path) -> Path:
    return database.with_name(f"{database.name}.prepared.json")


def fingerprint(root: Path = ROOT) -> str:
    """A digest of every file in SOURCES, its name and content, and of the Python that reads them."""
    digest = hashlib.sha256(repr(sys.version_info[:3]).encode())
    for path in sorted({path for pattern in SOURCES for path in root.glob(pattern)}):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root)} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def holds(database: Path, *, made_by: str) -> bool:
    """Whether the database is as it was when code of this fingerprint had prepared it; any doubt is a no."""
    try:
        mark = json.loads(mark_of(database).read_text())
        return bool(mark["made_by"] == made_by and mark["answers"] == _answers(database, mark["questions"]))
    except (OSError, ValueError, LookupError, TypeError, sqlite3.Error):
        return False


def keep(database: Path, *, made_by: str, questions: Path) -> None:
    """Set the mark: tables and demo were made, by code of this fingerprint, which left its questions in that file."""
    asked = json.loads(questions.read_text())
    mark = {"made_by": made_by, "questions": asked, "answers": _answers(database, asked)}
    path = mark_of(database)
    beside = path.with_name(f"{path.name}.new")
    beside.write_text(json.dumps(mark))
    beside.replace(path)


def forget(database: Path) -> None:
    mark_of(database).unlink(missing_ok=True)


def _answers(database: Path, questions: list[Any]) -> list[Any]:
    """The rows of every question, as JSON would give them back. Raises sqlite3.Error, OSError."""
    with closing(sqlite3.connect(f"{database.resolve(strict=True).as_uri()}?mode=ro", uri=True)) as connection:
        return [[list(row) for row in connection.execute(sql, parameters)] for sql, parameters in questions]
