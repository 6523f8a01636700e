"""`python -m orders.sandboxes.warehouse`: see `--help`."""

import argparse

from orders.sandboxes.ledger import Ledger
from orders.sandboxes.pages import HERE
from orders.sandboxes.serving import address, from_environment, listen, parser, run_command, serve
from orders.sandboxes.warehouse import instructions
from orders.sandboxes.warehouse.app import Options, application

NAME = "warehouse_sandbox"


def options() -> argparse.ArgumentParser:
    known = parser(NAME, description="A stand-in of an outside warehouse system, with its own ledger.", port=8091)
    known.add_argument(
        "--api-key", default=from_environment("WAREHOUSE_API_KEY", "warehouse-key"), help="what callers send as Bearer"
    )
    known.add_argument("--webhook-url", default="", help="where shipments are reported; without it they are not sent")
    known.add_argument(
        "--webhook-secret",
        default=from_environment("WAREHOUSE_WEBHOOK_SECRET", "warehouse-secret"),
        help="signs the webhooks",
    )
    known.add_argument("--retry-scale", type=float, default=1.0, help="factor on the webhooks' back-off (1, 2, 5 … s)")
    known.add_argument("--auto-ship", type=float, metavar="SECONDS", help="ship everything by itself, in two parts")
    known.add_argument("--out-of-stock", action="append", metavar="SKU", help="refuse this SKU; may be repeated")
    return known


def main() -> None:
    given = options().parse_args()
    ledger = Ledger(given.ledger, schema=HERE / "warehouse" / "schema.sql")
    if given.out_of_stock is not None:
        instructions.set_out_of_stock(ledger, given.out_of_stock)
    listener = listen(given.host, given.port)
    chosen = Options(
        api_key=given.api_key,
        webhook_url=given.webhook_url,
        webhook_secret=given.webhook_secret,
        retry_scale=given.retry_scale,
        auto_ship=given.auto_ship,
    )
    serve(application(ledger, chosen), listener, announce=lambda: f"{NAME} ready on {address(listener)}")


run_command(NAME, main)
