"""The charge object: one try to take money from one card."""

from typing import Any

from orders.sandboxes.payment.cards import Decline
from orders.sandboxes.payment.identifiers import new_id


def new_charge(
    intent: dict[str, Any],
    method: dict[str, Any],
    *,
    decline: Decline | None,
    authenticated: bool,
    receipt_root: str,
    merchant: str,
    now: int,
) -> dict[str, Any]:
    """Return the charge of an intent by a payment method: succeeded, or failed by the bank's ``decline``."""
    identifier, paid = new_id("ch"), decline is None
    return {
        "id": identifier,
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": intent["amount"] if paid else 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": merchant.upper()[:22],
        "captured": paid,
        "created": now,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": decline.code if decline else None,
        "failure_message": decline.message if decline else None,
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "on_behalf_of": None,
        "outcome": _outcome(decline),
        "paid": paid,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": _details(intent, method, decline=decline, authenticated=authenticated),
        "receipt_email": intent["receipt_email"],
        "receipt_number": None,
        "receipt_url": f"{receipt_root}/sandbox/#{identifier}",
        "refunded": False,
        "refunds": None,
        "review": None,
        "shipping": intent["shipping"],
        "source": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": intent["statement_descriptor_suffix"],
        "status": "succeeded" if paid else "failed",
        "transfer_data": None,
        "transfer_group": None,
    }


def _outcome(decline: Decline | None) -> dict[str, Any]:
    unsaid = dict.fromkeys(("advice_code", "network_advice_code", "network_decline_code", "reason"))
    if decline is None:
        message, told = "Payment complete.", {"network_status": "approved_by_network", "type": "authorized"}
        return unsaid | told | {"risk_level": "normal", "seller_message": message}
    reason = decline.reason or decline.code
    return unsaid | {
        "advice_code": "try_again_later" if decline.code == "processing_error" else "do_not_try_again",
        "network_decline_code": "01",
        "network_status": "declined_by_network",
        "reason": reason,
        "risk_level": "normal",
        "seller_message": f"The bank returned the decline code `{reason}`.",
        "type": "issuer_declined",
    }


def _details(
    intent: dict[str, Any], method: dict[str, Any], *, decline: Decline | None, authenticated: bool
) -> dict[str, Any]:
    card, amount = method["card"], intent["amount"]
    unavailable = {"status": "unavailable"}
    return {
        "card": {
            "amount_authorized": amount if decline is None else None,
            "authorization_code": "123456" if decline is None else None,
            "brand": card["brand"],
            "checks": _checks(card, decline),
            "country": card["country"],
            "exp_month": card["exp_month"],
            "exp_year": card["exp_year"],
            "extended_authorization": {"status": "disabled"},
            "fingerprint": card["fingerprint"],
            "funding": card["funding"],
            "incremental_authorization": dict(unavailable),
            "installments": None,
            "last4": card["last4"],
            "mandate": None,
            "multicapture": dict(unavailable),
            "network": card["brand"],
            "network_token": {"used": False},
            "network_transaction_id": None,
            "overcapture": {"maximum_amount_capturable": amount, "status": "unavailable"},
            "regulated_status": "unregulated",
            "three_d_secure": _three_d_secure() if authenticated else None,
            "transaction_link_id": None,
            "wallet": None,
        },
        "type": "card",
    }


def _checks(card: dict[str, Any], decline: Decline | None) -> dict[str, Any]:
    checks: dict[str, Any] = card["checks"]
    if checks["cvc_check"] is None:
        return checks
    return checks | {"cvc_check": "fail" if decline and decline.code == "incorrect_cvc" else "pass"}


def _three_d_secure() -> dict[str, Any]:
    return {
        "authentication_flow": "challenge",
        "electronic_commerce_indicator": "05",
        "exemption_indicator": None,
        "result": "authenticated",
        "result_reason": None,
        "transaction_id": new_id("3ds"),
        "version": "2.2.0",
    }
