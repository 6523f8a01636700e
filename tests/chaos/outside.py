"""Chaos from outside: buyers buy while everything around them breaks; then the receivers' own books are read.

    python -m tests.chaos.outside --orders 40 --kills 8 --seed 7 --executor table --database postgresql

Two workers, each with its sweeper, get SIGKILL as a whole at random moments; Redis is emptied and restarted and its
messages are doubled, dropped, delayed and put out of order; PostgreSQL crashes; webhooks are doubled, delayed, dropped,
put out of order; the receivers answer faults, hang, and cut the connection after they have done their work; on
PostgreSQL one worker's clock is set every few seconds. The run ends by itself. Prints one JSON line.
"""

import argparse
import contextlib
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import redis
import requests

from scripts.processes import Process
from scripts.stack import SANDBOXES, Stack
from tests import postgres

QUEUES = ("purchase", "default", "mail")
PATIENCE_SECONDS = 300
DRAIN_SECONDS = 150
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

    def rage(self, buyers: "Buyers") -> None:
        """Break and kill, in step with the buyers, until both have done what the plan says."""
        while not buyers.are_done() or self.done["kills"] < self.plan.kills:
            if buyers.failed:
                return
            if self.done["kills"] * self.plan.orders <= buyers.made * self.plan.kills + self.plan.orders:
                self.kill()
            self.break_something()
            time.sleep(self.dice.uniform(0.3, 1.5))


class Buyers:
    """People who press the button, pay, and press again when a page breaks; and the shop's own web side."""

    def __init__(self, plan: Plan, station: Station, world: Any) -> None:
        self.plan, self.station, self.world = plan, station, world
        self.made = 0
        self.failed = ""
        self.numbers: list[str] = []
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self._live, args=(n,), daemon=True) for n in range(plan.buyers)]
        for thread in self.threads:
            thread.start()

    def are_done(self) -> bool:
        return not any(thread.is_alive() for thread in self.threads)

    def _live(self, number: int) -> None:
        dice = random.Random(self.plan.seed * 100 + number)
        try:
            while self._may_go_on():
                self._buy(dice)
        except Exception as error:
            self.failed = f"{type(error).__name__}: {error}"

    def _may_go_on(self) -> bool:
        """The next order, kept in step with the kills, so that these are spread over all of them."""
        while self.made * self.plan.kills > (self.station.done["kills"] + 1) * self.plan.orders:
            time.sleep(0.2)
        with self.lock:
            self.made += 1
            return self.made <= self.plan.orders

    def _buy(self, dice: random.Random) -> None:
        from django.utils import timezone

        from orders.services import payments

        cart = again(self.world.cart)
        order = again(lambda: self.world.press(cart))
        if dice.random() < 0.7:  # the others close the page at once; a sweep finds the run
            with contextlib.suppress(Exception):
                payments.look_again(order, now=timezone.now())
        again(lambda: self._pay(order), pause=0.5)
        if dice.random() < 0.5:  # the others never come back to the page
            with contextlib.suppress(Exception):
                payments.look_again(order, now=timezone.now())
        self.numbers.append(order.number)

    def _pay(self, order: Any) -> None:
        from orders.payments import provider
        from orders.payments.base import Standing

        payment = order.payments.get()
        if not payment.provider_ref:
            raise LookupError(f"{order} cannot be paid yet")
        if provider(payment.provider).status(payment).standing != Standing.SUCCEEDED:
            self.world.pay(order)


def again(act: Callable[[], Any], *, pause: float = 0.2) -> Any:
    """What a person does whose page broke: the same once more, for five minutes at the most."""
    from django.db import connection

    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return act()
        except Exception:
            connection.close()
            if time.monotonic() > until:
                raise
            time.sleep(pause)


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


def drain(seconds: float) -> float:
    """Wait until every run has ended or stands at a person; how long that took."""
    from django.db import DatabaseError, connection

    from orders.models import StageRun

    began = time.monotonic()
    open_states = ("ready", "running", "waiting")
    while time.monotonic() - began < seconds:
        try:
            if not StageRun.objects.filter(state__in=open_states).exists():
                break
        except DatabaseError:
            connection.close()
        time.sleep(0.2)
    return round(time.monotonic() - began, 1)


def judge(station: Station) -> dict[str, Any]:
    """The receivers' books against what buyers were told, and what stands at a person, with the reason."""
    from orders.models import Order, OutboundMail, StageRun
    from vod.models import Entitlement

    urls = station.stack.urls
    payment, warehouse, kintone, mail = (book(urls[name]) for name in ("payment", "warehouse", "kintone", "mail"))
    instructions = Counter(one["order_number"] for one in warehouse["instructions"])
    records = Counter(one["content"]["order_number"] for one in kintone["records"])
    arrivals: Counter[str] = Counter()
    most: Counter[str] = Counter()  # how often the most repeated mail of an order came
    for message_id, times in mail["arrivals"].items():
        kind, _, rest = message_id.lstrip("<").partition(".")
        number = rest.split("@")[0].split(".")[0]
        arrivals[f"{kind} {number}"] += times
        most[number] = max(most[number], times)
    found: Counter[str] = Counter(dict.fromkeys(WRONG, 0))
    uncertain = set(OutboundMail.objects.filter(state="uncertain").values_list("order__number", "kind"))
    examples: list[str] = []
    for order in Order.objects.prefetch_related("lines"):
        number, wrong = order.number, []
        charges = payment["orders"].get(number, {}).get("charges_succeeded", 0)
        wrong += ["double charges"] * (charges > 1) + ["lost"] * (charges == 0)
        wrong += ["double instructions"] * (instructions[number] > 1) + ["lost"] * (instructions[number] == 0)
        wrong += ["wrong records"] * (records[number] != 2)
        for kind, wanted in (("order_confirmed", 1), ("order_shipped", 2)):
            sent = arrivals[f"{kind} {number}"]
            wrong += ["double mails"] * (sent > wanted or most[number] > 1)
            wrong += ["missing mails"] * (sent < wanted and (number, kind) not in uncertain)
        references = [line.reference for line in order.lines.all()]
        wrong += ["missing entitlements"] * (Entitlement.objects.filter(reference__in=references).count() != 1)
        wrong += ["not delivered"] * (order.fulfillment_state != Order.FulfillmentState.FULFILLED)
        found.update(wrong)
        examples += [f"{number}: {', '.join(wrong)}"] * bool(wrong)
    left = StageRun.objects.exclude(state__in=("succeeded", "skipped", "cancelled", "blocked"))
    parked = Counter(f"{s.name} {s.state}: {s.error_kind}" for s in left)
    explained = {name: n for name, n in parked.items() if name.startswith("mail") and name.endswith("uncertain")}
    found["parked without a reason"] = sum(parked.values()) - sum(explained.values())
    return {"orders": Order.objects.count(), "wrong": dict(found), "parked": dict(parked), "examples": examples[:10]}


WRONG = (
    "lost", "double charges", "double instructions", "wrong records", "double mails", "missing mails",
    "missing entitlements", "not delivered", "parked without a reason",
)  # fmt: skip


def book(url: str) -> dict[str, Any]:
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(f"{url}/sandbox/ledger.json", timeout=60)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found


@contextlib.contextmanager
def database(plan: Plan, folder: Path) -> Iterator[tuple[str | None, postgres.Crashes | None]]:
    """SQLite, or a PostgreSQL server of our own whose commits outlive a crash of it."""
    if plan.database == "sqlite":
        yield None, None
        return
    with postgres.server(folder) as url:
        import psycopg

        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("ALTER DATABASE postgres SET synchronous_commit = on")
        crashes = postgres.Crashes(folder)
        try:
            yield url, crashes
        finally:
            crashes.end()


def run(plan: Plan, folder: Path, database_url: str | None, crashes: postgres.Crashes | None) -> dict[str, Any]:
    environment = {
        "PIPELINE_EXECUTOR": plan.executor, "LOG_LEVEL": "CRITICAL", "RUN_ENV_FILE": os.devnull,
        "WAREHOUSE_OPTIONS": "--retry-scale 0.2 --auto-ship 0.5", "PIPELINE_LEASE_SECONDS": "20",
    }  # fmt: skip
    stack = Stack(folder, database_url=database_url, env=environment, processes={"redis", *SANDBOXES})
    with stack:
        stack.migrate()
        os.environ.update(stack.process_env)
        import django

        django.setup()
        from django.conf import settings

        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # slow hashes prove nothing here
        from tests.chaos.driver import World

        began = time.monotonic()
        station = Station(plan, stack, crashes, random.Random(plan.seed))
        try:
            server = relay(plan, station)
            buyers = Buyers(plan, station, World(stack.urls["mail"]))
            station.rage(buyers)
            station.over.set()
            station.heal()
            told = {"executor": plan.executor, "database": plan.database, "seed": plan.seed, "without": plan.without}
            told |= {"kills": station.done.pop("kills"), "ordering_s": round(time.monotonic() - began)}
            told |= {"drained_s": drain(DRAIN_SECONDS if not plan.without else 20), "done": dict(station.done)}
            told |= {"buyers_failed": buyers.failed} | judge(station)
            server.shutdown()
            return told
        finally:
            station.over.set()
            for worker in station.workers:
                worker.kill()


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # and leave nothing running
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=40)
    parser.add_argument("--kills", type=int, default=8)
    parser.add_argument("--seed", type=int, default=20261124)
    parser.add_argument("--executor", choices=["table", "celery"], default="table")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--without", choices=["", "mail", "sweep"], default="")
    parser.add_argument("--buyers", type=int, default=4, help="how many buy at the same time")
    plan = Plan(**vars(parser.parse_args()))
    with (
        tempfile.TemporaryDirectory(prefix="chaos-") as folder,
        tempfile.TemporaryDirectory(prefix="pg-") as server,
        database(plan, Path(server)) as (url, crashes),
    ):
        told = run(plan, Path(folder), url, crashes)
    print(json.dumps(told, ensure_ascii=False), flush=True)
    return 1 if any(told["wrong"].values()) or told["buyers_failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
