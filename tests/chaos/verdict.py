"""What came of chaos from outside, once every run has ended: the receivers' own books against what buyers were told."""

import time
from collections import Counter
from typing import Any

import requests

from tests.chaos.station import Station

WRONG = (
    "lost", "double charges", "double instructions", "wrong records", "double mails", "missing mails",
    "missing entitlements", "not delivered", "parked without a reason",
)  # fmt: skip


def drain(seconds: float) -> float:
    """Wait until every run has ended or stands at a person; how long that took."""
    from django.db import DatabaseError, connection

    from orders.models import StageRun

    began = time.monotonic()
    open_states = ("ready", "running", "waiting")
    while time.monotonic() - began < seconds:
        try:
            if not StageRun.objects.filter(state__in=open_states).exists():
                break
        except DatabaseError:
            connection.close()
        time.sleep(0.2)
    return round(time.monotonic() - began, 1)


def judge(station: Station) -> dict[str, Any]:
    """The receivers' books against what buyers were told, and what stands at a person, with the reason."""
    from orders.models import Order, OutboundMail, StageRun
    from vod.models import Entitlement

    urls = station.stack.urls
    payment, warehouse, kintone, mail = (book(urls[name]) for name in ("payment", "warehouse", "kintone", "mail"))
    instructions = Counter(one["order_number"] for one in warehouse["instructions"])
    records = Counter(one["content"]["order_number"] for one in kintone["records"])
    arrivals: Counter[str] = Counter()
    most: Counter[str] = Counter()  # how often the most repeated mail of an order came
    for message_id, times in mail["arrivals"].items():
        kind, _, rest = message_id.lstrip("<").partition(".")
        number = rest.split("@")[0].split(".")[0]
        arrivals[f"{kind} {number}"] += times
        most[number] = max(most[number], times)
    found: Counter[str] = Counter(dict.fromkeys(WRONG, 0))
    uncertain = set(OutboundMail.objects.filter(state="uncertain").values_list("order__number", "kind"))
    examples: list[str] = []
    for order in Order.objects.prefetch_related("lines"):
        number, wrong = order.number, []
        charges = payment["orders"].get(number, {}).get("charges_succeeded", 0)
        wrong += ["double charges"] * (charges > 1) + ["lost"] * (charges == 0)
        wrong += ["double instructions"] * (instructions[number] > 1) + ["lost"] * (instructions[number] == 0)
        wrong += ["wrong records"] * (records[number] != 2)
        for kind, wanted in (("order_confirmed", 1), ("order_shipped", 2)):
            sent = arrivals[f"{kind} {number}"]
            wrong += ["double mails"] * (sent > wanted or most[number] > 1)
            wrong += ["missing mails"] * (sent < wanted and (number, kind) not in uncertain)
        references = [line.reference for line in order.lines.all()]
        wrong += ["missing entitlements"] * (Entitlement.objects.filter(reference__in=references).count() != 1)
        wrong += ["not delivered"] * (order.fulfillment_state != Order.FulfillmentState.FULFILLED)
        found.update(wrong)
        examples += [f"{number}: {', '.join(wrong)}"] * bool(wrong)
    left = StageRun.objects.exclude(state__in=("succeeded", "skipped", "cancelled", "blocked"))
    parked = Counter(f"{s.name} {s.state}: {s.error_kind}" for s in left)
    explained = {name: n for name, n in parked.items() if name.startswith("mail") and name.endswith("uncertain")}
    found["parked without a reason"] = sum(parked.values()) - sum(explained.values())
    return {"orders": Order.objects.count(), "wrong": dict(found), "parked": dict(parked), "examples": examples[:10]}


def book(url: str) -> dict[str, Any]:
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(f"{url}/sandbox/ledger.json", timeout=60)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found
