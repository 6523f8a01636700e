"""Stripe's signature of an event. Source: https://docs.stripe.com/webhooks#verify-manually."""

import hmac
from hashlib import sha256


def signed(payload: str, secret: str, *, at: int) -> str:
    """Return the value of the ``Stripe-Signature`` header; ``at`` is real time, as the receiver compares it."""
    seal = hmac.new(secret.encode(), f"{at}.{payload}".encode(), sha256).hexdigest()
    return f"t={at},v1={seal}"
