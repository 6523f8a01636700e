"""The payment method object; always a card."""

import hashlib
from typing import Any

from orders.sandboxes.payment.cards import Card
from orders.sandboxes.payment.identifiers import new_id
from orders.sandboxes.payment.objects.address import billing_details


def new_payment_method(
    card: Card,
    *,
    expiry: tuple[int, int],
    cvc_given: bool,
    billing: dict[str, Any] | None,
    metadata: dict[str, str],
    now: int,
) -> dict[str, Any]:
    """Return the object for a test card; ``expiry`` is (month, year). Of the number it carries the last four digits."""
    return {
        "id": new_id("pm"),
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": billing_details(billing),
        "card": _card(card, expiry=expiry, cvc_given=cvc_given),
        "created": now,
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": metadata,
        "type": "card",
    }


def _card(card: Card, *, expiry: tuple[int, int], cvc_given: bool) -> dict[str, Any]:
    return {
        "brand": card.brand,
        "checks": {
            "address_line1_check": None,
            "address_postal_code_check": None,
            "cvc_check": "unchecked" if cvc_given else None,
        },
        "country": card.country,
        "display_brand": card.brand,
        "exp_month": expiry[0],
        "exp_year": expiry[1],
        "fingerprint": fingerprint(card),
        "funding": card.funding,
        "generated_from": None,
        "last4": card.number[-4:],
        "networks": {"available": [card.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }


def fingerprint(card: Card) -> str:
    """Return the same 16 letters for the same card, as Stripe does."""
    return hashlib.sha256(card.number.encode()).hexdigest()[:16]
