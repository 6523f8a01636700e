"""What a parameter may be, read from the type hints of the official ``stripe`` package."""

import typing
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from stripe._request_options import RequestOptions
from stripe._stripe_object import UntypedStripeObject
from typing_extensions import is_typeddict

SCALARS = {int: "integer", bool: "boolean", str: "string", float: "number", Decimal: "decimal"}
# Names that the SDK imports for type checkers only, so that its hints cannot be evaluated without them.
TYPING_ONLY = {"StripeContext": object, "Mapping": Mapping}


class UnreadableHint(Exception):
    """The installed stripe package describes a parameter in a form that the sandbox cannot read."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The union of what a value may be. ``choices`` close a string; ``clearable`` means that '' unsets it."""

    scalars: frozenset[str] = frozenset()
    choices: tuple[str, ...] = ()
    clearable: bool = False
    mapping: bool = False
    item: "Shape | None" = None
    members: Mapping[str, "Shape"] | None = None
    required: frozenset[str] = field(default_factory=frozenset)

    def at(self, path: str) -> "Shape | None":
        """Return the shape of ``line_items.price_data.currency`` below this one; lists are walked through."""
        here: Shape | None = self
        for name in path.split("."):
            while here is not None and here.item is not None and here.members is None:
                here = here.item
            here = (here.members or {}).get(name) if here is not None else None
        return here


def shape_of_params(params_class: Any) -> Shape:
    """Return the shape of a whole request, without the SDK's request options (``idempotency_key`` and its like)."""
    whole = _typed_dict(params_class)
    members = {name: shape for name, shape in (whole.members or {}).items() if name not in _option_names()}
    return replace(whole, members=members)


@cache
def _option_names() -> frozenset[str]:
    return frozenset(RequestOptions.__annotations__)


@cache
def _typed_dict(params_class: Any) -> Shape:
    hints = get_type_hints(params_class, localns=TYPING_ONLY)
    own = {name: hint for name, hint in hints.items() if name not in _option_names()}
    return Shape(
        members={name: _shape(hint) for name, hint in own.items()},
        required=frozenset(params_class.__required_keys__) - _option_names(),
    )


def _shape(hint: Any) -> Shape:
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return _union([_shape(option) for option in get_args(hint)])
    if origin is Literal:
        values = get_args(hint)
        return Shape(choices=tuple(value for value in values if value), clearable="" in values)
    if origin is list:
        return Shape(item=_shape(get_args(hint)[0]))
    if origin is dict or origin is UntypedStripeObject:
        return Shape(mapping=True)
    if is_typeddict(hint):
        return _typed_dict(hint)
    if hint in SCALARS:
        return Shape(scalars=frozenset({SCALARS[hint]}))
    raise UnreadableHint(f"{typing.cast(Any, hint)!r}")


def _union(options: list[Shape]) -> Shape:
    """Join the options. The SDK keeps every choice open with ``str``; the server knows them all, so it closes them."""
    scalars = frozenset().union(*(option.scalars for option in options))
    choices = tuple(choice for option in options for choice in option.choices)
    return Shape(
        scalars=scalars - {"string"} if choices else scalars,
        choices=choices,
        clearable=any(option.clearable for option in options),
        mapping=any(option.mapping for option in options),
        item=next((option.item for option in options if option.item), None),
        members=next((option.members for option in options if option.members is not None), None),
        required=frozenset().union(*(option.required for option in options)),
    )
