"""Amounts in a currency's minor unit, with the limits that Stripe sets on a charge."""

from orders.sandboxes.payment.errors import Refusal

ZERO_DECIMAL = {"jpy"}
SIGNS = {"jpy": "¥", "usd": "$", "eur": "€"}
SMALLEST = 50
LARGEST = 99_999_999


def shown(amount: int, currency: str) -> str:
    """Return ``¥1,200`` or ``$12.00``."""
    if currency in ZERO_DECIMAL:
        return f"{SIGNS[currency]}{amount:,}"
    return f"{SIGNS.get(currency, '')}{amount / 100:,.2f}"


def chargeable(amount: int, currency: str, *, param: str = "amount") -> int:
    """Return the amount, or refuse what Stripe would not charge."""
    if amount < SMALLEST:
        raise Refusal(
            f"Amount must be at least {shown(SMALLEST, currency)} {currency}", code="amount_too_small", param=param
        )
    if amount > LARGEST:
        raise Refusal(f"Amount must be no more than {shown(LARGEST, currency)}", code="amount_too_large", param=param)
    return amount


def known_currency(currency: str, *, param: str = "currency") -> str:
    if currency.lower() not in SIGNS:
        known = ", ".join(sorted(SIGNS))
        raise Refusal(f"Invalid currency: {currency}. The payment sandbox knows {known}.", param=param)
    return currency.lower()
