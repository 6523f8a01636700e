"""Kills a worker at each point of a purchase, lets another go on, and counts in the receivers' own ledgers.

Run as a process with the addresses of the sandboxes and of an empty, migrated database in the environment:

    python -m tests.chaos.driver --points 40 --seed 7 [--every-statement]

Each trial is one order of two mugs and one rental. A worker is a forked child that sweeps and goes through the run. The
first one in the chosen phase dies at the chosen point; healthy ones come after it. In between the buyer pays at the
sandbox and the warehouse sends in two parts. Prints one JSON line for each trial, and a last one with the sums.
"""

import argparse
import json
import os
import random
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import django
import requests
from celery import current_app

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()

from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.utils import timezone

from config.lib import sweeps
from orders import backoffices, payments, warehouses
from orders.models import Cart, Order, OutboundMail, PipelineRun, ProviderEvent, Shipment, StageRun
from orders.pipeline.engine.execute import advance
from orders.pipeline.engine.wake import wake
from orders.services import carts, checkout, inbox
from orders.services.pricing import quote
from shop.models import StockItem, Variant
from tests import builders
from tests.chaos.killer import Counter, points
from tests.chaos.ledgers import Ledgers
from vod.models import Entitlement, Offer

PHASES = ("open", "paid", "first parcel", "second parcel")
SECRET = {"Authorization": f"Bearer {settings.STRIPE_SECRET_KEY}"}
LIFE_SECONDS = 20
NOT_REACHED = "not reached"


@dataclass
class Trial:
    """One order, the point at which its worker died, and what was found wrong in the end."""

    phase: str
    point: int
    kind: str = ""
    order: str = ""
    uncertain_mails: int = 0
    seconds: float = 0.0
    violations: list[str] = field(default_factory=list)


class World:
    """The rows of the shop, and the people of a purchase who are not workers."""

    def __init__(self, mail_url: str) -> None:
        self.ledgers = Ledgers(settings.STRIPE_API_BASE, settings.WAREHOUSE_API_URL, settings.KINTONE_URL, mail_url)
        builders.shipping_rates()
        builders.video_handler()
        self.mug: Variant = builders.variant(stock=100_000, sku=f"MUG-{uuid.uuid4().hex[:8]}")

    def order(self) -> Order:
        """A member buys two mugs and a rental."""
        return self.press(self.cart())

    def cart(self) -> Cart:
        """A member has put two mugs and a rental into the cart."""
        user = builders.member(f"alice-{uuid.uuid4().hex[:12]}@example.com", "髙橋 𠮷乃")
        rental: Offer = builders.rental(builders.title(slug=f"title-{uuid.uuid4().hex[:12]}"))
        now = timezone.now()
        cart = carts.open_cart(user=user, token=None, now=now)
        carts.add_variant(cart=cart, variant=self.mug, quantity=2, now=now)
        carts.add_offer(cart=cart, offer=rental, now=now)
        carts.choose_address(cart=cart, address=builders.address(user=user))
        cart.refresh_from_db()
        return cart

    def press(self, cart: Cart) -> Order:
        """The member presses the button; pressed again, it is the same order."""
        now = timezone.now()
        shown = quote(list(cart.lines.select_related("variant__product", "offer__title")), prefecture=1, now=now)
        return checkout.place_order(
            cart=cart,
            user=cart.user,
            digest=shown.digest_to(cart.ship_to),
            method="element",
            origin=settings.SITE_URL,
            language="ja",
            now=now,
        )

    def pay(self, order: Order) -> None:
        """The buyer confirms with a good card, at the provider."""
        intent = order.payments.get().provider_ref
        body = {"payment_method": "pm_card_visa", "return_url": settings.SITE_URL}
        self._post(f"{settings.STRIPE_API_BASE}/v1/payment_intents/{intent}/confirm", data=body, headers=SECRET)

    def ship_one(self, order: Order) -> None:
        """The warehouse sends one of the two mugs, and its report lies in our inbox."""
        made = order.fulfillment_orders.get()
        line = {"line_reference": str(made.lines.get().order_line.reference), "quantity": 1}
        answer = self._post(
            f"{settings.WAREHOUSE_API_URL}/sandbox/instructions/{made.external_id}/ship", json={"lines": [line]}
        )
        number = made.shipments.count() + 1
        shipment = answer.get("shipment", answer)
        payload = {
            "id": f"evt-{order.number}-{number}",
            "type": "shipment.created",
            "data": {"reference": str(made.reference), "shipment": shipment},
        }
        inbox.store(
            source="warehouse",
            event_id=payload["id"],
            kind=payload["type"],
            payload=payload,
            now=timezone.now(),
        )

    def _post(self, url: str, **kwargs: Any) -> dict[str, Any]:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.post(url, timeout=30, **kwargs)
            answer.raise_for_status()
            body: dict[str, Any] = answer.json()
            return body


def live(run_id: Any, *, is_paid: bool) -> None:
    """The life of a worker: it sweeps, reads the inbox and goes through the run until nothing more is to do."""
    until = time.monotonic() + LIFE_SECONDS
    while time.monotonic() < until:
        for registered in sweeps.sweeps():
            registered.run(timezone.now())
        if is_paid:
            wake(run_id, "charge", now=timezone.now(), announce=False)
            is_paid = False
        worked = advance(run_id)
        ready = StageRun.objects.filter(run_id=run_id, state__in=(StageRun.State.READY, StageRun.State.RUNNING))
        unread = ProviderEvent.objects.filter(processed_at__isnull=True)
        if not worked and not ready.exists() and not unread.exists():
            return
        time.sleep(0.02)


def worker(act: Callable[[], None], counter: Counter | None = None) -> list[str]:
    """Run `act` in a forked child; the kinds of the points it passed, read from its end of a pipe."""
    connections.close_all()
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        _child(act, counter, reader, writer)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        told = pipe.read()
    _, status = os.waitpid(pid, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise RuntimeError(f"A worker ended with {os.WEXITSTATUS(status)}: {told}")
    return json.loads(told) if told else []


def _child(act: Callable[[], None], counter: Counter | None, reader: int, writer: int) -> None:
    os.close(reader)
    for made in (payments._made, warehouses._made, backoffices._made):
        made.cache_clear()  # no connection of the parent's may be shared
    try:
        with points(counter or Counter()):
            act()
        os.write(writer, json.dumps(counter.kinds if counter else []).encode())
        os._exit(0)
    except BaseException as error:
        os.write(writer, repr(error).encode())
        os._exit(1)


def phases(world: World, order: Order) -> Iterator[tuple[str, Callable[[], None]]]:
    """What happens to an order, one after the other, each with the life that a worker then has."""
    run = PipelineRun.objects.get(order=order)
    before = {"open": lambda: None, "paid": lambda: world.pay(order)}
    for name in PHASES:
        before.get(name, lambda: world.ship_one(order))()
        yield name, lambda n=name: live(run.pk, is_paid=n == "paid")


def census(world: World, *, every_statement: bool) -> dict[str, list[str]]:
    """A purchase whose workers live: the points of each phase."""
    order = world.order()
    points = {name: worker(life, Counter(0, every_statement)) for name, life in phases(world, order)}
    if wrong := judge(world, order, Trial("", 0)):
        raise RuntimeError(f"Nobody was killed, and yet: {wrong}")
    return points


def trial(world: World, phase: str, point: int, *, every_statement: bool) -> Trial:
    """One purchase in which the worker of `phase` dies at `point`."""
    order = world.order()
    result = Trial(phase, point, order=order.number)
    for name, life in phases(world, order):
        began = time.monotonic()
        if name == phase:
            kinds = worker(life, Counter(point, every_statement))
            # A worker that lived tells its points; the number of statements is not the same each time.
            result.kind = NOT_REACHED if kinds else "killed"
        worker(life)
        result.seconds = max(result.seconds, round(time.monotonic() - began, 2))
    result.violations = judge(world, order, result)
    return result


def judge(world: World, order: Order, result: Trial) -> list[str]:
    """What is wrong with the world after an order has gone its way; nothing, if all is well."""
    order.refresh_from_db()
    number, wrong = order.number, []
    ledgers = world.ledgers

    def expect(what: str, is_so: bool) -> None:
        if not is_so:
            wrong.append(what)

    expect(f"{ledgers.charges(number)} charges", ledgers.charges(number) == 1)
    expect(f"{ledgers.instructions(number)} instructions", ledgers.instructions(number) == 1)
    expect(f"{ledgers.records(number)} records", ledgers.records(number) == order.placements.count() == 2)
    parcels = Shipment.objects.filter(fulfillment_order__order=order).count()
    expect("a mail twice", ledgers.most_of_one_mail(number) <= 1)
    for kind, wanted in (("order_confirmed", 1), ("order_shipped", parcels)):
        sent = ledgers.mails(number, kind)
        uncertain = OutboundMail.objects.filter(order=order, kind=kind, state="uncertain").count()
        result.uncertain_mails += uncertain
        is_right = sent == wanted or (uncertain == 1 and sent < wanted)  # what comes after an uncertain one waits
        expect(f"{sent} mails {kind}", is_right)
    references = order.lines.values_list("reference", flat=True)
    expect("entitlements", Entitlement.objects.filter(reference__in=references).count() == 1)
    expect(f"delivery {order.fulfillment_state}", order.fulfillment_state == Order.FulfillmentState.FULFILLED)
    expect("tax documents", order.tax_documents.count() == 1)
    stages = StageRun.objects.filter(run__order=order).exclude(state=StageRun.State.SUCCEEDED)
    left = [f"{stage} {stage.state}" for stage in stages]
    expect(f"stages {left}", all(text.startswith("mail") and text.endswith("parked") for text in left))
    expect("parked without uncertainty", len(left) == result.uncertain_mails)
    return wrong


def judge_stock(world: World, orders: int) -> list[str]:
    """After all trials the counters must say what the orders took."""
    item = StockItem.objects.get(variant=world.mug)
    is_right = (item.on_hand, item.committed, item.reserved) == (100_000 - 2 * orders, 0, 0)
    return [] if is_right else [f"stock {item.on_hand} {item.committed} {item.reserved} after {orders} orders"]


def chosen(world: World, how_many: int, seed: int, *, every_statement: bool) -> list[tuple[str, int]]:
    """The points to die at, in the order in which they are taken: every outside call first, the rest by the seed."""
    outside, others = [], []
    for phase, kinds in census(world, every_statement=every_statement).items():
        for number, kind in enumerate(kinds, 1):
            (outside if "http" in kind or "smtp" in kind else others).append((phase, number))
    if not how_many:
        return outside + others
    dice = random.Random(seed)
    return dice.sample(outside, len(outside)) + dice.sample(others, len(others))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=0, help="how many, 0 for all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every-statement", action="store_true")
    parser.add_argument("--mail-url", required=True)
    given = parser.parse_args()
    call_command("migrate", verbosity=0)
    # There is no broker, and nobody has to wait for one.
    current_app.conf.task_publish_retry_policy = {"max_retries": 1, "interval_start": 0, "interval_step": 0}
    world = World(given.mail_url)
    trials: list[Trial] = []
    for phase, point in chosen(world, given.points, given.seed, every_statement=given.every_statement):
        # A life is not the same each time, since it polls: for a point that was not reached another is taken.
        if given.points and sum(result.kind != NOT_REACHED for result in trials) >= given.points:
            break
        result = trial(world, phase, point, every_statement=given.every_statement)
        trials.append(result)
        print(json.dumps(asdict(result), ensure_ascii=False), flush=True)
    violations = [violation for result in trials for violation in result.violations]
    violations += judge_stock(world, Order.objects.count())
    uncertain = sum(result.uncertain_mails for result in trials)
    slowest = max(result.seconds for result in trials)
    killed = sum(result.kind != NOT_REACHED for result in trials)
    summary = {
        "trials": len(trials),
        "killed": killed,
        "violations": violations,
        "uncertain_mails": uncertain,
        "slowest_s": slowest,
    }
    print(json.dumps(summary, ensure_ascii=False))
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
