"""An OpenAPI document put in order for a page: operations by subject, and what their answers are made of."""

import re
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

METHODS = ("get", "head", "post", "put", "patch", "delete")
EXAMPLES = {"slug": "minato-no-asa", "number": "HABC-DEF-GHJ"}


@dataclass(frozen=True)
class TypeName:
    """A type in words; `component` names the shape it is made of, which the page links to."""

    words: str
    component: str = ""


@dataclass(frozen=True)
class Field:
    name: str
    type: TypeName
    description: str
    is_required: bool
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    status: str
    description: str
    type: TypeName


@dataclass(frozen=True)
class Operation:
    key: str
    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[Field, ...]
    answers: tuple[Answer, ...]
    curl: str
    needs_session: bool


@dataclass(frozen=True)
class Shape:
    """An object that answers are made of."""

    name: str
    description: str
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Reference:
    title: str
    version: str
    description: str
    operations: tuple[Operation, ...]
    shapes: tuple[Shape, ...]


def reference(document: dict[str, Any], *, base: str) -> Reference:
    """The whole page; `base` is the origin that the examples ask."""
    about = document["info"]
    cookie = next((scheme["name"] for scheme in _schemes(document).values()), "")
    operations = [
        _operation(method, path, operation, base=base, cookie=cookie)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    ]
    shapes = [_shape(name, schema) for name, schema in document["components"]["schemas"].items()]
    return Reference(about["title"], about["version"], about["description"], tuple(operations), tuple(shapes))


def _schemes(document: dict[str, Any]) -> dict[str, Any]:
    return document["components"].get("securitySchemes", {})


def _operation(method: str, path: str, operation: dict[str, Any], *, base: str, cookie: str) -> Operation:
    needs_session = any(operation.get("security", []))
    return Operation(
        key=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation.get("summary", ""),
        description=operation.get("description", ""),
        parameters=tuple(_parameter(one) for one in operation.get("parameters", [])),
        answers=tuple(_answer(status, one) for status, one in operation["responses"].items()),
        curl=_curl(f"{base}{_filled(path)}", cookie if needs_session else ""),
        needs_session=needs_session,
    )


def _filled(path: str) -> str:
    """The path with something that looks like the real thing in the place of each variable."""
    return re.sub(r"\{(\w+)\}", lambda found: EXAMPLES.get(found[1], found[1]), path)


def _curl(address: str, cookie: str) -> str:
    return f"curl --cookie '{cookie}=…' '{address}'" if cookie else f"curl '{address}'"


def _parameter(parameter: dict[str, Any]) -> Field:
    schema = parameter["schema"]
    place = {"path": _("in the path"), "query": ""}[parameter["in"]]
    description = parameter.get("description", "") or place
    return Field(parameter["name"], _type(schema), description, bool(parameter.get("required")), _values(schema))


def _answer(status: str, answer: dict[str, Any]) -> Answer:
    schemas = [media["schema"] for media in answer.get("content", {}).values()]
    return Answer(status, answer.get("description", ""), _type(schemas[0]) if schemas else TypeName(""))


def _shape(name: str, schema: dict[str, Any]) -> Shape:
    required = schema.get("required", [])
    fields = [
        Field(key, _type(part), _description(part), key in required, _values(part))
        for key, part in schema.get("properties", {}).items()
    ]
    return Shape(name, schema.get("description", ""), tuple(fields))


def _description(schema: dict[str, Any]) -> str:
    return schema.get("description", "") or schema.get("title", "")


def _values(schema: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(value) for value in schema.get("enum", []) if value is not None)


def _type(schema: dict[str, Any]) -> TypeName:
    """The type in words: what it is, what a list holds, and whether it may be null."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return TypeName(name, name)
    for several in ("allOf", "oneOf", "anyOf"):
        if several in schema:
            return _one_of(schema[several])
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if "array" in kinds:
        inner = _type(schema["items"])
        return TypeName(_("list of %(type)s") % {"type": inner.words}, inner.component)
    return TypeName(" | ".join(_scalar(kind, schema) for kind in kinds))


def _one_of(schemas: list[dict[str, Any]]) -> TypeName:
    types = [_type(schema) for schema in schemas]
    component = next((one.component for one in types if one.component), "")
    return TypeName(" | ".join(one.words for one in types if one.words), component)


def _scalar(kind: str, schema: dict[str, Any]) -> str:
    return schema["format"] if kind == "string" and "format" in schema else kind
