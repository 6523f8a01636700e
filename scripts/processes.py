"""One process of the stack: started in a group of its own, its words in a file, ended with its children."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from scripts.tether import ENDING

ROOT = Path(__file__).resolve().parent.parent
TETHER = Path(__file__).with_name("tether.py")


def tethered(command: str) -> list[str]:
    """The arguments that start a shell command which ends with this program."""
    return [sys.executable, "-I", "-S", str(TETHER), str(os.getpid()), command]


@contextmanager
def signals_held() -> Iterator[None]:
    """Signals that end this program wait until the block's end, so that no process is started and then not known."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def signal_group(leader: subprocess.Popen[Any], number: signal.Signals) -> None:
    """Signal a process and its children: the group outlives its leader while one of them runs."""
    with suppress(ProcessLookupError):
        os.killpg(leader.pid, number)


def end_group(leader: subprocess.Popen[Any], *, seconds: float = 3) -> None:
    """End a command that is no longer wanted and its children, gently and then for certain."""
    signal_group(leader, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        leader.wait(timeout=seconds)
    signal_group(leader, signal.SIGKILL)
    leader.wait()


class Process:
    """A line of the Procfile and, once started, the process behind it."""

    def __init__(self, name: str, command: str, *, log: Path) -> None:
        self.name = name
        self.command = command
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._read = self._begin = 0  # bytes of the log that were read, and that earlier processes had written

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def status(self) -> int | None:
        """The exit status of a process that has ended, else None."""
        return self._process.poll() if self._process else None

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self, env: Mapping[str, str]) -> None:
        """Start the command from the folder of the repository; what it prints is appended to the log."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._begin = self.log.stat().st_size if self.log.exists() else 0
        if self._process is None:
            self._read = self._begin  # what an earlier stack wrote is not shown again
        with self.log.open("ab") as log, signals_held():
            self._process = subprocess.Popen(
                tethered(self.command),
                cwd=ROOT,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def terminate(self) -> None:
        """Ask the process to end; it ends its own children."""
        if self.is_running():
            self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the process and all of its children at once, as a power cut does."""
        self._signal_group(signal.SIGKILL)
        if self._process:
            self._process.wait()

    def wait_until_ended(self, *, deadline: float) -> None:
        """Wait for a clean end until `deadline` (on the monotonic clock), then end the whole group."""
        while self.is_running() and time.monotonic() < deadline:
            time.sleep(0.05)
        self.kill()

    def new_output(self) -> list[str]:
        """The whole lines that were written since the last call."""
        text = self._written(self._read)
        complete = text[: text.rfind(b"\n") + 1]
        self._read += len(complete)
        return complete.decode(errors="replace").splitlines()

    def has_said(self, words: str) -> bool:
        """Whether the process that runs now has written these words."""
        return words.encode() in self._written(self._begin)

    def last_words(self, lines: int = 20) -> str:
        """The end of the log, for a person who must find out why it ended."""
        written = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return "\n".join(written[-lines:])

    def _written(self, since: int) -> bytes:
        if not self.log.exists():
            return b""
        with self.log.open("rb") as log:
            log.seek(since)
            return log.read()

    def _signal(self, number: signal.Signals) -> None:
        if self._process:
            self._process.send_signal(number)

    def _signal_group(self, number: signal.Signals) -> None:
        if self._process:
            signal_group(self._process, number)
