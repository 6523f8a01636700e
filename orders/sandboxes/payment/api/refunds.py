"""Refunds."""

from typing import Any

from stripe import params as sdk

from orders.sandboxes.payment.api.endpoints import Call, Endpoint
from orders.sandboxes.payment.api.lists import PAGING, page
from orders.sandboxes.payment.errors import no_such
from orders.sandboxes.payment.flows.refunding import refund
from orders.sandboxes.payment.parameters.checking import accepted
from orders.sandboxes.payment.parameters.metadata import merged


def create(call: Call) -> dict[str, Any]:
    return refund(call.book, call.params | {"metadata": merged({}, call.params.get("metadata"))})


def retrieve(call: Call) -> dict[str, Any]:
    found = call.book.find("refund", call.identifier)
    if found is None:
        raise no_such("refund", call.identifier, param="id", status=404)
    return found


def update(call: Call) -> dict[str, Any]:
    before = retrieve(call)
    after = before | {"metadata": merged(before["metadata"], call.params.get("metadata"))}
    call.book.save(after)
    call.book.outbox.tell("refund.updated", after, previous={"metadata": before["metadata"]})
    return after


def list_(call: Call) -> dict[str, Any]:
    return page(call, "refund", "/v1/refunds", filters=("payment_intent", "charge"))


ENDPOINTS = [
    Endpoint(
        method="POST",
        path="/v1/refunds",
        accepted=accepted(sdk.RefundCreateParams, "charge payment_intent amount reason metadata expand"),
        handle=create,
    ),
    Endpoint(
        method="GET",
        path="/v1/refunds",
        accepted=accepted(sdk.RefundListParams, f"charge payment_intent created {PAGING}"),
        handle=list_,
    ),
    Endpoint(
        method="GET",
        path="/v1/refunds/{id}",
        accepted=accepted(sdk.RefundRetrieveParams, "expand"),
        handle=retrieve,
    ),
    Endpoint(
        method="POST",
        path="/v1/refunds/{id}",
        accepted=accepted(sdk.RefundUpdateParams, "metadata expand"),
        handle=update,
    ),
]
