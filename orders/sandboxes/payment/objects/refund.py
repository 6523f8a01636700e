"""The refund object."""

from typing import Any

from orders.sandboxes.payment.identifiers import new_id, random_text


def new_refund(charge: dict[str, Any], params: dict[str, Any], *, amount: int, now: int) -> dict[str, Any]:
    return {
        "id": new_id("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": now,
        "currency": charge["currency"],
        "customer": charge["customer"],
        "customer_account": None,
        "destination_details": {
            "card": {"reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"},
            "type": "card",
        },
        "metadata": params.get("metadata") or {},
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": params.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }


def with_reference(refund: dict[str, Any]) -> dict[str, Any]:
    """Return the refund once the bank has told the number by which the buyer can ask for it."""
    card = {"reference": random_text(23).upper(), "reference_status": "available"}
    details = refund["destination_details"]
    return refund | {"destination_details": details | {"card": details["card"] | card}}
