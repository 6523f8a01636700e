"""What every stand-in keeps to: how it starts, ends, and stays a stranger to the shop."""

import os
import signal
import socket
import subprocess
import sys

import pytest

from tests.sandboxes.standin import ROOT, StandIn

NAMES = ("warehouse", "kintone", "mail")
OURS = ("accounts.", "vod.", "shop.", "cms.", "config.", "orders.models.", "orders.apps.")


@pytest.fixture(autouse=True)
def _an_own_world():
    """No part of the shop takes part here: neither its files nor its cache."""


@pytest.fixture(params=NAMES)
def standin(request, tmp_path):
    running = StandIn(request.param, tmp_path / "ledger.sqlite3")
    yield running
    running.close()


def test_it_says_that_it_is_well(standin):
    assert standin.get("/healthz").text == "ok\n"


def test_told_to_end_it_ends_in_good_order(standin):
    assert standin.stop() == (0, "")


def test_interrupted_at_the_keyboard_it_ends_in_good_order(standin):
    standin.process.send_signal(signal.SIGINT)
    _, errors = standin.process.communicate(timeout=10)
    assert (standin.process.returncode, errors) == (0, "")


def test_told_to_end_in_the_middle_of_a_request_it_does_not_wait_for_long(tmp_path):
    standin = StandIn("kintone", tmp_path / "ledger.sqlite3")
    standin.fault("hang", seconds=60)
    with socket.create_connection(("127.0.0.1", int(standin.url.rsplit(":", 1)[1]))) as waiting:
        waiting.sendall(b"GET /k/v1/records.json HTTP/1.1\r\nHost: x\r\n\r\n")
        while standin.get("/sandbox/faults").json()["faults"]:
            continue
        assert standin.stop()[0] == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_port_in_use_is_one_sentence(name, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", f"orders.sandboxes.{name}", "--port", str(port)]
        ended = subprocess.run(
            [*command, "--ledger", tmp_path / "ledger.sqlite3"], cwd=ROOT, capture_output=True, text=True, timeout=20
        )
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"{name}_sandbox: cannot listen on 127.0.0.1:{port}")
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_ledger_that_is_none_is_one_sentence(name, tmp_path):
    ledger = tmp_path / "ledger.sqlite3"
    ledger.write_text("this is no database, " * 100)
    with pytest.raises(AssertionError, match="file is not a database"):
        StandIn(name, ledger)


@pytest.mark.parametrize("name", NAMES)
def test_it_loads_nothing_of_the_shop(name):
    code = f"import sys; import orders.sandboxes.{name}.app; print(*sys.modules)"
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=20
    ).stdout.split()
    assert [module for module in loaded if f"{module}.".startswith(OURS)] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_management_command_becomes_the_same_process(name):
    ended = subprocess.run(
        [sys.executable, ROOT / "manage.py", f"{name}_sandbox", "--help"],
        cwd="/",
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 0
    assert ended.stdout.startswith(f"usage: {name}_sandbox")
    assert "--ledger" in ended.stdout
