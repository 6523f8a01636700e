"""The station that chaos from outside falls upon: what runs in it, and what breaks it.

Receivers, Redis, a database and two workers; their faults, kills and outages; and the relay that webhooks come through.
"""

import contextlib
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import redis
import requests

from scripts.processes import Process
from scripts.stack import Stack
from tests import postgres

QUEUES = ("purchase", "default", "mail")
CUT_OFF: tuple[str, dict[str, Any]] = ("mail", {"kind": "drop_after_data"})  # between DATA and its answer
RECEIVER_FAULTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("warehouse", {"kind": "500", "next": 2}),
    ("warehouse", {"kind": "drop", "when": "after", "next": 2}),  # has taken it, but does not say so
    ("warehouse", {"kind": "hang", "seconds": 2, "next": 2}),
    ("warehouse", {"kind": "hang", "seconds": 11, "when": "after"}),  # takes it, and answers when we have hung up
    ("kintone", {"kind": "500", "next": 2}),
    ("kintone", {"kind": "drop", "when": "after", "next": 1}),
    ("payment", {"kind": "500", "path": "/v1/payment_intents", "method": "POST"}),
    ("payment", {"kind": "drop", "path": "/v1/payment_intents", "method": "POST"}),
    ("payment", {"kind": "hang", "seconds": 2, "path": "/v1/payment_intents*", "method": "GET"}),
    CUT_OFF,
    ("mail", {"kind": "defer_data", "next": 2}),
    ("mail", {"kind": "refuse_connect", "next": 2}),
)


@dataclass
class Plan:
    """What one run does."""

    orders: int
    kills: int
    seed: int
    executor: str
    database: str
    without: str
    buyers: int


@dataclass
class Station:
    """Everything that runs: receivers, Redis, a database, two workers; and what was done to them."""

    plan: Plan
    stack: Stack
    crashes: postgres.Crashes | None
    dice: random.Random
    done: Counter[str] = field(default_factory=Counter)
    over: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        steps = f" --clock-steps {self.plan.seed}" if self.crashes else ""
        without = f" --without {self.plan.without}" if self.plan.without else ""
        self.workers = [
            Process(
                name,
                f'"$PYTHON" -m tests.chaos.worker --executor {self.plan.executor} --name {name}{extra}{without}',
                log=self.stack.log_dir / f"{name}.log",
            )
            for name, extra in (("one", ""), ("two", steps))
        ]
        for worker in self.workers:
            worker.start(self.stack.process_env)

    def kill(self) -> None:
        """A worker with all its children, at whatever it is doing."""
        worker = self.dice.choice(self.workers)
        worker.kill()
        worker.start(self.stack.process_env)
        self.done["kills"] += 1

    def break_something(self) -> None:
        chances: list[tuple[Callable[[], None], int]] = [
            (self._receiver, 8),
            (self._flush, 2),
            (self._restart_redis, 1),
        ]
        if self.plan.without == "mail":
            chances = [(self._receiver, 1)]  # the control run is to meet what it is about
        if self.plan.executor == "celery":
            chances.append((self._meddle, 6))
        if self.crashes:
            chances.append((self._crash_database, 1))
        [act] = self.dice.choices([act for act, _ in chances], [weight for _, weight in chances])
        with contextlib.suppress(redis.RedisError, requests.RequestException):  # it is down just now
            act()

    def _receiver(self) -> None:
        name, fault = CUT_OFF if self.plan.without == "mail" else self.dice.choice(RECEIVER_FAULTS)
        with requests.Session() as session:
            session.trust_env = False
            url = f"{self.stack.urls[name]}/sandbox/faults"
            if session.get(url, timeout=5).json()["faults"]:
                return  # enough for now: behind an open circuit one stage at a time meets them
            session.post(url, json=fault, timeout=5).raise_for_status()
        self.done["faults of receivers"] += 1

    def heal(self) -> None:
        for name in ("warehouse", "kintone", "payment", "mail"):
            with requests.Session() as session:
                session.trust_env = False
                session.delete(f"{self.stack.urls[name]}/sandbox/faults", timeout=5)

    def _flush(self) -> None:
        redis.Redis.from_url(self.stack.urls["redis"]).flushall()
        self.done["Redis emptied"] += 1

    def _restart_redis(self) -> None:
        self.stack.kill("redis")
        time.sleep(self.dice.uniform(0, 1))
        self.stack.launch("redis")
        self.done["Redis restarted"] += 1

    def _meddle(self) -> None:
        """The messages of a queue: the next is doubled, lost, put behind the others, or held back for a second."""
        queue, broker = self.dice.choice(QUEUES), redis.Redis.from_url(self.stack.urls["redis"])
        message = broker.rpop(queue)
        if message is None:
            return
        how = self.dice.choice(("doubled", "dropped", "reordered", "delayed"))
        if how == "delayed":
            time.sleep(1)
        for _ in range({"doubled": 2, "dropped": 0}.get(how, 1)):
            broker.lpush(queue, message)
        self.done[f"messages {how}"] += 1

    def _crash_database(self) -> None:
        if self.crashes and self.done["PostgreSQL crashed"] < 6:
            self.crashes.crash()
            self.done["PostgreSQL crashed"] += 1


def relay(plan: Plan, station: Station) -> ThreadingHTTPServer:
    """Where webhooks arrive: some twice, some late and so out of order, some not at all."""
    from django.db import connections
    from django.test import Client

    dice, client = random.Random(plan.seed + 1), Client(raise_request_exception=False)

    def deliver(path: str, body: bytes, signatures: dict[str, str]) -> int:
        try:
            return client.post(path, body, content_type="application/json", headers=signatures).status_code
        finally:
            connections.close_all()

    def deliver_late(*given: Any) -> None:
        time.sleep(dice.uniform(0.5, 3))
        while deliver(*given) >= 500 and not station.over.is_set():  # the sender has its answer: it must not get lost
            time.sleep(0.5)

    class Relay(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            signatures = {name: value for name, value in self.headers.items() if name.endswith("Signature")}
            given, fate = (self.path, body, signatures), dice.random()
            if fate < 0.1 and not station.over.is_set():
                station.done["webhooks dropped"] += 1  # without an answer, so the sender tries again later
                self.close_connection = True
                return
            if fate < 0.15 and "stripe" in self.path:
                station.done["webhooks lost"] += 1  # with a good answer: never sent again
                self._answer(200)
                return
            if fate < 0.4:
                station.done["webhooks delayed"] += 1
                threading.Thread(target=deliver_late, args=given, daemon=True).start()
                self._answer(200)
                return
            status = deliver(*given)
            if fate < 0.6:
                station.done["webhooks doubled"] += 1
                deliver(*given)
            self._answer(status)

        def _answer(self, status: int) -> None:
            with contextlib.suppress(OSError):
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

        def log_message(self, *words: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", station.stack.port), Relay)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
