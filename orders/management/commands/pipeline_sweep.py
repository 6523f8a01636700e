"""`manage.py pipeline_sweep`: one round of all sweeps, for cron, where no worker runs all the time."""

from typing import Any

from django.core.management.base import BaseCommand

from config.lib import clock
from orders.sweeper import sweep_once


class Command(BaseCommand):
    help = "Look once for everything that is due, lost or left by dead workers. Every worker does so all the time."

    def handle(self, *args: Any, **options: Any) -> None:
        sweep_once(clock.now(), with_slow=True)
