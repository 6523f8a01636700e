"""An app's fields, from a JSON file, and what values each type takes."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

UNIQUE_LIMIT = 64  # characters of a field that prohibits duplicates
DIGITS_LIMIT = 30


class BadDefinition(Exception):
    """The app's JSON file cannot be used; the message says where and why."""


class BadValue(Exception):
    """The message is the one kintone gives for the field."""


@dataclass(frozen=True, kw_only=True)
class Field:
    code: str
    type: str
    label: str
    required: bool = False
    unique: bool = False
    options: tuple[str, ...] = ()

    def stored(self, value: Any) -> str:
        """The value as it is kept and given back; empty for none. Raises BadValue."""
        if value is None or value == "":
            if self.required:
                raise BadValue("必須です。")
            return ""
        text = TYPES[self.type](self, value)
        if self.unique and len(text) > UNIQUE_LIMIT:
            raise BadValue(f"{UNIQUE_LIMIT + 1}文字より短くなければなりません。")
        return text


@dataclass(frozen=True, kw_only=True)
class App:
    id: str
    name: str
    fields: dict[str, Field]


def _text(field: Field, value: Any) -> str:
    if not isinstance(value, str):
        raise BadValue("文字列でなければなりません。")
    return value


def _one_line(field: Field, value: Any) -> str:
    if "\n" in _text(field, value):
        raise BadValue("改行を含めることはできません。")
    return str(value)


def _number(field: Field, value: Any) -> str:
    problem = BadValue("数字でなければなりません。")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise problem
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        raise problem from None
    if not number.is_finite() or not str(value).isascii():
        raise problem
    if len(number.as_tuple().digits) > DIGITS_LIMIT or abs(number.adjusted()) > DIGITS_LIMIT:
        raise BadValue(f"{DIGITS_LIMIT}桁以内でなければなりません。")
    return f"{number.normalize():f}"


def _moment(field: Field, value: Any) -> str:
    """kintone keeps moments in UTC and to the minute."""
    problem = BadValue("日時の形式が正しくありません。")
    try:
        moment = datetime.fromisoformat(_text(field, value))
    except ValueError:
        raise problem from None
    if moment.tzinfo is None:
        raise problem
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:00Z")


def _choice(field: Field, value: Any) -> str:
    if value not in field.options:
        raise BadValue(f'"{value}"は選択肢にありません。')
    return str(value)


TYPES: dict[str, Callable[[Field, Any], str]] = {
    "SINGLE_LINE_TEXT": _one_line,
    "MULTI_LINE_TEXT": _text,
    "NUMBER": _number,
    "DATETIME": _moment,
    "DROP_DOWN": _choice,
}
KEY_TYPES = frozenset({"SINGLE_LINE_TEXT", "NUMBER"})


def load(path: Path) -> App:
    """The app of a JSON file such as `placements.json`. Raises BadDefinition."""
    try:
        described = json.loads(path.read_text())
        fields = {code: _field(code, detail) for code, detail in described["fields"].items()}
        return App(id=str(described["app"]), name=str(described["name"]), fields=fields)
    except OSError as error:
        raise BadDefinition(f"cannot read the app's definition: {error}") from error
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise BadDefinition(f"{path} is no app definition ({error!r}); see placements.json for the form") from error


def _field(code: str, detail: dict[str, Any]) -> Field:
    field = Field(code=code, **{**detail, "options": tuple(detail.get("options", ()))})
    if field.type not in TYPES:
        raise ValueError(f"field {code}: type {field.type} is none of {', '.join(TYPES)}")
    if field.unique and field.type not in KEY_TYPES:
        raise ValueError(f"field {code}: only {' and '.join(sorted(KEY_TYPES))} can prohibit duplicates")
    return field
