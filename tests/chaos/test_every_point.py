"""A worker dies at each point of a purchase; the receivers' own books say that nothing happened twice or never."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sandboxes.standin import StandIn
from tests.sizes import IS_FULL, IS_SAMPLE

pytestmark = pytest.mark.chaos

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _an_own_world():
    """The driver is a process with a world of its own."""


@pytest.fixture
def receivers(tmp_path):
    """The four stand-ins, each with an empty ledger."""
    running = {
        name: StandIn(name, tmp_path / f"{name}.sqlite3") for name in ("payment", "warehouse", "kintone", "mail")
    }
    yield running
    for one in running.values():
        one.close()


def drive(receivers, folder: Path, *options: str) -> dict:
    """Run the driver against the stand-ins; its last line, after every trial that went wrong was shown."""
    environment = {
        **os.environ,
        "VAR_DIR": str(folder),
        "STRIPE_API_BASE": receivers["payment"].url,
        "WAREHOUSE_API_URL": receivers["warehouse"].url,
        "KINTONE_URL": receivers["kintone"].url,
        "EMAIL_URL": f"smtp://127.0.0.1:{receivers['mail'].smtp}",
        "REDIS_URL": "redis://127.0.0.1:1/0",  # no broker at all: the rows suffice
        "LOG_LEVEL": "CRITICAL",
    }
    command = [sys.executable, "-m", "tests.chaos.driver", "--mail-url", receivers["mail"].url, *options]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert lines, done.stderr[-3000:]
    assert "trials" in lines[-1], done.stderr[-3000:]
    wrong = [line for line in lines if line["violations"]]
    assert not wrong, (wrong, done.stderr[-3000:])
    return lines[-1]


def test_whatever_point_a_worker_dies_at_the_purchase_ends_right(receivers, tmp_path):
    points = 8 if IS_SAMPLE else 24
    some = [] if IS_FULL else ["--points", str(points), "--seed", "20261124"]
    summary = drive(receivers, tmp_path, *some)
    assert summary["killed"] >= points
    assert summary["slowest_s"] < 30
    # The points between the hand-over of a mail and its record were really met.
    assert summary["uncertain_mails"] >= (1 if IS_SAMPLE else 2)
