"""The whole service as processes, for stories told from outside: real web server, workers, Redis and stand-ins."""

import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import imageio_ffmpeg
import requests

from scripts.stack import Stack
from tests.chaos.ledgers import Ledgers

Answer = TypeVar("Answer")
PLAYABLE = ("first-boat", "foggy-soup", "tram-street")


class Service:
    """One running stack with the demo's people and goods, and short films made here."""

    def __init__(self, folder: Path, *, database_url: str | None = None, films: tuple[str, ...] = PLAYABLE) -> None:
        options = {"LOG_LEVEL": "INFO", "WAREHOUSE_OPTIONS": "--retry-scale 0.2"}
        self.stack = Stack(folder, database_url=database_url, env=options)
        self.films = films

    def start(self) -> None:
        self.stack.start(prepare=self._prepare)

    def stop(self) -> None:
        self.stack.stop()

    def _prepare(self, stack: Stack) -> None:
        stack.manage("demo", "--no-films", "--migrate")
        for slug in self.films:
            stack.manage("ingest", str(short_film(stack.var_dir)), "--title", slug)

    @property
    def url(self) -> str:
        return self.stack.urls["web"]

    @property
    def ledgers(self) -> Ledgers:
        urls = self.stack.urls
        return Ledgers(urls["payment"], urls["warehouse"], urls["kintone"], urls["mail"])

    def mails_to(self, address: str) -> list[dict[str, Any]]:
        """What arrived for an address, newest first."""
        found = _get(f"{self.stack.urls['mail']}/api/messages.json", params={"to": address}).json()
        messages: list[dict[str, Any]] = found["messages"]
        return messages

    def code_for(self, address: str, *, after: int = 0) -> str:
        """The six digits of the newest mail to `address`, once more than `after` mails have arrived."""
        mails = until(lambda: (found := self.mails_to(address)) and len(found) > after and found, what="a mailed code")
        codes = re.findall(r"(?<!\d)\d{6}(?!\d)", mails[0]["text"])
        assert codes, mails[0]["text"]
        return codes[0]

    def instruction_for(self, order: str) -> dict[str, Any] | None:
        found = _get(f"{self.stack.urls['warehouse']}/sandbox/ledger.json").json()["instructions"]
        return next((one for one in found if one["order_number"] == order), None)

    def ship(self, order: str, quantities: dict[str, int]) -> None:
        """The warehouse sends that many of each SKU; its webhook follows by itself."""
        instruction = self.instruction_for(order)
        assert instruction
        lines = [
            {"line_reference": line["line_reference"], "quantity": quantities[line["sku"]]}
            for line in instruction["lines"]
            if quantities.get(line["sku"])
        ]
        url = f"{self.stack.urls['warehouse']}/sandbox/instructions/{instruction['id']}/ship"
        with requests.Session() as session:
            session.trust_env = False
            session.post(url, json={"lines": lines}, timeout=10).raise_for_status()

    def shell(self, code: str) -> str:
        """Run Python inside the service's own settings; what it printed."""
        return self.stack.manage("shell", "--no-imports", "-c", code).strip()


def short_film(folder: Path, *, seconds: int = 4) -> Path:
    """A moving picture with a tone, small enough to encode in a second or two."""
    path = folder / "short.mp4"
    if not path.exists():
        source = f"testsrc2=size=640x360:rate=24:duration={seconds}"
        tone = f"sine=frequency=440:duration={seconds}"
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-f", "lavfi", "-i", source]
        command += ["-f", "lavfi", "-i", tone, "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", str(path)]
        subprocess.run(command, check=True)
    return path


def until(look: Callable[[], Answer], *, seconds: float = 30, what: str = "it") -> Answer:
    """Ask again and again until the answer is true; fail in words when it never is."""
    deadline = time.monotonic() + seconds
    while True:
        answer = look()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come within {seconds} s; the last answer was {answer!r}")
        time.sleep(0.2)


def _get(url: str, **kwargs: Any) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(url, timeout=10, **kwargs)
        answer.raise_for_status()
        return answer
