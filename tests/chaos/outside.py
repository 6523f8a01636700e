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
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from scripts.stack import SANDBOXES, Stack
from tests import postgres
from tests.chaos.station import Plan, Station, relay
from tests.chaos.verdict import drain, judge

PATIENCE_SECONDS = 300
DRAIN_SECONDS = 150


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


def rage(plan: Plan, station: Station, buyers: Buyers) -> None:
    """Break and kill, in step with the buyers, until both have done what the plan says."""
    while not buyers.are_done() or station.done["kills"] < plan.kills:
        if buyers.failed:
            return
        if station.done["kills"] * plan.orders <= buyers.made * plan.kills + plan.orders:
            station.kill()
        station.break_something()
        time.sleep(station.dice.uniform(0.3, 1.5))


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
            rage(plan, station, buyers)
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
