"""A folder with a database of its own, in which commands and a server run as processes, as beside `make run`."""

import contextlib
import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings

DEADLINE_S = 90


class Station:
    """A folder with a migrated database, in which commands run as they do beside `make run`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        left_out = ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "MEDIA_ROOT", "RUN_ENV_FILE")
        kept = {name: value for name, value in os.environ.items() if name not in left_out}
        self.env = kept | {"VAR_DIR": str(folder), "REDIS_URL": "redis://127.0.0.1:1/0", "LOG_LEVEL": "ERROR"}

    def start(self, *arguments: object) -> "subprocess.Popen[str]":
        command = [sys.executable, "manage.py", *map(str, arguments)]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, cwd=settings.BASE_DIR, env=self.env, stdout=pipe, stderr=pipe, text=True)

    def ingest(self, file: object, slug: str) -> tuple[int, str, str]:
        process = self.start("ingest", file, "--title", slug)
        out, err = process.communicate(timeout=DEADLINE_S)
        return process.returncode, out, err

    def run(self, program: str) -> str:
        """Run a program inside the station's Django and return what it printed last."""
        process = self.start("shell", "-v0", "-c", program)
        out, err = process.communicate(timeout=DEADLINE_S)
        assert process.returncode == 0, err
        return out.strip().splitlines()[-1] if out.strip() else ""

    @contextlib.contextmanager
    def serve(self, **env: str) -> Iterator[str]:
        """The web server on a free port; its address."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [sys.executable, "-m", "uvicorn", "config.asgi:application", "--port", str(port)]
        log = (self.folder / "web.log").open("wb")
        process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=self.env | env, stdout=log, stderr=log)
        try:
            until(lambda: answers(port), "the web server answers")
            yield f"http://localhost:{port}"
        finally:
            process.terminate()
            process.wait(DEADLINE_S)
            log.close()

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with contextlib.closing(sqlite3.connect(self.folder / "db.sqlite3", timeout=30)) as database:
            found = database.execute(query).fetchall()
            database.commit()
            return found

    def files(self, area: str = "") -> list[Path]:
        return [path for path in (self.folder / area).rglob("*") if path.is_file() and "sqlite" not in path.name]


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def until(happened: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not happened():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.05)
