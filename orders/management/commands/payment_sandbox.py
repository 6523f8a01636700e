"""Run the payment sandbox beside the site."""

from argparse import ArgumentParser, Namespace
from typing import Any

from django.core.management.base import BaseCommand

from orders.sandboxes.payment.options import add_arguments, from_arguments
from orders.sandboxes.payment.server import serve


class Command(BaseCommand):
    """Take the arguments, start the server; it knows none of our models."""

    help = "Serves the part of Stripe's API and of Stripe.js that we use, from a ledger of its own."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        serve(from_arguments(Namespace(**options)))
