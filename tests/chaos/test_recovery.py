"""How soon the work of a killed worker goes on: at once on the same host, after its lease elsewhere."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chaos.test_crash_safe import BOTH, an_empty_database

pytestmark = pytest.mark.chaos

ROOT = Path(__file__).resolve().parents[2]
LEASE_SECONDS = 3


@pytest.fixture(autouse=True)
def _an_own_world():
    """A process with a database of its own."""


@pytest.mark.parametrize("kind", BOTH)
def test_the_stages_of_a_killed_worker_go_on(kind, tmp_path):
    own = {
        "VAR_DIR": str(tmp_path),
        "RUN_ENV_FILE": os.devnull,
        "PIPELINE_EXECUTOR": "table",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "PIPELINE_LEASE_SECONDS": str(LEASE_SECONDS),
        "LOG_LEVEL": "CRITICAL",
    }
    with an_empty_database(kind) as database:
        environment = {name: value for name, value in {**os.environ, **own, **database}.items() if value}
        command = [sys.executable, "-m", "tests.chaos.recovery"]
        with subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
        ) as running:
            try:
                told, _ = running.communicate(timeout=120)
            finally:
                if running.poll() is None:
                    os.killpg(running.pid, signal.SIGKILL)
    here, elsewhere, *_ = (float(word) for word in told.split())
    print(kind, told)
    assert here <= 1.5
    assert elsewhere <= LEASE_SECONDS + 2
