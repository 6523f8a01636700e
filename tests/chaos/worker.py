"""A worker as it is, or with something wrong with it: its clock is set again and again, or a guard is missing.

python -m tests.chaos.worker --executor table|celery --name NAME [--clock-steps SEED] [--without mail|sweep]
"""

import argparse
import os
import random
import sys
import threading
import time
from datetime import timedelta

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()

from django.core.management import call_command
from django.utils import timezone

from orders import sweeper
from orders.pipeline.engine.errors import Transient, Uncertain
from orders.services import mails


def step_the_clock(seed: int) -> None:
    """The host's clock is up to five minutes wrong, and set to another time every few seconds."""
    time_of, now_of = time.time, timezone.now
    began = time.monotonic()

    def off() -> float:
        return random.Random(seed + int(time.monotonic() - began) // 5).uniform(-300, 300)

    time.time = lambda: time_of() + off()
    timezone.now = lambda: now_of() + timedelta(seconds=off())


def take_away(guard: str) -> None:
    """For control runs: what the run has to notice is missing."""
    if guard == "mail":  # a mail that was cut off is simply sent again
        hand_over = mails._hand_over

        def hand_over_again(mail, connection):
            try:
                hand_over(mail, connection)
            except Uncertain as error:
                type(mail).objects.filter(pk=mail.pk).update(state=mails.State.QUEUED)
                raise Transient("once more") from error

        mails._hand_over = hand_over_again
    if guard == "sweep":  # nobody looks for what dead workers leave
        sweeper.Sweeper.run = lambda self: None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--executor", choices=["table", "celery"], required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--clock-steps", type=int, default=0)
    parser.add_argument("--without", default="")
    given = parser.parse_args()
    take_away(given.without)
    if given.clock_steps:
        step_the_clock(given.clock_steps)
    if given.executor == "table":
        call_command("pipeline_worker", processes=1)
        return
    from config.celery import app

    assert threading.current_thread() is threading.main_thread()
    options = ["--concurrency", "1", "-O", "fair", "--without-gossip", "--without-mingle", "--loglevel", "WARNING"]
    app.worker_main(["--quiet", "worker", "-Q", "purchase,default,mail", "-n", f"{given.name}@%h", *options])


if __name__ == "__main__":
    sys.exit(main())
