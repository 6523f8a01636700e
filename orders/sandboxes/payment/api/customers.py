"""Customers."""

from typing import Any

from stripe import params as sdk

from orders.sandboxes.payment.api.endpoints import Call, Endpoint
from orders.sandboxes.payment.api.lists import PAGING, page
from orders.sandboxes.payment.errors import no_such
from orders.sandboxes.payment.objects.customer import changed, new_customer
from orders.sandboxes.payment.parameters.checking import accepted

FIELDS = "address description email metadata name phone preferred_locales shipping expand"


def create(call: Call) -> dict[str, Any]:
    customer = call.book.add(new_customer(call.params, now=call.book.second))
    call.book.outbox.tell("customer.created", customer)
    return customer


def retrieve(call: Call) -> dict[str, Any]:
    customer = call.book.find("customer", call.identifier)
    if customer is None:
        raise no_such("customer", call.identifier, param="id", status=404)
    return customer


def update(call: Call) -> dict[str, Any]:
    before = retrieve(call)
    after = call.book.save(changed(before, call.params))
    previous = {name: value for name, value in before.items() if after[name] != value}
    call.book.outbox.tell("customer.updated", after, previous=previous)
    return after


def list_(call: Call) -> dict[str, Any]:
    return page(call, "customer", "/v1/customers", filters=("email",))


ENDPOINTS = [
    Endpoint(method="POST", path="/v1/customers", accepted=accepted(sdk.CustomerCreateParams, FIELDS), handle=create),
    Endpoint(
        method="GET",
        path="/v1/customers",
        accepted=accepted(sdk.CustomerListParams, f"email created {PAGING}"),
        handle=list_,
    ),
    Endpoint(
        method="GET",
        path="/v1/customers/{id}",
        accepted=accepted(sdk.CustomerRetrieveParams, "expand"),
        handle=retrieve,
    ),
    Endpoint(
        method="POST",
        path="/v1/customers/{id}",
        accepted=accepted(sdk.CustomerUpdateParams, FIELDS),
        handle=update,
    ),
]
