"""`manage.py demo`: the demo station, made once; a second run changes nothing."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from cms.demo.content import PASSWORD, PEOPLE
from cms.demo.load import load, write_card


class Command(BaseCommand):
    help = "Loads the demo station: accounts, titles with playable films, goods with stock, pages."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-films", action="store_true", help="leave the films out: nothing can be played then")

    def handle(self, *, no_films: bool, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("The demo has accounts with a known password; it is not for production.", returncode=2)
        load(now=timezone.now(), say=self.stdout.write, with_films=not no_films)
        card = write_card()
        self.stdout.write(f"The demo is ready. Accounts (password {PASSWORD}, also in {card}):")
        for email, name, role in PEOPLE:
            self.stdout.write(f"  {email:<22} {name} ({role})")
