"""Start runs of an empty pipeline and wait for the last: `python -m bench.peers.start PIPELINE NUMBER`."""

import os
import sys
import time
import uuid

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.utils import timezone  # noqa: E402 - Django comes first

from accounts.models import User  # noqa: E402
from bench.peers import stages  # noqa: E402, F401 - registers the pipelines
from orders.models import Order, PipelineRun  # noqa: E402
from orders.pipeline.engine.start import start  # noqa: E402


def run(pipeline: str, number: int) -> float:
    """Runs a second; the orders that the runs are about are there before."""
    buyer = User.objects.create(email=f"{uuid.uuid4().hex}@example.com")
    orders = [
        Order.objects.create(checkout_key=uuid.uuid4(), user=buyer, email=buyer.email, subtotal=1, total=1)
        for _ in range(number)
    ]
    began = time.monotonic()
    for order in orders:
        start(pipeline, order=order, now=timezone.now())
    while PipelineRun.objects.filter(finished_at__isnull=True).exists():
        time.sleep(0.005)
    return number / (time.monotonic() - began)


if __name__ == "__main__":
    print(run(sys.argv[1], int(sys.argv[2])))
