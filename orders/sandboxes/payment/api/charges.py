"""Charges: every try to take money, read only."""

from typing import Any

from stripe import params as sdk

from orders.sandboxes.payment.api.endpoints import Call, Endpoint
from orders.sandboxes.payment.api.lists import PAGING, page
from orders.sandboxes.payment.errors import no_such
from orders.sandboxes.payment.parameters.checking import accepted


def retrieve(call: Call) -> dict[str, Any]:
    charge = call.book.find("charge", call.identifier)
    if charge is None:
        raise no_such("charge", call.identifier, param="id", status=404)
    return charge


def list_(call: Call) -> dict[str, Any]:
    return page(call, "charge", "/v1/charges", filters=("customer", "payment_intent"))


ENDPOINTS = [
    Endpoint(
        method="GET",
        path="/v1/charges",
        accepted=accepted(sdk.ChargeListParams, f"customer payment_intent created {PAGING}"),
        handle=list_,
    ),
    Endpoint(
        method="GET",
        path="/v1/charges/{id}",
        accepted=accepted(sdk.ChargeRetrieveParams, "expand"),
        handle=retrieve,
    ),
]
