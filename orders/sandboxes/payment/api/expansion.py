"""Expanding: an id in an answer is replaced by the object that it names."""

import copy
from typing import Any

from orders.sandboxes.payment.errors import Refusal
from orders.sandboxes.payment.ledger import Book

# The fields that name an object, and its kind in the ledger.
EXPANDABLE = {
    "balance_transaction": "balance_transaction",
    "charge": "charge",
    "customer": "customer",
    "latest_charge": "charge",
    "payment_intent": "payment_intent",
    "payment_method": "payment_method",
}
DEEPEST = 4


def expanded(book: Book, answer: dict[str, Any], wanted: list[str]) -> dict[str, Any]:
    """Return a copy of the answer with the wanted paths (``latest_charge.customer``, ``data.charge``) filled in."""
    answer = copy.deepcopy(answer)
    for path in wanted:
        names = path.split(".")
        if len(names) > DEEPEST:
            raise Refusal(f"You cannot expand more than {DEEPEST} levels of a property. Property: {path}.")
        _fill(book, answer, names, path)
    return answer


def _fill(book: Book, here: dict[str, Any], names: list[str], path: str) -> None:
    name, below = names[0], names[1:]
    if name == "data" and here.get("object") == "list":
        for item in here["data"]:
            _fill(book, item, below, path)
        return
    if not _fill_list(book, here, name):
        _fill_one(book, here, name, path)
    if below and isinstance(here[name], dict):
        _fill(book, here[name], below, path)


def _fill_one(book: Book, here: dict[str, Any], name: str, path: str) -> None:
    if name not in EXPANDABLE or name not in here:
        raise Refusal(f"This property cannot be expanded ({path}).", param="expand")
    if isinstance(here[name], str):
        here[name] = book.find(EXPANDABLE[name], here[name])


def _fill_list(book: Book, here: dict[str, Any], name: str) -> bool:
    """Fill in a list that Stripe leaves out until asked: a charge's refunds, a session's lines."""
    if name == "refunds" and here["object"] == "charge":
        rows, url = book.every("refund", charge=here["id"]), f"/v1/charges/{here['id']}/refunds"
    elif name == "line_items" and here["object"] == "checkout.session":
        rows, url = book.private(here["id"])["lines"], f"/v1/checkout/sessions/{here['id']}/line_items"
    else:
        return False
    here[name] = {"object": "list", "data": rows, "has_more": False, "url": url}
    return True
