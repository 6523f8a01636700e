"""The customer object."""

from typing import Any

from orders.sandboxes.payment.identifiers import new_id, random_text
from orders.sandboxes.payment.objects.address import address, shipping
from orders.sandboxes.payment.parameters.metadata import merged

PLAIN = ("description", "email", "name", "phone")


def new_customer(params: dict[str, Any], *, now: int) -> dict[str, Any]:
    customer: dict[str, Any] = {
        "id": new_id("cus"),
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": now,
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": None,
        "invoice_prefix": random_text(8).upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": {},
        "name": None,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }
    return changed(customer, params)


def changed(customer: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
    """Return the customer with the parameters of a create or update laid over it."""
    after = customer | {name: params[name] or None for name in PLAIN if name in params}
    if "address" in params:
        after["address"] = address(params["address"]) if params["address"] else None
    if "shipping" in params:
        after["shipping"] = shipping(params["shipping"])
    if "preferred_locales" in params:
        after["preferred_locales"] = params["preferred_locales"]
    after["metadata"] = merged(customer["metadata"], params.get("metadata"))
    return after
