"""Balance transactions: the account's own book with fees, read only."""

from typing import Any

from stripe import params as sdk

from orders.sandboxes.payment.api.endpoints import Call, Endpoint
from orders.sandboxes.payment.api.lists import PAGING, page_where
from orders.sandboxes.payment.errors import no_such
from orders.sandboxes.payment.objects.balance_transaction import at
from orders.sandboxes.payment.parameters.checking import accepted

KIND = "balance_transaction"


def retrieve(call: Call) -> dict[str, Any]:
    line = call.book.find(KIND, call.identifier)
    if line is None:
        raise no_such(KIND, call.identifier, param="id", status=404)
    return at(line, call.book.second)


def list_(call: Call) -> dict[str, Any]:
    params = call.params
    where = [("type = ?", params["type"])] if "type" in params else []
    for name in ("source", "currency"):
        if name in params:
            where.append((f"json_extract(body, '$.{name}') = ?", params[name]))
    found = page_where(call, KIND, "/v1/balance_transactions", where=where)
    return found | {"data": [at(line, call.book.second) for line in found["data"]]}


ENDPOINTS = [
    Endpoint(
        method="GET",
        path="/v1/balance_transactions",
        accepted=accepted(sdk.BalanceTransactionListParams, f"type source currency created {PAGING}"),
        handle=list_,
    ),
    Endpoint(
        method="GET",
        path="/v1/balance_transactions/{id}",
        accepted=accepted(sdk.BalanceTransactionRetrieveParams, "expand"),
        handle=retrieve,
    ),
]
