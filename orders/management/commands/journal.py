"""`manage.py journal`: sales, documents or money of some days as CSV, for accounting."""

import sys
from calendar import monthrange
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone, translation

from config.lib import clock, sheets
from orders.services import journal


class Command(BaseCommand):
    help = "Writes sales by tax rate, method of payment and handler, single tax documents, or money as CSV."

    def add_arguments(self, parser: CommandParser) -> None:
        days = parser.add_mutually_exclusive_group()
        days.add_argument("--month", metavar="YYYY-MM", help="a whole month")
        days.add_argument("--from", dest="since", metavar="YYYY-MM-DD", help="the first day (yesterday)")
        parser.add_argument("--to", dest="until", metavar="YYYY-MM-DD", help="the last day (the first one)")
        parser.add_argument("--report", choices=journal.REPORTS, default="sales")
        parser.add_argument("--per", choices=journal.PER, default="day", help="what is summed up (day)")
        parser.add_argument("--encoding", choices=sheets.ENCODINGS, default=sheets.UTF_8)
        parser.add_argument("--language", choices=("ja", "en"), default="ja", help="of the heading (ja)")
        parser.add_argument("--output", metavar="FILE", help="where to (standard output)")

    def handle(self, *, report: str, per: str, encoding: str, output: str | None, **options: Any) -> None:
        since, until = _days(**options)
        with translation.override(options["language"]):
            chunks = sheets.written(journal.rows(report, since=since, until=until, per=per), encoding)
            if output is None:
                for chunk in chunks:
                    sys.stdout.buffer.write(chunk)
                return
            try:
                with Path(output).open("wb") as file:
                    file.writelines(chunks)
            except OSError as error:
                raise CommandError(f"{output} cannot be written: {error.strerror}.", returncode=2) from error


def _days(*, month: str | None, since: str | None, until: str | None, **options: Any) -> tuple[date, date]:
    """The first and the last day that are meant."""
    if month:
        first = _date(f"{month}-01", month, "2026-04")
        return first, first.replace(day=monthrange(first.year, first.month)[1])
    yesterday = timezone.localdate(clock.now()) - timedelta(days=1)
    first = _date(since, since, "2026-04-01") if since else yesterday
    last = _date(until, until, "2026-04-01") if until else first
    if last < first:
        raise CommandError(f"{last} is before {first}.", returncode=2)
    return first, last


def _date(text: str, given: str, example: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"{given} is no date; write it as {example}.", returncode=2) from error
