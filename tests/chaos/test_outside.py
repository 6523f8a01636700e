"""Buyers buy while everything around them breaks; the receivers' own books say what came of it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sizes import IS_FULL

pytestmark = [pytest.mark.chaos, pytest.mark.stack]

ROOT = Path(__file__).resolve().parents[2]
# Executor, database, orders and kills: a thousand purchases and two hundred kills, or a small sample of them.
LEGS = [("celery", "postgresql", 500, 100), ("table", "sqlite", 250, 50), ("table", "postgresql", 250, 50)]
SAMPLE = [("celery", "postgresql", 12, 3)]
ROUNDS = 8
GUARDS = [("mail", "double mails"), *([("sweep", "not delivered")] if IS_FULL else [])]


@pytest.fixture(autouse=True)
def _an_own_world():
    """The station is looked at from outside."""


def chaos(executor: str, database: str, orders: int, kills: int, *options: str) -> dict:
    command = [sys.executable, "-m", "tests.chaos.outside", "--executor", executor, "--database", database]
    command += ["--orders", str(orders), "--kills", str(kills), *options]
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    assert lines, done.stderr[-3000:]
    print(lines[-1])
    told: dict = json.loads(lines[-1])
    return told


@pytest.mark.parametrize(("executor", "database", "orders", "kills"), LEGS if IS_FULL else SAMPLE)
def test_whatever_breaks_nothing_is_lost_and_nothing_doubled(executor, database, orders, kills):
    buyers = ["--buyers", "6"] if IS_FULL else []
    told = chaos(executor, database, orders, kills, *buyers)
    assert not told["buyers_failed"]
    assert told["orders"] == orders
    assert told["kills"] >= kills
    assert not {what: times for what, times in told["wrong"].items() if times}, told


@pytest.mark.proof
@pytest.mark.parametrize(("guard", "seen"), GUARDS)
def test_the_same_chaos_sees_a_guard_that_is_missing(guard, seen):
    """What breaks in a few seconds is chance, and may be nothing that the guard is for: so a few rounds of it."""
    rounds = (chaos("table", "sqlite", 8, 4, "--without", guard, "--seed", str(seed)) for seed in range(ROUNDS))
    assert any(told["wrong"][seen] for told in rounds)
