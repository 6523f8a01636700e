"""`manage.py demo`: the demo station, made once; a second run changes nothing."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from cms.demo.load import load, write_card
from cms.demo.mark import write_questions
from cms.demo.people import PASSWORD, PEOPLE


class Command(BaseCommand):
    help = "Loads the demo station: accounts, titles with playable films, goods with stock, pages."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-films", action="store_true", help="leave the films out: nothing can be played then")
        parser.add_argument("--migrate", action="store_true", help="bring the tables up to date first")
        parser.add_argument("--no-accounts", action="store_true", help="do not print the accounts")
        parser.add_argument("--questions", type=Path, help="write what a loaded demo can be known by to this file")

    def handle(
        self, *, no_films: bool, migrate: bool, no_accounts: bool, questions: Path | None, **options: Any
    ) -> None:
        if settings.PRODUCTION:
            raise CommandError("The demo has accounts with a known password; it is not for production.", returncode=2)
        if migrate:
            call_command("migrate", skip_checks=True, interactive=False, verbosity=0)
        load(now=timezone.now(), say=self.stdout.write, with_films=not no_films)
        card = write_card()
        if questions:
            write_questions(questions)
        if not no_accounts:
            self._print_accounts(card)

    def _print_accounts(self, card: Path) -> None:
        self.stdout.write(f"The demo is ready. Accounts (password {PASSWORD}, also in {card}):")
        for email, name, role in PEOPLE:
            self.stdout.write(f"  {email:<22} {name} ({role})")
