"""The resources of Stripe's API that are served, one module each."""

from orders.sandboxes.payment.api import (
    charges,
    checkout_sessions,
    customers,
    events,
    payment_intents,
    payment_methods,
    refunds,
)

ENDPOINTS = [
    endpoint
    for resource in (charges, checkout_sessions, customers, events, payment_intents, payment_methods, refunds)
    for endpoint in resource.ENDPOINTS
]
