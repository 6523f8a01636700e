"""Whole purchases through the real graph: a film and two mugs, charged, granted, instructed, sent in parts, mailed.

On PostgreSQL as it is installed, Redis, the stand-ins of all outside systems, and one Celery worker with two processes
(which the stand-ins share the machine with). Prints the time from the button to "paid" and to "all done" (all that the
house does itself: the warehouse is told, the record kept, the mail sent; the parcel is not waited for), first for one
buyer after the other, then in a crowd of four, which is more than two cores can serve at once; purchases a second in
the crowd; and what a purchase leaves in the database.
"""

import json
import os
import statistics
import sys
import tempfile
import threading
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils import timezone

from scripts.processes import Process
from scripts.stack import SANDBOXES, Stack
from tests.postgres import database_url

PURCHASES = int(os.environ.get("BENCH_RUNS", "100"))
CROWD = 4
WORKER = '"$PYTHON" -m celery -A config worker -Q purchase,default --concurrency 2 --loglevel ERROR'


def main() -> None:
    environment = {"LOG_LEVEL": "ERROR", "RUN_ENV_FILE": os.devnull}
    with tempfile.TemporaryDirectory() as folder, database_url(settings=()) as url:
        stack = Stack(Path(folder), database_url=url, env=environment, processes={"redis", *SANDBOXES})
        with stack:
            stack.migrate()
            os.environ.update(stack.process_env)
            import django

            django.setup()
            worker = Process("worker", WORKER, log=stack.log_dir / "worker.log")
            worker.start(stack.process_env)
            try:
                print(json.dumps(measure(stack)))
            finally:
                worker.kill()


def measure(stack: Stack) -> dict[str, Any]:
    from tests.chaos.driver import World

    world = World(stack.urls["mail"])
    buy(world, 4, buyers=1)  # everything is warm
    _, alone = timed(world, max(PURCHASES // 4, 2), buyers=1)
    before = stored()
    seconds, crowd = timed(world, PURCHASES, buyers=CROWD)
    after = stored()
    return {
        **{f"alone_{name}": value for name, value in alone.items()},
        **{f"crowd_{name}": value for name, value in crowd.items()},
        "purchases_per_s": round(PURCHASES / seconds, 2),
        "rows_per_purchase": round((after[0] - before[0]) / PURCHASES, 1),
        "kib_per_purchase": round((after[1] - before[1]) / PURCHASES / 1024, 1),
    }


def timed(world: Any, number: int, *, buyers: int) -> tuple[float, dict[str, float]]:
    """How many seconds so many purchases took, and how long a buyer waited."""
    since, began = timezone.now(), time.monotonic()
    buy(world, number, buyers=buyers)
    seconds = time.monotonic() - began
    paid, done = waits(since)
    return seconds, {
        "paid_p50_s": round(statistics.median(paid), 3),
        "paid_p99_s": round(statistics.quantiles(paid, n=100)[98], 3),
        "done_p50_s": round(statistics.median(done), 2),
        "done_p99_s": round(statistics.quantiles(done, n=100)[98], 2),
    }


def buy(world: Any, number: int, *, buyers: int) -> None:
    """So many purchases by a few buyers at once, each paid as the page does it; until all of it has ended."""
    from django.db import connections

    left = iter(range(number))
    failures: list[BaseException] = []

    def live() -> None:
        try:
            for _ in left:
                one(world)
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=live) for _ in range(min(buyers, number))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    while ours().exclude(state="succeeded").exists():
        time.sleep(0.02)


def ours() -> Any:
    """The stages that wait for nobody."""
    from orders.models import StageRun

    return StageRun.objects.exclude(name__in=("await_shipment", "mail_shipped"))


def one(world: Any) -> None:
    from orders.services import payments

    order = world.order()
    payments.look_again(order, now=timezone.now())
    world.pay(order)
    payments.look_again(order, now=timezone.now())


def waits(since: datetime) -> tuple[list[float], list[float]]:
    """For each order made since then, in seconds, from the button to paid, and to the end of what is ours."""
    from django.db.models import Max

    stages = (
        ours()
        .filter(run__order__created_at__gte=since)
        .values("run__order__created_at", "run__order__paid_at")
        .annotate(done=Max("finished_at"))
    )
    rows = stages.values_list("run__order__created_at", "run__order__paid_at", "done")
    return [(p - c).total_seconds() for c, p, _ in rows], [(d - c).total_seconds() for c, _, d in rows]


def stored() -> tuple[int, int]:
    """Rows in our tables, and their bytes with all indexes."""
    from django.apps import apps
    from django.db import connection

    tables = [
        model._meta.db_table for app in ("orders", "shop", "vod") for model in apps.get_app_config(app).get_models()
    ]
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
        rows = 0
        size = 0
        for table in tables:
            cursor.execute(f"SELECT count(*), pg_total_relation_size(%s) FROM {table}", [table])
            count, taken = cursor.fetchone()
            rows, size = rows + count, size + taken
    return rows, size


if __name__ == "__main__":
    sys.exit(main())
