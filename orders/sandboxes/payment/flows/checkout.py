"""The life of a Checkout Session: open, then complete by a payment or expired; never both."""

from typing import Any

from orders.sandboxes.payment.errors import Refusal
from orders.sandboxes.payment.flows import payment
from orders.sandboxes.payment.flows.methods import make_method
from orders.sandboxes.payment.ledger import Book, Record
from orders.sandboxes.payment.objects.checkout_session import customer_details
from orders.sandboxes.payment.objects.payment_intent import new_payment_intent
from orders.sandboxes.payment.options import Options


def lines_of(book: Book, session: Record) -> list[Record]:
    lines: list[Record] = book.private(session["id"])["lines"]
    return lines


def pay(book: Book, house: Options, session: Record, form: dict[str, Any]) -> Record:
    """Pay a session with a card form and return the session: complete, expired, or open while the bank is asked.

    ``form`` is the ``card`` and ``billing_details`` of a payment method. A session that is not open any more is
    returned as it is. Raises Refusal for a card that is declined or cannot be.
    """
    if is_overdue(book, session):
        return expire(book, session)
    if session["status"] != "open":
        return session
    method = make_method(book, {"type": "card", **form})
    intent = _intent_to_pay(book, session)
    details = form.get("billing_details", {})
    told = customer_details(email=session["customer_email"] or details.get("email"), name=details.get("name"))
    session = book.save(session | {"payment_intent": intent["id"], "customer_details": told})
    back = f"{house.public_url}/c/pay/{session['id']}/return"
    intent = payment.confirm(book, house, intent, method=method, return_url=back)
    return complete_if_paid(book, session, intent)


def bank_page(book: Book, session: Record) -> str | None:
    """Return the address of the 3-D Secure page that an open session waits for."""
    intent = book.find("payment_intent", session["payment_intent"] or "")
    action = intent["next_action"] if intent else None
    return action["redirect_to_url"]["url"] if action else None


def _intent(book: Book, session: Record) -> Record:
    intent = book.find("payment_intent", session["payment_intent"])
    assert intent is not None, "a session names an intent only after it was written"
    return intent


def _intent_to_pay(book: Book, session: Record) -> Record:
    """Return the session's intent; it is made by the first try to pay, as at Stripe."""
    if session["payment_intent"]:
        return _intent(book, session)
    wanted = dict(book.private(session["id"])["payment_intent_data"])
    wanted |= {"customer": session["customer"], "allowed_payment_method_types": ["card"]}
    intent = new_payment_intent(wanted, amount=session["amount_total"], currency=session["currency"], now=book.second)
    book.add(intent, session=session["id"])
    book.outbox.tell("payment_intent.created", intent)
    return intent


def complete_if_paid(book: Book, session: Record, intent: Record) -> Record:
    if intent["status"] != "succeeded" or session["status"] != "open":
        return session
    session = book.save(session | {"status": "complete", "payment_status": "paid", "url": None})
    book.outbox.tell("checkout.session.completed", session)
    return session


def session_of(book: Book, intent: Record) -> Record | None:
    """Return the session that made this intent, if one did."""
    identifier = book.private(intent["id"]).get("session")
    return book.find("checkout.session", identifier) if identifier else None


def expire(book: Book, session: Record) -> Record:
    """Close an open session; an intent that it has made is canceled with it."""
    if session["status"] != "open":
        raise Refusal(
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of'
            f" {session['status']}."
        )
    if session["payment_intent"]:
        payment.cancel(book, _intent(book, session), reason="automatic")
    session = book.save(session | {"status": "expired", "url": None})
    book.outbox.tell("checkout.session.expired", session)
    return session


def expire_overdue(book: Book) -> int:
    """Expire the sessions whose time has run out and return how many there were."""
    overdue = [session for session in book.every("checkout.session", status="open") if is_overdue(book, session)]
    for session in overdue:
        expire(book, session)
    return len(overdue)


def is_overdue(book: Book, session: Record) -> bool:
    return bool(session["status"] == "open" and session["expires_at"] <= book.now)


def after_success(session: Record) -> str:
    address: str = session["success_url"]
    return address.replace("{CHECKOUT_SESSION_ID}", session["id"])
