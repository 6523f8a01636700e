"""Run the payment sandbox alone."""

import argparse

from orders.sandboxes.payment.options import add_arguments, from_arguments
from orders.sandboxes.payment.server import serve


def main() -> None:
    parser = argparse.ArgumentParser(prog="payment_sandbox", description=__doc__)
    add_arguments(parser)
    serve(from_arguments(parser.parse_args()))


if __name__ == "__main__":
    main()
