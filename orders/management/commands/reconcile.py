"""`manage.py reconcile`: compare a day with the payment provider's books, now."""

from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from config.lib import clock
from orders.models import Discrepancy
from orders.pipeline.engine.errors import StageError
from orders.services import reconciling


class Command(BaseCommand):
    help = (
        "Compares the provider's charges, refunds and balance of a Japanese calendar day with ours. Workers do it by "
        "themselves; a second time changes nothing, and one that was cut off goes on where it was."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--date", metavar="YYYY-MM-DD", help="the day (yesterday)")

    def handle(self, *, date: str | None, **options: Any) -> None:
        today = timezone.localdate(clock.now())
        day = _day(date) if date else today - timedelta(days=1)
        if day > today:
            raise CommandError(f"{day} is not over; give a day up to {today}.", returncode=2)
        try:
            run = reconciling.reconcile(day, again=True)
        except StageError as error:
            raise CommandError(f"{error}. What was read is kept; the next run goes on from there.") from error
        except reconciling.Overtaken as error:
            raise CommandError(f"{error}; nothing was done here.") from error
        found = Discrepancy.objects.open().order_by()
        counts = {kind: found.filter(kind=kind).count() for kind in Discrepancy.Kind}
        self.stdout.write(f"{run.day}: {run.charges} charges, {run.refunds} refunds, {run.fees} yen of fees.")
        self.stdout.write("Open: " + ", ".join(f"{kind.label} {counts[kind]}" for kind in Discrepancy.Kind))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"{text} is no date; write it as 2026-04-01.", returncode=2) from error
