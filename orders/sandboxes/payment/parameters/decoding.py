"""Stripe's form encoding: ``line_items[0][price_data][currency]=jpy`` becomes nested dictionaries.

Lists stay dictionaries with the indexes as keys until the shape says that a list is meant.
"""

import re
from typing import Any
from urllib.parse import parse_qsl

from orders.sandboxes.payment.errors import Refusal

NAME = re.compile(r"[^\[\]]+(\[[^\[\]]*\])*")
DEEPEST = 12


def decode(encoded: str) -> dict[str, Any]:
    """Return the parameters of a body or a query, all leaves still text; refuse a name that cannot be read."""
    params: dict[str, Any] = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        _put(params, _path(name), value)
    return params


def _path(name: str) -> list[str]:
    if not NAME.fullmatch(name) or name.count("[") > DEEPEST:
        raise Refusal(f"Received a parameter whose name cannot be read: {name[:80]}", param=name[:80])
    return [part.rstrip("]") for part in name.split("[")]


def _put(params: dict[str, Any], path: list[str], value: str) -> None:
    here = params
    for part in path[:-1]:
        inner = here.setdefault(part or str(len(here)), {})
        if not isinstance(inner, dict):
            raise Refusal(f"Invalid parameter: {path[0]} is given both as a value and as a group.", param=path[0])
        here = inner
    here[path[-1] or str(len(here))] = value
