"""Measures how soon a stage is taken up again after SIGKILL of its worker: on the same host, and on another.

Prints the two in seconds, the first as the median of five, and then these five. Two workers without a broker run; a
stage that sleeps is killed under one of them. Another host is one whose processes nobody here can see: the stage's
owner is renamed before the kill.
"""

import os
import signal
import statistics
import sys
import time
from uuid import uuid4

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()

import threading

from django.core.management import call_command
from django.db import connections

from config.lib import clock
from orders.models import Effect, Order, StageRun
from orders.pipeline.engine.context import Context
from orders.pipeline.engine.graph import Output, Pipeline, external, parks, register
from orders.pipeline.engine.poll import work
from orders.pipeline.engine.start import start
from orders.sweeper import started
from tests import builders

ROUNDS = 5


def sleep_long(ctx: Context) -> Output:
    time.sleep(60)
    return {}


SLEEPY = register(
    Pipeline(
        "sleepy",
        1,
        (external("sleep", sleep_long, failure=parks("shop"), technique=Effect.Technique.KEY, system="bed"),),
        finished=lambda order, now: None,
        taken_back=lambda order, now, reason: None,
    )
)


def worker() -> int:
    """A process that works and sweeps, as `manage.py pipeline_worker` has them."""
    connections.close_all()
    pid = os.fork()
    if pid == 0:
        started()
        work(threading.Event())
        os._exit(0)
    return pid


def stage_when(order: Order, fence: int) -> StageRun:
    while True:
        stage = StageRun.objects.get(run__order=order)
        if stage.state == StageRun.State.RUNNING and stage.fence > fence:
            return stage
        time.sleep(0.01)


def seconds(*, is_elsewhere: bool) -> float:
    user = builders.member(f"{uuid4().hex}@example.com")
    order = Order.objects.create(checkout_key=uuid4(), user=user, email=user.email, subtotal=1, total=1)
    start("sleepy", order=order, now=clock.now())
    workers = [worker(), worker()]
    stage = stage_when(order, 0)
    owner = int(stage.lease_owner.split("|")[1])
    if is_elsewhere:
        StageRun.objects.filter(pk=stage.pk).update(lease_owner=f"elsewhere|{owner}|1")
    os.kill(owner, signal.SIGKILL)
    os.waitpid(owner, 0)
    began = time.monotonic()
    stage_when(order, stage.fence)
    took = time.monotonic() - began
    for pid in workers:
        if pid != owner:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
    StageRun.objects.filter(run__order=order).update(state=StageRun.State.CANCELLED, lease_until=None, lease_owner="")
    return took


def main() -> int:
    call_command("migrate", verbosity=0)
    here = [seconds(is_elsewhere=False) for _ in range(ROUNDS)]
    elsewhere = seconds(is_elsewhere=True)
    print(round(statistics.median(here), 2), round(elsewhere, 2), *(round(one, 2) for one in sorted(here)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
