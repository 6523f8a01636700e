"""Runs the crash experiments as a process with a database of its own, and prints one JSON line for each.

python -m tests.chaos.crashes [--size full]      (with VAR_DIR, or DATABASE_URL of an empty database)
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()

from django.conf import settings
from django.core.management import call_command

from config.lib import realtime
from orders.models import Order, StageRun
from orders.pipeline.engine import gates
from orders.pipeline.engine.execute import advance
from orders.pipeline.engine.graph import Pipeline
from orders.pipeline.engine.start import start
from orders.pipeline.engine.sweep import sweep
from tests.chaos.crash import Clock, Counter, Life, Report, World, begin, both_frozen, frozen, killed
from tests.chaos.mutants import MUTANTS
from tests.chaos.purchase_world import PurchaseWorld
from tests.chaos.refund_world import RefundWorld
from tests.chaos.small import BACK, FAILING, KILLING, SMALL, SmallWorld

SEED = 20261124
FORWARD, BACKWARD = SmallWorld(SMALL), SmallWorld(BACK)


def freeze(**options: Any) -> Report:
    """Frozen wherever something follows that can be seen from outside, but for the one gap that nobody can close from
    our side: between the last look at the lease and the call itself. It has an experiment of its own."""
    return frozen(SMALL, FORWARD, at=lambda kind: not kind.startswith(("before blindly", "SELECT")), **options)


def freeze_at_calls() -> Report:
    """Each boundary to the outside, with a lease that really runs out."""
    return frozen(SMALL, FORWARD, at=lambda kind: " by_" in kind or " blindly" in kind, for_real=True)


def freeze_both(**options: Any) -> Report:
    """The first one stops before it writes, the second before it calls the receiver that can only be asked."""
    writes = ("UPDATE", "BEGIN", "after commit")
    at = "before blindly"
    return both_frozen(SMALL, FORWARD, first_at=lambda kind: kind.startswith(writes), then_at=at, **options)


class Hopeless:
    """A stage that never succeeds, or kills its workers: it must come to a person, after `most` lives at the latest."""

    calls = ()

    def __init__(self, pipeline: Pipeline, most: int) -> None:
        self.pipeline, self.most = pipeline, most

    def case(self) -> Order:
        return FORWARD.case()

    def live(self, order: Order, life: Life) -> None:
        run = start(self.pipeline.name, order=order, now=life.clock())
        sweep(now=life.clock())
        advance(run.pk, clock=life.clock)

    def judge(self, order: Order) -> list[str]:
        stage = StageRun.objects.get(run__order=order)
        is_right = (stage.state, stage.owner) == (StageRun.State.PARKED, "shop")
        return [] if is_right else [f"after {self.most} lives it is {stage.state}, for {stage.owner or 'nobody'}"]

    def experiment(self, **options: Any) -> Report:
        report, order = Report(self.pipeline.name), self.case()
        for number in range(self.most):
            gates.forget()
            report.killed += not begin(self, order, Counter(), Clock(number * timedelta(minutes=30))).end()
        report.found(self.pipeline.name, self.judge(order))
        return report


EXPERIMENTS: dict[str, Callable[..., Report]] = {
    "killed": lambda **options: killed(SMALL, FORWARD, at=lambda kind: kind.startswith("after"), **options),
    "frozen": freeze,
    "both frozen": freeze_both,
    "failing": Hopeless(FAILING, 4).experiment,
    "killing": Hopeless(KILLING, 6).experiment,
}


@dataclass(frozen=True)
class Size:
    """How much of each pipeline is taken: points (0 for all of them) and pairs."""

    small: tuple[int, int] = (0, 0)
    back: tuple[int, int] = (0, 0)
    purchase: tuple[int, int] = (0, 0)
    refund: tuple[int, int] = (0, 0)


SIZES = {
    "small": Size(),
    "sample": Size(small=(48, 0), back=(8, 0), purchase=(8, 0), refund=(8, 0)),
    "some": Size(small=(0, 8), back=(16, 3), purchase=(16, 3), refund=(16, 3)),
    "full": Size(small=(0, 150), back=(0, 50), purchase=(0, 100), refund=(0, 50)),
}


def _killed(pipeline: Pipeline, world: World, points: int, pairs: int) -> Report:
    return killed(pipeline, world, points=points, pairs=pairs, seed=SEED)


def experiments(size: str) -> Iterator[tuple[str, Report]]:
    """Every experiment on the engine as it is, then each with the guard that it must miss.

    In the size "small" only the first one, in "sample" only those that are quick.
    """
    taken = SIZES[size]
    FORWARD.live(FORWARD.case(), Life(Counter(), Clock()))  # so that no child has to build what is built once
    yield "small", _killed(SMALL, FORWARD, *taken.small)
    if size == "small":
        return
    yield "back", _killed(BACK, BACKWARD, *taken.back)
    purchase = PurchaseWorld()
    yield "purchase", _killed(purchase.pipeline, purchase, *taken.purchase)
    refund = RefundWorld()
    yield "refund", _killed(refund.pipeline, refund, *taken.refund)
    for name in ("failing", "killing"):
        yield name, EXPERIMENTS[name]()
    if size == "sample":
        return
    for name in ("frozen", "both frozen"):
        yield name, EXPERIMENTS[name]()
    for mutant in MUTANTS:
        with mutant.applied():
            yield f"without: {mutant.name}", EXPERIMENTS[mutant.experiment](until_found=True)


def make_quick() -> None:
    """Leave out what costs time and proves nothing here: pages that nobody watches, slow hashes, and waiting for the
    disk, which keeps what a killed process has written anyway."""
    realtime.publish = lambda channel, event: None
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    options = settings.DATABASES["default"]["OPTIONS"]
    if "init_command" in options:
        options["init_command"] = options["init_command"].replace("synchronous=FULL", "synchronous=OFF")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=SIZES, default="some")
    parser.add_argument("--frozen", action="store_true", help="only the frozen worker, with leases that really run out")
    given = parser.parse_args()
    make_quick()
    call_command("migrate", verbosity=0)
    began = time.monotonic()
    chosen = [("frozen at calls", freeze_at_calls())] if given.frozen else experiments(given.size)
    for name, report in chosen:
        told = asdict(report) | {"experiment": name, "seconds": round(time.monotonic() - began, 1)}
        del told["kinds"]
        print(json.dumps(told | {"violations": report.violations[:20]}), flush=True)
        began = time.monotonic()
    return 0


if __name__ == "__main__":
    sys.exit(main())
