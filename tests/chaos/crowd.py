"""Some buyers at once against a running service: each orders two mugs and a rental, and pays at the provider.

    python -m tests.chaos.crowd --orders 8 --mail-url URL      (in the environment of the service)

Prints the order numbers, one a line. Nothing is worked on here: that is for the service's own workers.
"""

import argparse
import os

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()

from django.utils import timezone

from orders.services import payments
from tests.chaos.driver import World


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, required=True)
    parser.add_argument("--mail-url", required=True)
    given = parser.parse_args()
    world = World(given.mail_url)
    for _ in range(given.orders):
        order = world.order()
        payments.look_again(order, now=timezone.now())
        world.pay(order)
        print(order.number, flush=True)


if __name__ == "__main__":
    main()
