"""The balance transaction: one line of the account's own book, written whenever money moves."""

from typing import Any

from orders.sandboxes.payment.identifiers import new_id

# Source: Stripe's price for cards in Japan, 3.6 per cent; the fee is kept when the money is given back.
FEE_PER_MILLE = 36
AVAILABLE_AFTER_S = 4 * 24 * 60 * 60


def fee_of(amount: int) -> int:
    """The fee for a charge, in the currency's minor unit, rounded half up."""
    return (amount * FEE_PER_MILLE + 500) // 1000


def new_balance_transaction(
    source: dict[str, Any], kind: str, *, amount: int, fee: int = 0, now: int
) -> dict[str, Any]:
    """Return the line that `source` (a charge or a refund) makes; `amount` is negative where money leaves."""
    description = source.get("description")
    return {
        "id": new_id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": now + AVAILABLE_AFTER_S,
        "balance_type": "payments",
        "created": now,
        "currency": source["currency"],
        "description": description,
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [_fee_detail(fee, source["currency"])] if fee else [],
        "net": amount - fee,
        "reporting_category": kind,
        "source": source["id"],
        "status": "pending",
        "type": kind,
    }


def _fee_detail(fee: int, currency: str) -> dict[str, Any]:
    return {
        "amount": fee,
        "application": None,
        "currency": currency,
        "description": "Stripe processing fees",
        "type": "stripe_fee",
    }


def at(line: dict[str, Any], now: int) -> dict[str, Any]:
    """Return the line as it stands at that second: its money can be paid out some days after it came."""
    return line | {"status": "available" if line["available_on"] <= now else "pending"}
