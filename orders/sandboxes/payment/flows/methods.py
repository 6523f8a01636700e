"""Payment methods: made from a test card, used once unless they belong to a customer."""

import time
from typing import Any

from orders.sandboxes.payment.cards import CARDS, SHORTHANDS, Card, card_of, checked_cvc, checked_expiry, checked_number
from orders.sandboxes.payment.errors import Refusal, missing, no_such, not_implemented
from orders.sandboxes.payment.ledger import Book, Record
from orders.sandboxes.payment.objects.payment_method import new_payment_method
from orders.sandboxes.payment.parameters.metadata import merged

SHORTHAND_EXPIRY_YEARS = 4


def make_method(book: Book, params: dict[str, Any], *, under: str = "") -> Record:
    """Write a payment method from the parameters of a card form; ``under`` is the group's name in a refusal.

    Only the number's last digits and the test card's behaviour are kept, as on any real card form.
    """
    kind = params.get("type")
    if kind is None:
        raise missing(f"{under}[type]" if under else "type")
    if kind != "card":
        raise not_implemented(f"{under}[type]" if under else "type", kind)
    given = params.get("card") or {}
    for name in ("number", "exp_month", "exp_year"):
        if name not in given:
            raise missing(f"{under}[card][{name}]" if under else f"card[{name}]")
    number = checked_number(given["number"])
    expiry = checked_expiry(given["exp_month"], given["exp_year"], today=_month(book))
    if given.get("cvc") is not None:
        checked_cvc(given["cvc"], number)
    return _add(book, number, expiry, cvc_given="cvc" in given, params=params)


def _month(book: Book) -> tuple[int, int]:
    today = time.gmtime(book.now)
    return today.tm_year, today.tm_mon


def _add(book: Book, number: str, expiry: tuple[int, int], *, cvc_given: bool, params: dict[str, Any]) -> Record:
    method = new_payment_method(
        card_of(number),
        expiry=expiry,
        cvc_given=cvc_given,
        billing=params.get("billing_details"),
        metadata=merged({}, params.get("metadata")),
        now=book.second,
    )
    # A number outside the table is somebody's real card, typed by mistake: it is not written down.
    return book.add(method, number=number if number in CARDS else None)


def method_for(book: Book, identifier: str, *, customer: str | None, param: str = "payment_method") -> Record:
    """Return the payment method to charge; a shorthand such as ``pm_card_visa`` makes a new one, as at Stripe."""
    if identifier in SHORTHANDS:
        year = _month(book)[0] + SHORTHAND_EXPIRY_YEARS
        return _add(book, SHORTHANDS[identifier], (12, year), cvc_given=False, params={})
    method = book.find("payment_method", identifier)
    if method is None:
        raise no_such("PaymentMethod", identifier, param=param)
    if method["customer"] is not None and method["customer"] != customer:
        raise Refusal(
            f"The provided PaymentMethod belongs to Customer {method['customer']}. Confirm with that customer.",
            param=param,
        )
    if book.private(identifier).get("spent"):
        raise Refusal(
            "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, and may"
            " not be used again. To use it multiple times, attach it to a Customer first.",
            param=param,
        )
    return method


def card_behind(book: Book, method: Record) -> Card:
    """Return the test card whose behaviour decides how a charge ends."""
    return card_of(book.private(method["id"]).get("number") or "")


def spend(book: Book, method: Record, intent: Record) -> Record:
    """Note a successful charge: the method is kept for the customer where that was asked, else it is used up."""
    if intent["customer"] and intent["setup_future_usage"] and method["customer"] is None:
        book.save(method := method | {"customer": intent["customer"]})
    if method["customer"] is None:
        book.set_private(method["id"], spent=True)
    return method
