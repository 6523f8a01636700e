"""Checks decoded parameters against their shape and against what the sandbox implements of it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from orders.sandboxes.payment.errors import Refusal, missing, not_implemented
from orders.sandboxes.payment.parameters.shapes import Shape, shape_of_params

WHOLE_NUMBER = re.compile(r"-?[0-9]{1,18}")

# What is implemented, as a tree: a name leads to the tree below it, or to None where all below it is implemented.
Tree = dict[str, Any]


class NotInTheSdk(Exception):
    """The sandbox claims to implement a parameter that the installed stripe package does not have."""


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """The parameters of one endpoint: all that Stripe knows (``shape``), and the part served here (``tree``)."""

    shape: Shape
    tree: Tree
    required: frozenset[str] = frozenset()

    def checked(self, params: dict[str, Any]) -> dict[str, Any]:
        """Return the parameters with their types, or refuse the first that is unknown, ill-typed or missing."""
        value = _members(params, self.shape, self.tree, "")
        for name in sorted(self.required):
            if name not in value:
                raise missing(name)
        return value


def accepted(params_class: Any, names: str, *, required: str = "", beside: str = "") -> Accepted:
    """Describe an endpoint by the dotted names that it serves.

    ``required`` are the names that Stripe insists on though the SDK's types do not say so, ``beside`` those that
    the browser's library sends and the SDK does not have. Raises NotInTheSdk for a name that Stripe's package lacks.
    """
    shape = shape_of_params(params_class)
    tree: Tree = {}
    for name in names.split():
        if shape.at(name) is None:
            raise NotInTheSdk(f"{params_class.__name__}.{name}")
        _plant(tree, name.split("."))
    extra = dict.fromkeys(beside.split(), Shape(scalars=frozenset({"string"})))
    widened = Shape(members={**(shape.members or {}), **extra}, required=shape.required)
    return Accepted(shape=widened, tree=tree | dict.fromkeys(extra), required=frozenset(required.split()))


def _plant(tree: Tree, path: list[str]) -> None:
    for name in path[:-1]:
        tree = tree.setdefault(name, {})
    tree[path[-1]] = None


def _members(value: dict[str, Any], shape: Shape, tree: Tree | None, at: str) -> dict[str, Any]:
    typed = {name: _member(name, inner, shape, tree, at) for name, inner in value.items()}
    for name in sorted(shape.required):
        if name not in typed:
            raise missing(_below(at, name))
    return typed


def _member(name: str, value: Any, shape: Shape, tree: Tree | None, at: str) -> Any:
    where = _below(at, name)
    inner = (shape.members or {}).get(name)
    if inner is None:
        raise Refusal(f"Received unknown parameter: {where}", code="parameter_unknown", param=where)
    if tree is not None and name not in tree:
        raise not_implemented(where)
    return _value(value, inner, None if tree is None else tree[name], where)


def _below(at: str, name: str) -> str:
    return f"{at}[{name}]" if at else name


def _value(value: Any, shape: Shape, tree: Tree | None, at: str) -> Any:
    if isinstance(value, dict):
        return _group(value, shape, tree, at)
    if value == "":
        return _empty(shape, at)
    return _scalar(value, shape, at)


def _group(value: dict[str, Any], shape: Shape, tree: Tree | None, at: str) -> Any:
    if shape.item is not None and all(key.isdigit() for key in value):
        item = shape.item
        return [_value(value[key], item, tree, f"{at}[{key}]") for key in sorted(value, key=int)]
    if shape.members is not None:
        return _members(value, shape, tree, at)
    if shape.mapping:
        return {key: _text(inner, f"{at}[{key}]") for key, inner in value.items()}
    wanted = "array" if shape.item is not None else _wanted(shape)
    raise Refusal(f"Invalid {wanted}: {at} was given as a group of values.", param=at)


def _text(value: Any, at: str) -> str:
    if isinstance(value, dict):
        raise Refusal(f"Invalid string: {at} was given as a group of values.", param=at)
    return str(value)


def _empty(shape: Shape, at: str) -> Any:
    if shape.clearable or (shape.mapping and shape.members is None):
        return ""
    raise Refusal(
        f"You passed an empty string for '{at}'. We assume empty values are an attempt to unset a parameter;"
        f" however '{at}' cannot be unset. You should remove '{at}' from your request or supply a non-empty value.",
        code="parameter_invalid_empty",
        param=at,
    )


def _wanted(shape: Shape) -> str:
    if shape.choices:
        return "string"
    order = ("boolean", "integer", "decimal", "number", "string")
    return next((kind for kind in order if kind in shape.scalars), "array" if shape.item is not None else "object")


def _scalar(value: str, shape: Shape, at: str) -> Any:
    """Return the text as the first of the allowed types that it fits."""
    if value in shape.choices:
        return value
    for kind in ("boolean", "integer", "decimal", "number", "string"):
        if kind in shape.scalars and (read := READERS[kind](value)) is not None:
            return read
    raise _ill_typed(value, shape, at)


def _ill_typed(value: str, shape: Shape, at: str) -> Refusal:
    wanted = _wanted(shape)
    if shape.choices and not shape.scalars:
        return Refusal(f"Invalid {at}: must be one of {', '.join(shape.choices)}", param=at)
    code = "parameter_invalid_integer" if wanted == "integer" else None
    return Refusal(f"Invalid {wanted}: {value[:100]}", code=code, param=at)


def _decimal(value: str) -> Decimal | None:
    try:
        return Decimal(value)
    except InvalidOperation:
        return None


READERS: dict[str, Callable[[str], Any]] = {
    "boolean": {"true": True, "false": False}.get,
    "integer": lambda value: int(value) if WHOLE_NUMBER.fullmatch(value) else None,
    "decimal": _decimal,
    "number": lambda value: float(read) if (read := _decimal(value)) is not None else None,
    "string": lambda value: value,
}
