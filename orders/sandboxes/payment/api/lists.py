"""Lists: newest first, in pages that begin after or end before a given object."""

from typing import Any

from orders.sandboxes.payment.api.endpoints import Call
from orders.sandboxes.payment.errors import Refusal, no_such

PAGING = "limit starting_after ending_before expand"
MOST = 100
COMPARISONS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def page(call: Call, kind: str, url: str, *, filters: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return one page of a kind, by the parameters that are also columns of the ledger (``filters``)."""
    where = [(f"{name} = ?", call.params[name]) for name in filters if name in call.params]
    return page_where(call, kind, url, where=where)


def page_where(call: Call, kind: str, url: str, *, where: list[tuple[str, Any]]) -> dict[str, Any]:
    limit = _limit(call.params)
    where = where + _created(call.params.get("created")) + _cursor(call, kind)
    backwards = "ending_before" in call.params
    found = call.book.page(kind, where=where, limit=limit + 1, oldest_first=backwards)
    shown = found[:limit]
    data = shown[::-1] if backwards else shown
    return {"object": "list", "data": data, "has_more": len(found) > limit, "url": url}


def _limit(params: dict[str, Any]) -> int:
    limit: int = params.get("limit", 10)
    if not 1 <= limit <= MOST:
        bound = f"greater than or equal to 1 and at most {MOST}"
        raise Refusal(f"This value must be {bound}.", code="parameter_invalid_integer", param="limit")
    return limit


def _created(wanted: Any) -> list[tuple[str, Any]]:
    if wanted is None:
        return []
    if isinstance(wanted, int):
        return [("created = ?", wanted)]
    return [(f"created {COMPARISONS[name]} ?", value) for name, value in wanted.items()]


def _cursor(call: Call, kind: str) -> list[tuple[str, Any]]:
    for param, comparison in (("starting_after", "<"), ("ending_before", ">")):
        if param in call.params:
            number = call.book.number_of(kind, call.params[param])
            if number is None:
                raise no_such(kind, call.params[param], param=param)
            return [(f"number {comparison} ?", number)]
    return []
