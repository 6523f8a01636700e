"""`manage.py archive_runs`: compact the runs that ended long ago, now."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.lib import clock
from orders.services.archive import archive


class Command(BaseCommand):
    help = "Compacts the stages of runs that ended some days ago into one row a run; may be stopped at any moment."

    def add_arguments(self, parser: CommandParser) -> None:
        days = settings.PIPELINE_ARCHIVE_DAYS
        parser.add_argument("--days", type=int, default=days, help=f"how long ago they ended, at the least ({days})")

    def handle(self, *, days: int, **options: Any) -> None:
        if days < 1:
            raise CommandError("--days is a day or more.", returncode=2)
        before, total = clock.now() - timedelta(days=days), 0
        while done := archive(finished_before=before, now=clock.now()):
            total += done
        self.stdout.write(f"{total} runs were archived.")
