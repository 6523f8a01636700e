"""The life of a PaymentIntent: confirm, 3-D Secure, charge or decline, cancel.

Source of the states: https://docs.stripe.com/payments/paymentintents/lifecycle. Every step runs in one write
transaction of the ledger, so of two steps at once the second sees what the first has done.
"""

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from orders.sandboxes.payment.cards import AUTHENTICATION, Card, Decline
from orders.sandboxes.payment.errors import Refusal, unexpected_state
from orders.sandboxes.payment.flows.balance import note_charge
from orders.sandboxes.payment.flows.methods import card_behind, spend
from orders.sandboxes.payment.identifiers import new_id
from orders.sandboxes.payment.ledger import Book, Record
from orders.sandboxes.payment.objects.charge import new_charge
from orders.sandboxes.payment.options import Options

CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
CANCELABLE = ("requires_payment_method", "requires_capture", "requires_confirmation", "requires_action", "processing")
UNAUTHENTICATED = (
    "We are unable to authenticate your payment method. Please choose a different payment method and try again."
)


def confirm(
    book: Book,
    house: Options,
    intent: Record,
    *,
    method: Record,
    return_url: str | None,
    off_session: bool = False,
    by_library: bool = False,
) -> Record:
    """Try to take the money. Return the intent: succeeded, or waiting for 3-D Secure.

    ``by_library``: the browser's library shows the 3-D Secure page in a frame of its own. Raises Refusal with
    status 402 for a decline; the failed charge stays written.
    """
    refuse_unless_confirmable(intent)
    card = card_behind(book, method)
    intent = intent | {"payment_method": method["id"], "last_payment_error": None, "next_action": None}
    if card.asks_authentication and off_session:
        return decline(book, house, intent, method, AUTHENTICATION)
    if card.asks_authentication:
        return _ask_authentication(book, house, intent, return_url=return_url, by_library=by_library)
    return _charge(book, house, intent, method, card, authenticated=False)


def refuse_unless_confirmable(intent: Record) -> None:
    if intent["status"] == "succeeded":
        message = (
            "You cannot confirm this PaymentIntent because it has already succeeded after being previously confirmed."
        )
        raise unexpected_state(message, intent)
    if intent["status"] not in CONFIRMABLE:
        raise unexpected_state(
            f"This PaymentIntent's status is {intent['status']}; it cannot be confirmed. Only one with a status of"
            f" {', '.join(CONFIRMABLE)} can be.",
            intent,
        )


def _ask_authentication(
    book: Book, house: Options, intent: Record, *, return_url: str | None, by_library: bool
) -> Record:
    attempt = new_id("src")
    book.set_private(intent["id"], attempt=attempt, return_url=return_url)
    page = f"{house.public_url}/3ds/{intent['id']}/{attempt}"
    if by_library:
        action = {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect", "stripe_js": page}}
    else:
        action = {"type": "redirect_to_url", "redirect_to_url": {"return_url": return_url, "url": page}}
    intent = book.save(intent | {"status": "requires_action", "next_action": action})
    book.outbox.tell("payment_intent.requires_action", intent)
    return intent


def authenticate(book: Book, house: Options, intent: Record, *, attempt: str, passed: bool) -> Record | None:
    """End the 3-D Secure step and return the intent; None if that attempt is no longer the one awaited."""
    private = book.private(intent["id"])
    if intent["status"] != "requires_action" or private.get("attempt") != attempt:
        return None
    method = book.find("payment_method", intent["payment_method"])
    assert method is not None, "an intent in requires_action names its payment method"
    intent = intent | {"next_action": None}
    try:
        if passed:
            return _charge(book, house, intent, method, card_behind(book, method), authenticated=True)
        return _fail_authentication(book, intent, method)
    except Refusal as refusal:
        left: Record = refusal.error["payment_intent"]
        return left


def _fail_authentication(book: Book, intent: Record, method: Record) -> Record:
    error = {
        "code": "payment_intent_authentication_failure",
        "doc_url": "https://docs.stripe.com/error-codes#payment-intent-authentication-failure",
        "message": UNAUTHENTICATED,
        "payment_method": method,
        "type": "invalid_request_error",
    }
    return _fall_back(book, intent, error)


def _charge(book: Book, house: Options, intent: Record, method: Record, card: Card, *, authenticated: bool) -> Record:
    if card.decline is not None:
        return decline(book, house, intent, method, card.decline, authenticated=authenticated)
    charge = note_charge(book, _add_charge(book, house, intent, method, refusal=None, authenticated=authenticated))
    intent = book.save(
        intent | {"status": "succeeded", "amount_received": intent["amount"], "latest_charge": charge["id"]}
    )
    spend(book, method, intent)
    book.outbox.tell("charge.succeeded", charge)
    book.outbox.tell("payment_intent.succeeded", intent)
    return intent


def _add_charge(
    book: Book, house: Options, intent: Record, method: Record, *, refusal: Decline | None, authenticated: bool
) -> Record:
    charge = new_charge(
        intent,
        method,
        decline=refusal,
        authenticated=authenticated,
        receipt_root=house.public_url,
        merchant=house.merchant,
        now=book.second,
    )
    return book.add(charge)


def decline(
    book: Book, house: Options, intent: Record, method: Record, refusal: Decline, *, authenticated: bool = False
) -> Record:
    """Write the failed charge and raise the 402; the intent can be paid again with another card."""
    charge = _add_charge(book, house, intent, method, refusal=refusal, authenticated=authenticated)
    book.outbox.tell("charge.failed", charge)
    answer = Refusal(
        refusal.message,
        status=402,
        kind="card_error",
        code=refusal.code,
        param=refusal.param,
        keeps_work=True,
        charge=charge["id"],
        decline_code=refusal.reason,
        payment_method=method,
    )
    intent = _fall_back(book, intent | {"latest_charge": charge["id"]}, dict(answer.error))
    answer.error["payment_intent"] = intent
    raise answer


def _fall_back(book: Book, intent: Record, error: dict[str, Any]) -> Record:
    """Make the intent payable again after a try that failed, and tell why."""
    changes = {"status": "requires_payment_method", "payment_method": None, "next_action": None}
    intent = book.save(intent | changes | {"last_payment_error": error})
    book.outbox.tell("payment_intent.payment_failed", intent)
    return intent


def cancel(book: Book, intent: Record, *, reason: str | None) -> Record:
    """End an intent that has taken no money; afterwards nothing can charge it."""
    if intent["status"] not in CANCELABLE:
        raise unexpected_state(
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}. Only a PaymentIntent"
            f" with one of the following statuses may be canceled: {', '.join(CANCELABLE)}.",
            intent,
        )
    changes = {"canceled_at": book.second, "cancellation_reason": reason, "next_action": None}
    intent = book.save(intent | changes | {"status": "canceled"})
    book.outbox.tell("payment_intent.canceled", intent)
    return intent


def address_to_return_to(return_url: str, intent: Record) -> str:
    """Return the shop's address with what Stripe adds to it after a redirect."""
    parts = urlsplit(return_url)
    told = {
        "payment_intent": intent["id"],
        "payment_intent_client_secret": intent["client_secret"],
        "redirect_status": "succeeded" if intent["status"] == "succeeded" else "failed",
    }
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *told.items()])
    return urlunsplit(parts._replace(query=query))
