"""The resources of Stripe's API that are served, one module each."""

from orders.sandboxes.payment.api import (
    balance_transactions,
    charges,
    checkout_sessions,
    customers,
    events,
    payment_intents,
    payment_methods,
    refunds,
)

RESOURCES = (
    *(balance_transactions, charges, checkout_sessions, customers, events),
    *(payment_intents, payment_methods, refunds),
)

ENDPOINTS = [endpoint for resource in RESOURCES for endpoint in resource.ENDPOINTS]
