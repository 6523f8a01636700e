"""Who owns a piece of work, and how that is seen to be over."""

import os
import subprocess
import sys
from pathlib import Path

from config.lib import leases

ROOT = Path(__file__).resolve().parents[2]


def test_this_process_is_alive():
    assert leases.is_alive(leases.this_process())


def test_a_process_that_has_ended_is_not_alive_even_before_its_parent_knows():
    script = "import django; django.setup(); from config.lib import leases; print(leases.this_process())"
    child = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    owner = child.stdout.readline().strip()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # ended, but still in the table of processes
    assert owner
    assert not leases.is_alive(owner)
    child.communicate()
    assert not leases.is_alive(owner)


def test_a_process_id_used_again_is_another_owner():
    host, pid, _ = leases.this_process().split("|")
    assert not leases.is_alive(f"{host}|{pid}|12345")


def test_an_owner_on_another_host_counts_as_alive():
    assert leases.is_alive("elsewhere/abc|1|1")
