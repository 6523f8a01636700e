"""Giving money back: never more than was taken, and sometimes it does not arrive."""

from typing import Any

from orders.sandboxes.payment.errors import Refusal, missing, no_such
from orders.sandboxes.payment.flows.balance import note_refund, note_refund_failure
from orders.sandboxes.payment.ledger import Book, Record
from orders.sandboxes.payment.money import shown
from orders.sandboxes.payment.objects.refund import new_refund, with_reference


def refund(book: Book, params: dict[str, Any]) -> Record:
    """Refund a charge, or the charge of an intent, in full or in part; refuse more than what is left of it."""
    charge = _charge_to_refund(book, params)
    amount = _amount(charge, params.get("amount"))
    made = note_refund(book, book.add(new_refund(charge, params, amount=amount, now=book.second)))
    refunded = charge["amount_refunded"] + amount
    after = charge | {"amount_refunded": refunded, "refunded": refunded == charge["amount"]}
    book.save(after)
    before = {"amount_refunded": charge["amount_refunded"], "refunded": charge["refunded"]}
    book.outbox.tell("refund.created", made)
    book.outbox.tell("charge.refunded", after, previous=before)
    referenced = book.save(with_reference(made))
    book.outbox.tell("refund.updated", referenced, previous={"destination_details": made["destination_details"]})
    return made


def fail(book: Book, identifier: str) -> Record:
    """Let a refund fail after it had succeeded, as when the card was closed: the money is the shop's again."""
    made = book.find("refund", identifier)
    if made is None:
        raise no_such("refund", identifier, param="id", status=404)
    if made["status"] != "succeeded":
        raise Refusal(f"Refund {identifier} is {made['status']}, so it cannot fail any more.", param="id")
    failed = made | {"status": "failed", "failure_reason": "expired_or_canceled_card"}
    failed = note_refund_failure(book, failed)
    charge = _charge(book, made["charge"])
    book.save(charge | {"amount_refunded": charge["amount_refunded"] - made["amount"], "refunded": False})
    book.outbox.tell("refund.updated", failed, previous={"status": made["status"]})
    book.outbox.tell("refund.failed", failed)
    return failed


def _charge_to_refund(book: Book, params: dict[str, Any]) -> Record:
    if "charge" in params and "payment_intent" in params:
        raise Refusal("You may only specify one of these parameters: charge, payment_intent.")
    if "charge" in params:
        return _charge(book, params["charge"])
    if "payment_intent" not in params:
        raise missing("payment_intent")
    identifier = params["payment_intent"]
    if book.find("payment_intent", identifier) is None:
        raise no_such("payment_intent", identifier, param="payment_intent")
    paid = book.every("charge", payment_intent=identifier, status="succeeded")
    if not paid:
        raise Refusal(
            f"This PaymentIntent ({identifier}) does not have a successful charge to refund.", param="payment_intent"
        )
    return paid[0]


def _charge(book: Book, identifier: str) -> Record:
    charge = book.find("charge", identifier)
    if charge is None:
        raise no_such("charge", identifier, param="charge")
    if charge["status"] != "succeeded":
        raise Refusal(f"Charge {identifier} failed, so there is nothing to refund.", param="charge")
    return charge


def _amount(charge: Record, wanted: int | None) -> int:
    left = charge["amount"] - charge["amount_refunded"]
    if left == 0:
        raise Refusal(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    amount = left if wanted is None else wanted
    if amount < 1:
        raise Refusal(
            "This value must be greater than or equal to 1.", code="parameter_invalid_integer", param="amount"
        )
    if amount > left:
        currency = charge["currency"]
        raise Refusal(
            f"Refund amount ({shown(amount, currency)}) is greater than unrefunded amount on charge"
            f" ({shown(left, currency)})",
            param="amount",
        )
    return amount
