"""The Checkout Session object and its lines."""

from copy import deepcopy
from typing import Any

from orders.sandboxes.payment.identifiers import SESSION_PREFIX, new_id

DAY_S = 24 * 3600


# What a session of this sandbox answers for everything it does not offer, or offers in one way only.
FIXED: dict[str, Any] = {
    "object": "checkout.session",
    "adaptive_pricing": {"enabled": False},
    "after_expiration": None,
    "allow_promotion_codes": None,
    "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
    "billing_address_collection": None,
    "client_secret": None,
    "collected_information": None,
    "consent": None,
    "consent_collection": None,
    "currency_conversion": None,
    "custom_fields": [],
    "custom_text": {
        "after_submit": None,
        "shipping_address": None,
        "submit": None,
        "terms_of_service_acceptance": None,
    },
    "customer_account": None,
    "discounts": [],
    "integration_identifier": None,
    "invoice": None,
    "invoice_creation": {
        "enabled": False,
        "invoice_data": {
            "account_tax_ids": None,
            "custom_fields": None,
            "description": None,
            "footer": None,
            "issuer": None,
            "metadata": {},
            "rendering_options": None,
        },
    },
    "livemode": False,
    "managed_payments": None,
    "mode": "payment",
    "origin_context": None,
    "payment_intent": None,
    "payment_link": None,
    "payment_method_collection": "if_required",
    "payment_method_configuration_details": None,
    "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
    "payment_method_types": ["card"],
    "payment_status": "unpaid",
    "permissions": None,
    "phone_number_collection": {"enabled": False},
    "recovered_from": None,
    "saved_payment_method_options": None,
    "setup_intent": None,
    "shipping_address_collection": None,
    "shipping_cost": None,
    "shipping_options": [],
    "status": "open",
    "subscription": None,
    "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
    "ui_mode": "hosted_page",
    "wallet_options": None,
}


def new_session(
    params: dict[str, Any], *, lines: list[dict[str, Any]], currency: str, public_url: str, now: int
) -> dict[str, Any]:
    identifier, total = new_id(SESSION_PREFIX), sum(line["amount_total"] for line in lines)
    email = params.get("customer_email")
    return deepcopy(FIXED) | {
        "id": identifier,
        "allowed_payment_method_types": params.get("allowed_payment_method_types"),
        "amount_subtotal": total,
        "amount_total": total,
        "cancel_url": params.get("cancel_url"),
        "client_reference_id": params.get("client_reference_id"),
        "created": now,
        "currency": currency,
        "customer": params.get("customer"),
        "customer_creation": None if params.get("customer") else "if_required",
        "customer_details": customer_details(email=email) if email else None,
        "customer_email": email,
        "expires_at": params.get("expires_at", now + DAY_S),
        "locale": params.get("locale"),
        "metadata": params.get("metadata") or {},
        "submit_type": params.get("submit_type"),
        "success_url": params["success_url"],
        "url": f"{public_url}/c/pay/{identifier}",
    }


def customer_details(*, email: str | None, name: str | None = None) -> dict[str, Any]:
    return {
        "address": None,
        "business_name": None,
        "email": email,
        "individual_name": None,
        "name": name,
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": [],
    }


def new_line(given: dict[str, Any], *, now: int) -> dict[str, Any]:
    """Return one line (``item``) with the price that was made for it."""
    data, quantity = given["price_data"], given["quantity"]
    total = data["unit_amount"] * quantity
    return {
        "id": new_id("li"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": total,
        "amount_tax": 0,
        "amount_total": total,
        "currency": data["currency"].lower(),
        "description": data["product_data"]["name"],
        "metadata": given.get("metadata") or {},
        "price": _price(data, now=now),
        "quantity": quantity,
    }


def _price(data: dict[str, Any], *, now: int) -> dict[str, Any]:
    return {
        "id": new_id("price"),
        "object": "price",
        "active": False,
        "billing_scheme": "per_unit",
        "created": now,
        "currency": data["currency"].lower(),
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": None,
        "metadata": {},
        "nickname": None,
        "product": new_id("prod"),
        "recurring": None,
        "tax_behavior": data.get("tax_behavior", "unspecified"),
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "one_time",
        "unit_amount": data["unit_amount"],
        "unit_amount_decimal": str(data["unit_amount"]),
    }
