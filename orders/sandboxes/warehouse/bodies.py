"""What a request to the warehouse may say; every field that is wrong is named with its reason."""

import re
from collections.abc import Callable, Mapping
from typing import Any

TEMPERATURES = ("ambient", "chilled", "frozen")
LARGEST_QUANTITY = 9999
MOST_LINES = 200

Check = Callable[[Any], str | None]


class Invalid(Exception):
    """`errors` maps each wrong field to its messages: `{"lines[0].quantity": ["…"]}`."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__("; ".join(f"{field}: {' '.join(messages)}" for field, messages in errors.items()))
        self.errors = errors


def text(*, longest: int = 200, empty: bool = False, pattern: str = "", hint: str = "") -> Check:
    def check(value: Any) -> str | None:
        if not isinstance(value, str):
            return "must be a text"
        if not value.strip() and not empty:
            return "must not be empty"
        if len(value) > longest:
            return f"must have at most {longest} characters"
        if value and pattern and not re.fullmatch(pattern, value):
            return hint
        return None

    return check


def quantity(value: Any) -> str | None:
    # A bool is an int to Python, and 1.0 one to JavaScript: neither is a count here.
    if isinstance(value, bool) or not isinstance(value, int):
        return "must be a whole number"
    if not 1 <= value <= LARGEST_QUANTITY:
        return f"must be between 1 and {LARGEST_QUANTITY}"
    return None


def temperature(value: Any) -> str | None:
    return None if value in TEMPERATURES else f"must be one of {', '.join(TEMPERATURES)}"


def anything(value: Any) -> str | None:
    """For fields whose inside is looked at by themselves."""
    return None


SHIP_TO: dict[str, Check] = {
    "name": text(longest=100),
    "name_kana": text(longest=100, empty=True),
    "postal_code": text(pattern=r"\d{3}-?\d{4}", hint="must be seven digits, such as 100-0001"),
    "prefecture": text(longest=10),
    "city": text(longest=100),
    "line1": text(),
    "line2": text(empty=True),
    "phone": text(pattern=r"\+?[\d-]{10,16}", hint="must be 10 to 15 digits, with or without hyphens"),
}
LINE: dict[str, Check] = {
    "line_reference": text(longest=100),
    "sku": text(longest=100),
    "name": text(longest=300),
    "quantity": quantity,
}
INSTRUCTION: dict[str, Check] = {
    "reference": text(longest=200),
    "order_number": text(longest=100),
    "ship_to": anything,
    "temperature": temperature,
    "lines": anything,
    "note": text(longest=2000, empty=True),
}
OPTIONAL = frozenset({"name_kana", "line2", "note"})


def checked_instruction(body: Any) -> dict[str, Any]:
    """The body of POST /v1/instructions, as sent. Raises Invalid, which names every wrong field at once."""
    errors = _object(body, INSTRUCTION, "")
    if not errors or isinstance(body, dict):
        errors |= _object(body.get("ship_to", {}), SHIP_TO, "ship_to") if "ship_to" in body else {}
        errors |= _lines(body["lines"], LINE) if "lines" in body else {}
    if errors:
        raise Invalid(errors)
    return dict(body)


def checked_shipment(body: Any) -> dict[str, Any]:
    """The body of a ship request: `{lines?, carrier?, tracking_number?}`; without lines, all that remains."""
    checks = {"lines": anything, "carrier": text(longest=50), "tracking_number": text(longest=50)}
    errors = _object(body, checks, "", optional=frozenset(checks))
    if not errors and "lines" in body:
        errors |= _lines(body["lines"], {"line_reference": LINE["line_reference"], "quantity": quantity})
    if errors:
        raise Invalid(errors)
    return dict(body)


def _lines(value: Any, checks: Mapping[str, Check]) -> dict[str, list[str]]:
    if not isinstance(value, list) or not 1 <= len(value) <= MOST_LINES:
        return {"lines": [f"must be a list of 1 to {MOST_LINES} lines"]}
    errors: dict[str, list[str]] = {}
    for index, line in enumerate(value):
        errors |= _object(line, checks, f"lines[{index}]")
    references = [line.get("line_reference") for line in value if isinstance(line, dict)]
    if not errors and len(set(references)) < len(references):
        errors["lines"] = ["a line_reference must not come twice in one request"]
    return errors


def _object(
    value: Any, checks: Mapping[str, Check], place: str, *, optional: frozenset[str] = OPTIONAL
) -> dict[str, list[str]]:
    if not isinstance(value, dict):
        return {place or "body": ["must be an object"]}
    dot = f"{place}." if place else ""
    errors = {f"{dot}{field}": ["is not known here"] for field in value if field not in checks}
    for field, check in checks.items():
        if field not in value:
            problem = None if field in optional else "is missing"
        else:
            problem = check(value[field])
        if problem:
            errors[f"{dot}{field}"] = [problem]
    return errors
