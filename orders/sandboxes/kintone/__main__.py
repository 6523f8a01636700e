"""`python -m orders.sandboxes.kintone`: see `--help`."""

import argparse
from pathlib import Path

from orders.sandboxes.kintone.app import application
from orders.sandboxes.kintone.definition import BadDefinition, load
from orders.sandboxes.ledger import Ledger
from orders.sandboxes.pages import HERE
from orders.sandboxes.serving import CannotStart, address, from_environment, listen, parser, run_command, serve

NAME = "kintone_sandbox"
PLACEMENTS = HERE / "kintone" / "placements.json"


def options() -> argparse.ArgumentParser:
    known = parser(NAME, description="A stand-in of kintone's REST API for one app, with its own ledger.", port=8092)
    known.add_argument(
        "--token", default=from_environment("KINTONE_API_TOKEN", "kintone-token"), help="the app's API token"
    )
    known.add_argument("--app", type=Path, default=PLACEMENTS, metavar="FILE", help="JSON definition of the app")
    return known


def main() -> None:
    given = options().parse_args()
    try:
        app = load(given.app)
    except BadDefinition as error:
        raise CannotStart(str(error)) from error
    ledger = Ledger(given.ledger, schema=HERE / "kintone" / "schema.sql")
    listener = listen(given.host, given.port)
    announce = f"{NAME} ready on {address(listener)}"
    serve(application(ledger, app, token=given.token), listener, announce=lambda: announce)


run_command(NAME, main)
