"""Killed at every point, frozen past the lease, and each guard taken away: told by the receivers' own books."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from tests import postgres
from tests.chaos.mutants import MUTANTS
from tests.sizes import IS_FULL, IS_SAMPLE

pytestmark = pytest.mark.chaos

ROOT = Path(__file__).resolve().parents[2]
POSTGRESQL = pytest.param("postgresql", marks=pytest.mark.postgresql)
BOTH = ["sqlite", *([POSTGRESQL] if IS_FULL else [])]  # all of it on both takes many minutes


@pytest.fixture(autouse=True)
def _an_own_world():
    """The experiments are a process with a world of its own."""


@contextmanager
def an_empty_database(kind: str) -> Iterator[dict[str, str]]:
    """What tells a process which database is its own."""
    if kind == "sqlite":
        yield {"DATABASE_URL": ""}
        return
    with postgres.database_url() as url:
        name = f"crash_{uuid.uuid4().hex[:12]}"
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
            try:
                yield {"DATABASE_URL": urlunsplit(urlsplit(url)._replace(path=f"/{name}"))}
            finally:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def tell(kind: str, folder: Path, *options: str, **environment: str) -> dict[str, dict]:
    """Run the experiments; what each found, by its name."""
    own = {
        "VAR_DIR": str(folder),
        "RUN_ENV_FILE": os.devnull,
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "PIPELINE_EXECUTOR": "table",
        "LOG_LEVEL": "CRITICAL",
    }
    with an_empty_database(kind) as database:
        merged = {**os.environ, **own, **environment, **database}
        command = [sys.executable, "-m", "tests.chaos.crashes", *options]
        given = {name: value for name, value in merged.items() if value or name != "DATABASE_URL"}
        done = subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    for line in lines:
        print(line)
    return {line["experiment"]: line for line in lines}


@pytest.fixture(scope="module", params=BOTH)
def told(request, tmp_path_factory) -> dict[str, dict]:
    """All experiments on one database."""
    size = "full" if IS_FULL else "sample" if IS_SAMPLE else "some"
    return tell(request.param, tmp_path_factory.mktemp("crashes"), "--size", size)


@pytest.mark.parametrize(("experiment", "least"), [("small", 150), ("back", 16), ("purchase", 16), ("refund", 16)])
def test_whatever_point_a_worker_dies_at_nothing_is_lost_or_doubled(told, experiment, least):
    found = told[experiment]
    assert found["violations"] == []
    if IS_SAMPLE:
        least = {"small": 48}.get(experiment, 8)
    is_whole = IS_FULL or (experiment == "small" and not IS_SAMPLE)
    assert found["killed"] >= max(least, found["points"] if is_whole else 0)


@pytest.mark.proof
@pytest.mark.skipif(IS_FULL, reason="all experiments run on PostgreSQL")
@pytest.mark.parametrize("kind", [POSTGRESQL])
def test_on_postgresql_too_nothing_is_lost_whatever_point_a_worker_dies_at(kind, tmp_path):
    found = tell(kind, tmp_path, "--size", "small")["small"]
    assert found["violations"] == []
    assert found["points"] >= 100
    assert (
        found["killed"] >= found["points"] - 2
    )  # a life may be a statement or two shorter than the one that was counted


@pytest.mark.proof
@pytest.mark.parametrize(("experiment", "least"), [("frozen", 30), ("both frozen", 5)])
def test_a_worker_that_wakes_up_after_its_lease_changes_nothing(told, experiment, least):
    assert told[experiment]["violations"] == []
    assert told[experiment]["frozen"] >= least


@pytest.mark.parametrize("experiment", ["failing", "killing"])
def test_a_hopeless_stage_comes_to_a_person(told, experiment):
    assert told[experiment]["violations"] == []


@pytest.mark.proof
@pytest.mark.parametrize("mutant", [mutant.name for mutant in MUTANTS])
def test_a_guard_that_is_taken_away_is_missed(told, mutant):
    found = told[f"without: {mutant}"]["violations"]
    assert found
    assert not any(
        violation.startswith("nobody killed") for violation in found
    )  # it does what it should, until a crash


@pytest.mark.proof
@pytest.mark.parametrize("kind", BOTH)
def test_a_worker_frozen_at_a_call_past_its_lease_does_what_its_technique_allows(kind, tmp_path):
    """By key, by reference and without anything: once. By question: once, but where it was frozen between its last look
    at the lease and the call; only a receiver that knows our key or our reference closes that gap."""
    found = tell(kind, tmp_path, "--frozen", PIPELINE_LEASE_SECONDS="1")["frozen at calls"]
    assert found["frozen"] >= 12
    [gap] = found["violations"]
    assert "before blindly" in gap
    assert gap.endswith("look sent 2")
