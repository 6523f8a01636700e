"""The port to payment providers; which one is used is a setting."""

from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from orders.payments.base import PaymentProvider

PROVIDERS = {
    "stripe": "orders.payments.stripe.StripeProvider",
    "memory": "orders.payments.memory.MemoryProvider",
}


def provider(code: str | None = None) -> PaymentProvider:
    """The provider with that code, or the one the settings name."""
    return _made(code or settings.PAYMENT_PROVIDER)


@cache
def _made(code: str) -> PaymentProvider:
    made: PaymentProvider = import_string(PROVIDERS[code])()
    return made
