"""The PaymentIntent object, and the part of it that a browser may see."""

from typing import Any

from orders.sandboxes.payment.identifiers import new_id, new_secret
from orders.sandboxes.payment.objects.address import shipping
from orders.sandboxes.payment.parameters.metadata import merged

# Source: what Stripe answers to a publishable key with the client secret.
PUBLIC = (
    *("id", "object", "amount", "amount_details", "automatic_payment_methods", "canceled_at", "cancellation_reason"),
    *("capture_method", "client_secret", "confirmation_method", "created", "currency", "description"),
    *("last_payment_error", "livemode", "next_action", "payment_method", "payment_method_configuration_details"),
    *("payment_method_types", "processing", "receipt_email", "setup_future_usage", "shipping", "source", "status"),
)

CHANGEABLE = ("description", "receipt_email", "setup_future_usage", "statement_descriptor_suffix")


def new_payment_intent(params: dict[str, Any], *, amount: int, currency: str, now: int) -> dict[str, Any]:
    identifier = new_id("pi")
    intent = {
        "id": identifier,
        "object": "payment_intent",
        "allowed_payment_method_types": params.get("allowed_payment_method_types"),
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": _automatic(params.get("automatic_payment_methods")),
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": params.get("capture_method", "automatic_async"),
        "client_secret": new_secret(identifier),
        "confirmation_method": "automatic",
        "created": now,
        "currency": currency,
        "customer": params.get("customer"),
        "customer_account": None,
        "description": None,
        "excluded_payment_method_types": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "managed_payments": None,
        "metadata": {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {
            "card": {
                "installments": None,
                "mandate_options": None,
                "network": None,
                "request_three_d_secure": "automatic",
            }
        },
        "payment_method_types": ["card"],
        "processing": None,
        "receipt_email": None,
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "source": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
    }
    return changed(intent, params)


def _automatic(given: dict[str, Any] | None) -> dict[str, Any]:
    return {"allow_redirects": "always", "enabled": True} | (given or {})


def changed(intent: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
    """Return the intent with the descriptive parameters of a create, update or confirm laid over it."""
    after = intent | {name: params[name] or None for name in CHANGEABLE if name in params}
    if "shipping" in params:
        after["shipping"] = shipping(params["shipping"])
    after["metadata"] = merged(intent["metadata"], params.get("metadata"))
    return after


def public_part(intent: dict[str, Any]) -> dict[str, Any]:
    return {name: intent[name] for name in PUBLIC}
