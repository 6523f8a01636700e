"""A stand-in as its own process: started, asked, killed and started again on the same ledger."""

import re
import select
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

ROOT = Path(__file__).resolve().parents[2]
READY_WITHIN = 20.0  # seconds, on a busy machine


class StandIn:
    """`python -m orders.sandboxes.<name>` with its ledger; `url` is where it answers, `smtp` its SMTP port if any."""

    def __init__(self, name: str, ledger: Path, *options: str) -> None:
        self.name = name
        self.ledger = ledger
        self.options = options
        self.session = requests.Session()
        self.session.trust_env = False
        self.url = ""
        self.smtp = 0
        self.start()

    def start(self) -> None:
        """Start, on the old ports after a first time, and wait for the ready line."""
        ports = ["--port", str(urlsplit(self.url).port or 0)] if self.url else ["--port", "0"]
        if self.name == "mail":
            ports += ["--smtp-port", str(self.smtp)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", f"orders.sandboxes.{self.name}", *ports, "--ledger", self.ledger, *self.options],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        line = self._first_line()
        self.url = re.search(r"http://\S+", line)[0]
        if self.name == "mail":
            self.smtp = urlsplit(re.search(r"smtp://\S+", line)[0]).port

    def _first_line(self) -> str:
        ready, _, _ = select.select([self.process.stdout], [], [], READY_WITHIN)
        line = self.process.stdout.readline() if ready else ""
        if "ready on" not in line:
            self.process.kill()
            raise AssertionError(f"{self.name} did not get ready: {line!r} {self.process.communicate()[1]}")
        return line

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()

    def stop(self) -> tuple[int, str]:
        """Ask it to end; its status and what it wrote to stderr."""
        self.process.terminate()
        _, errors = self.process.communicate(timeout=10)
        return self.process.returncode, errors

    def close(self) -> None:
        self.session.close()
        if self.process.poll() is None:
            self.stop()

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.session.get(f"{self.url}{path}", timeout=10, **options)

    def post(self, path: str, **options: Any) -> requests.Response:
        return self.session.post(f"{self.url}{path}", timeout=10, **options)

    def put(self, path: str, **options: Any) -> requests.Response:
        return self.session.put(f"{self.url}{path}", timeout=10, **options)

    def book(self) -> dict[str, Any]:
        return self.get("/sandbox/ledger.json").json()

    def fault(self, kind: str, **more: Any) -> None:
        answer = self.post("/sandbox/faults", json={"kind": kind, **more})
        assert answer.status_code == 201, answer.text

    def heal(self) -> None:
        self.session.delete(f"{self.url}/sandbox/faults", timeout=10)


def eventually(ask: Callable[[], Any], *, within: float = 10.0) -> Any:
    """What `ask` gives once it is true; fails after the deadline with what it gave last."""
    deadline = time.monotonic() + within
    while not (answer := ask()):
        assert time.monotonic() < deadline, f"still {answer!r} after {within} s"
        time.sleep(0.02)
    return answer
