"""Events: what happened, for those who missed the webhook."""

import json
from typing import Any

from stripe import params as sdk

from orders.sandboxes.payment.api.endpoints import Call, Endpoint
from orders.sandboxes.payment.api.lists import PAGING, page_where
from orders.sandboxes.payment.errors import Refusal, no_such
from orders.sandboxes.payment.parameters.checking import accepted


def retrieve(call: Call) -> dict[str, Any]:
    event = call.book.find("event", call.identifier)
    if event is None:
        raise no_such("event", call.identifier, param="id", status=404)
    return event


def list_(call: Call) -> dict[str, Any]:
    """Return events by ``type`` or ``types``; ``charge.*`` stands for all of a kind."""
    params = call.params
    if "type" in params and "types" in params:
        raise Refusal("You may only specify one of these parameters: type, types.")
    kinds = [params["type"]] if "type" in params else params.get("types")
    by_kind = "EXISTS (SELECT 1 FROM json_each(?) AS wanted WHERE objects.type GLOB wanted.value)"
    return page_where(call, "event", "/v1/events", where=[(by_kind, json.dumps(kinds))] if kinds else [])


ENDPOINTS = [
    Endpoint(
        method="GET",
        path="/v1/events",
        accepted=accepted(sdk.EventListParams, f"type types created {PAGING}"),
        handle=list_,
    ),
    Endpoint(
        method="GET",
        path="/v1/events/{id}",
        accepted=accepted(sdk.EventRetrieveParams, "expand"),
        handle=retrieve,
    ),
]
