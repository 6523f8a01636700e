"""Stripe's test cards and what each of them does.

Source: https://docs.stripe.com/testing. A number that is not in the table is declined, as Stripe does with a
real card in test mode.
"""

from dataclasses import dataclass

from orders.sandboxes.payment.errors import Refusal

BRANDS = {"visa": "Visa", "mastercard": "Mastercard", "amex": "American Express", "jcb": "JCB"}


@dataclass(frozen=True, kw_only=True)
class Decline:
    """Why the bank says no; ``param`` is the field of the card form that is to blame."""

    code: str
    reason: str | None
    message: str
    param: str | None = None


@dataclass(frozen=True, kw_only=True)
class Card:
    """One test card: whether it asks for 3-D Secure and how the charge ends."""

    number: str
    country: str = "US"
    funding: str = "credit"
    asks_authentication: bool = False
    decline: Decline | None = None

    @property
    def brand(self) -> str:
        return brand_of(self.number)


GENERIC = Decline(code="card_declined", reason="generic_decline", message="Your card was declined.")
LIVE_CARD = Decline(
    code="card_declined",
    reason="test_mode_live_card",
    message="Your card was declined. Your request was in test mode, but used a non test card.",
)
AUTHENTICATION = Decline(
    code="authentication_required",
    reason="authentication_required",
    message="Your card was declined. This transaction requires authentication.",
)
FUNDS = Decline(code="card_declined", reason="insufficient_funds", message="Your card has insufficient funds.")
LOST = Decline(code="card_declined", reason="lost_card", message="Your card was declined.")
STOLEN = Decline(code="card_declined", reason="stolen_card", message="Your card was declined.")
EXPIRED = Decline(code="expired_card", reason=None, message="Your card has expired.", param="exp_month")
WRONG_CVC = Decline(code="incorrect_cvc", reason=None, message="Your card's security code is incorrect.", param="cvc")
PROCESSING = Decline(
    code="processing_error",
    reason=None,
    message="An error occurred while processing your card. Try again in a little bit.",
)

CARDS = {
    card.number: card
    for card in (
        Card(number="4242424242424242"),
        Card(number="4000056655665556", funding="debit"),
        Card(number="5555555555554444"),
        Card(number="378282246310005"),
        Card(number="3566002020360505", country="JP"),
        Card(number="4000003920000003", country="JP"),
        Card(number="4000000000000002", decline=GENERIC),
        Card(number="4000000000000341", decline=GENERIC),
        Card(number="4000000000009995", decline=FUNDS),
        Card(number="4000000000009987", decline=LOST),
        Card(number="4000000000009979", decline=STOLEN),
        Card(number="4000000000000069", decline=EXPIRED),
        Card(number="4000000000000127", decline=WRONG_CVC),
        Card(number="4000000000000119", decline=PROCESSING),
        Card(number="4000002500003155", asks_authentication=True),
        Card(number="4000000000003220", asks_authentication=True),
        Card(number="4000002760003184", asks_authentication=True),
        Card(number="4000008400001629", asks_authentication=True, decline=GENERIC),
    )
}

SHORTHANDS = {
    "pm_card_visa": "4242424242424242",
    "pm_card_mastercard": "5555555555554444",
    "pm_card_jcb": "3566002020360505",
    "pm_card_jp": "4000003920000003",
    "pm_card_visa_chargeDeclined": "4000000000000002",
    "pm_card_visa_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_chargeDeclined": "4000000000000002",
    "pm_card_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_chargeDeclinedExpiredCard": "4000000000000069",
    "pm_card_chargeDeclinedIncorrectCvc": "4000000000000127",
    "pm_card_chargeDeclinedProcessingError": "4000000000000119",
    "pm_card_chargeCustomerFail": "4000000000000341",
    "pm_card_threeDSecure2Required": "4000000000003220",
    "pm_card_authenticationRequired": "4000002760003184",
}


def brand_of(number: str) -> str:
    if number.startswith(("34", "37")):
        return "amex"
    if number.startswith("35"):
        return "jcb"
    return "visa" if number.startswith("4") else "mastercard"


def card_of(number: str) -> Card:
    """Return the test card with that number; any other number behaves as a real card in test mode."""
    return CARDS.get(number) or Card(number=number, decline=LIVE_CARD)


def checked_number(typed: str) -> str:
    """Return the digits, or refuse a number that no card can have (wrong length or check digit)."""
    digits = typed.replace(" ", "").replace("-", "")
    if not (digits.isascii() and digits.isdigit()) or not 12 <= len(digits) <= 19 or not _passes_luhn(digits):
        raise _card_refusal("incorrect_number", "Your card number is incorrect.", "number")
    return digits


def checked_expiry(month: int, year: int, *, today: tuple[int, int]) -> tuple[int, int]:
    """Return (month, four-digit year); ``today`` is (year, month) of the ledger's clock."""
    full_year = year + 2000 if year < 100 else year
    if not 1 <= month <= 12:
        raise _card_refusal("invalid_expiry_month", "Your card's expiration month is invalid.", "exp_month")
    if full_year < today[0] or full_year > today[0] + 50:
        raise _card_refusal("invalid_expiry_year", "Your card's expiration year is invalid.", "exp_year")
    if (full_year, month) < today:
        raise _card_refusal("invalid_expiry_month", "Your card's expiration month is invalid.", "exp_month")
    return month, full_year


def checked_cvc(typed: str, number: str) -> str:
    wanted = 4 if brand_of(number) == "amex" else 3
    if not (typed.isascii() and typed.isdigit()) or len(typed) != wanted:
        raise _card_refusal("invalid_cvc", "Your card's security code is invalid.", "cvc")
    return typed


def _card_refusal(code: str, message: str, param: str) -> Refusal:
    return Refusal(message, status=402, kind="card_error", code=code, param=param)


def _passes_luhn(digits: str) -> bool:
    doubled = [int(digit) * (1 + position % 2) for position, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
