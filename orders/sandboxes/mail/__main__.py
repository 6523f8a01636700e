"""`python -m orders.sandboxes.mail`: see `--help`."""

import argparse

from orders.sandboxes.ledger import Ledger
from orders.sandboxes.mail.app import application
from orders.sandboxes.pages import HERE
from orders.sandboxes.serving import address, listen, parser, run_command, serve

NAME = "mail_sandbox"


def options() -> argparse.ArgumentParser:
    known = parser(NAME, description="A mail server that keeps what it gets and shows it as a mailbox.", port=8025)
    known.add_argument("--smtp-port", type=int, default=2525, help="SMTP port; 0 picks a free one (default 2525)")
    return known


def main() -> None:
    given = options().parse_args()
    ledger = Ledger(given.ledger, schema=HERE / "mail" / "schema.sql")
    listener, smtp_listener = listen(given.host, given.port), listen(given.host, given.smtp_port)
    announce = f"{NAME} ready on {address(listener)} and {address(smtp_listener, 'smtp')}"
    serve(application(ledger, smtp_listener), listener, announce=lambda: announce)


run_command(NAME, main)
