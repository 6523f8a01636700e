"""Run one ffmpeg process: read its progress, notice a stall, kill it with all it started."""

import os
import selectors
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from vod.transcoding import leash
from vod.transcoding.base import OnProgress, ShouldStop, TranscodeFailed, TranscodeStopped

_TICK_S = 0.25
_TAIL_LINES = 40
_CHUNK = 65536

# What ffmpeg writes when the same master will fail again, and when the machine is to blame.
_PERMANENT_SIGNS = ("Invalid data found", "moov atom not found", "matches no streams", "not currently supported")
_FULL_SIGNS = ("No space left on device", "Disk quota exceeded")


class Progress:
    """Percent from ffmpeg's `-progress` lines: 0 to 100, never falling, below 100 until the end is confirmed."""

    def __init__(self, *, duration_s: float, offset_s: float, report: OnProgress) -> None:
        self._duration_s = duration_s
        self._offset_s = offset_s
        self._report = report
        self._percent = -1.0
        self.changed_at = time.monotonic()

    def begin(self) -> None:
        self._advance(0.0)

    def line(self, line: str) -> None:
        """Take one `key=value` line; only the output's time matters."""
        key, _, value = line.partition("=")
        if key == "out_time_us" and value.lstrip("-").isdigit():
            self._advance((int(value) / 1_000_000 - self._offset_s) / self._duration_s * 100)

    def finish(self) -> None:
        self._percent = 100.0
        self._report(100.0)

    def _advance(self, percent: float) -> None:
        percent = round(min(99.9, max(0.0, percent)), 1)
        if percent > self._percent:
            self._percent = percent
            self.changed_at = time.monotonic()
            self._report(percent)


def run(argv: Sequence[str], *, cwd: Path, progress: Progress, should_stop: ShouldStop, stall_after_s: float) -> None:
    """Run ffmpeg to its end in `cwd`; raise TranscodeFailed or TranscodeStopped. It never outlives this call."""
    log: deque[str] = deque(maxlen=_TAIL_LINES)
    with _started(argv, cwd) as process:
        progress.begin()
        for name, line in _lines(process):
            if name == "progress":
                progress.line(line)
            elif name == "log":
                log.append(line)
            elif should_stop():
                raise TranscodeStopped("The encoding was stopped on request.")
            elif time.monotonic() - progress.changed_at > stall_after_s:
                raise _stalled(stall_after_s, log)
        code = process.wait()
    if code != 0:
        raise _failure(code, "\n".join(log))
    progress.finish()


@contextmanager
def _started(argv: Sequence[str], cwd: Path) -> Iterator[subprocess.Popen[bytes]]:
    leashed = [sys.executable, "-I", "-S", leash.__file__, str(os.getpid()), *argv]
    process = subprocess.Popen(  # noqa: S603 - a list, no shell; masters appear as file: arguments only
        leashed,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill the whole group, unless it was reaped already: its number may then be someone else's."""
    if process.returncode is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe:
            pipe.close()


def _lines(process: subprocess.Popen[bytes]) -> Iterator[tuple[str, str]]:
    """Yield ("progress" | "log", line) as they come, and ("tick", "") at least every quarter of a second."""
    with selectors.DefaultSelector() as selector:
        rests = {"progress": b"", "log": b""}
        for name, pipe in (("progress", process.stdout), ("log", process.stderr)):
            if pipe:
                selector.register(pipe, selectors.EVENT_READ, name)
        ticked_at = 0.0
        while selector.get_map():
            for key, _ in selector.select(_TICK_S):
                chunk = os.read(key.fd, _CHUNK)
                if not chunk:
                    selector.unregister(key.fileobj)
                *whole, rests[key.data] = (rests[key.data] + chunk).replace(b"\r", b"\n").split(b"\n")
                yield from ((key.data, line.decode(errors="replace").strip()) for line in whole if line.strip())
            if time.monotonic() - ticked_at >= _TICK_S:
                ticked_at = time.monotonic()
                yield "tick", ""


def _stalled(stall_after_s: float, log: Sequence[str]) -> TranscodeFailed:
    return TranscodeFailed(
        "stalled",
        f"The encoder made no progress for {stall_after_s:g} s and was ended. It is tried again.",
        is_transient=True,
        log_tail="\n".join(log),
    )


def _failure(code: int, log: str) -> TranscodeFailed:
    if code < 0:
        return TranscodeFailed(
            "killed",
            f"The encoder was ended by {signal.Signals(-code).name}, perhaps for want of memory. It is tried again.",
            is_transient=True,
            log_tail=log,
        )
    if any(sign in log for sign in _FULL_SIGNS):
        return TranscodeFailed(
            "disk_full", "The disk is full. Make room in the work folder.", is_transient=True, log_tail=log
        )
    if any(sign in log for sign in _PERMANENT_SIGNS):
        return TranscodeFailed(
            "unreadable_master",
            "The encoder cannot read the master file. Export it anew, as H.264 in MP4, and send it again.",
            is_transient=False,
            log_tail=log,
        )
    first = next((line for line in log.splitlines() if "[error]" in line or "[fatal]" in line), "it gave no message")
    return TranscodeFailed("encoder_failed", f"The encoder ended with {code}: {first}", is_transient=True, log_tail=log)
