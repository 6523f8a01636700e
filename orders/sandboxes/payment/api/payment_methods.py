"""Payment methods, made by the browser's card form or by a test."""

from typing import Any

from stripe import params as sdk

from orders.sandboxes.payment.api.endpoints import Call, Endpoint
from orders.sandboxes.payment.errors import no_such
from orders.sandboxes.payment.flows.methods import make_method
from orders.sandboxes.payment.parameters.checking import accepted

FIELDS = "type billing_details metadata expand card.number card.exp_month card.exp_year card.cvc"


def create(call: Call) -> dict[str, Any]:
    return make_method(call.book, call.params)


def retrieve(call: Call) -> dict[str, Any]:
    method = call.book.find("payment_method", call.identifier)
    if method is None:
        raise no_such("PaymentMethod", call.identifier, param="payment_method", status=404)
    return method


ENDPOINTS = [
    Endpoint(
        method="POST",
        path="/v1/payment_methods",
        accepted=accepted(sdk.PaymentMethodCreateParams, FIELDS),
        handle=create,
        for_browsers=True,
    ),
    Endpoint(
        method="GET",
        path="/v1/payment_methods/{id}",
        accepted=accepted(sdk.PaymentMethodRetrieveParams, "expand"),
        handle=retrieve,
    ),
]
