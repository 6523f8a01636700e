"""`manage.py pipeline_worker`: workers for the pipelines that need no broker, each with its sweeper."""

import os
import signal
import threading
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connections

from config.checks import refuse_to_start
from config.lib import telemetry
from orders.pipeline.engine.poll import work
from orders.sweeper import started

AGAIN_AFTER_SECONDS = 1.0


class Command(BaseCommand):
    help = "Run the stages of all pipelines, with no broker: each process looks into the table by itself."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--processes", type=int, default=2, help="how many processes work side by side (2)")

    def handle(self, *args: Any, processes: int, **options: Any) -> None:
        refuse_to_start("default")
        connections.close_all()
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        children = {_begin(stop) for _ in range(processes)}
        self.stdout.write(f"{processes} workers look for stages to run. Ctrl-C ends them after the stage they are at.")
        while not stop.wait(0.2):
            for pid in _ended(children):
                self.stderr.write(f"Worker {pid} is gone; another takes its place.")
                time.sleep(AGAIN_AFTER_SECONDS)
                children.add(_begin(stop))
        for pid in children:
            os.kill(pid, signal.SIGTERM)
        while children:
            _ended(children, wait=True)


def _begin(stop: threading.Event) -> int:
    """A child that works until it is told to end, by the handler that it inherits: no signal comes too early."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        _live(stop)
        status = 0
    finally:
        os._exit(status)


def _live(stop: threading.Event) -> None:
    parent = os.getppid()
    sweepers = started()
    watch = threading.Thread(target=_end_with, args=(parent, stop), daemon=True)
    watch.start()
    work(stop)
    for one in sweepers:
        one.stop()
    for one in sweepers:
        one.join(timeout=5)
    telemetry.flush()


def _end_with(parent: int, stop: threading.Event) -> None:
    """A worker whose parent was killed ends too; nobody would start it again or tell it to end."""
    while os.getppid() == parent:
        if stop.wait(0.5):
            return
    stop.set()


def _ended(children: set[int], *, wait: bool = False) -> list[int]:
    """Those of the children that have ended; they are taken out of the set."""
    gone = []
    for pid in list(children):
        done, _ = os.waitpid(pid, 0 if wait else os.WNOHANG)
        if done:
            children.discard(pid)
            gone.append(pid)
    return gone
