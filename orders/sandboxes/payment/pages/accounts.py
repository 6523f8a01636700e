"""The ledger in numbers, for proofs that count outside the shop's own tables."""

from collections import defaultdict
from typing import Any

from orders.sandboxes.payment.ledger import Book, Record

EMPTY = {
    "payment_intents": 0,
    "intents_succeeded": 0,
    "intents_canceled": 0,
    "charges_succeeded": 0,
    "charges_failed": 0,
    "refunds": 0,
    "amount_charged": 0,
    "amount_refunded": 0,
}


def account(book: Book, *, key: str) -> dict[str, Any]:
    """Return ``totals``, ``orders`` (the same counts by the intent's ``metadata[key]``) and every charge and refund."""
    intents, charges = book.every("payment_intent"), book.every("charge")
    refunds, sessions = book.every("refund"), book.every("checkout.session")
    order_of = {intent["id"]: intent["metadata"].get(key, "") for intent in intents}
    orders: dict[str, dict[str, int]] = defaultdict(EMPTY.copy)
    _count(orders, order_of, intents, charges, refunds)
    return {
        "totals": {name: sum(counts[name] for counts in orders.values()) for name in EMPTY}
        | {"customers": len(book.every("customer")), "checkout_sessions": _by_status(sessions)},
        "orders": {order: counts for order, counts in orders.items() if order},
        "payment_intents": [_brief(intent, "amount", "status", "metadata", "latest_charge") for intent in intents],
        "charges": [_brief(charge, "amount", "status", "payment_intent", "amount_refunded") for charge in charges],
        "refunds": [_brief(refund, "amount", "status", "charge", "payment_intent", "metadata") for refund in refunds],
    }


def _count(
    orders: dict[str, dict[str, int]],
    order_of: dict[str, str],
    intents: list[Record],
    charges: list[Record],
    refunds: list[Record],
) -> None:
    for intent in intents:
        counts = orders[order_of[intent["id"]]]
        counts["payment_intents"] += 1
        if (state := f"intents_{intent['status']}") in counts:
            counts[state] += 1
    for charge in charges:
        counts = orders[order_of[charge["payment_intent"]]]
        counts[f"charges_{charge['status']}"] += 1
        counts["amount_charged"] += charge["amount_captured"]
    for refund in refunds:
        if refund["status"] == "failed":
            continue
        counts = orders[order_of[refund["payment_intent"]]]
        counts["refunds"] += 1
        counts["amount_refunded"] += refund["amount"]


def _by_status(sessions: list[Record]) -> dict[str, int]:
    counts = dict.fromkeys(("open", "complete", "expired"), 0)
    for session in sessions:
        counts[session["status"]] += 1
    return counts


def _brief(record: Record, *names: str) -> Record:
    return {name: record[name] for name in ("id", "created", *names)}
