"""The part of kintone's query language in use: comparisons joined by `and`, `order by`, `limit`, `offset`."""

import re
from dataclasses import dataclass, field
from typing import Any

from orders.sandboxes.kintone.definition import App
from orders.sandboxes.kintone.errors import KintoneError, invalid, no_field

DEFAULT_LIMIT, MOST_LIMIT, MOST_OFFSET = 100, 500, 10_000
TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[(),]|!=|>=|<=|[=<>]|[^\s"(),=<>!]+)')
COMPARISONS = ("=", "!=", ">", "<", ">=", "<=", "in")
COLUMNS = {
    "$id": "id",
    "レコード番号": "id",
    "$revision": "revision",
    "作成日時": "created_at",
    "更新日時": "updated_at",
}


@dataclass
class Query:
    conditions: list[tuple[str, str, list[str]]] = field(default_factory=list)
    ordering: list[tuple[str, str]] = field(default_factory=list)
    numbers: frozenset[str] = frozenset()
    limit: int = DEFAULT_LIMIT
    offset: int = 0

    def where(self) -> tuple[str, list[Any]]:
        """The conditions as SQL, with its values. Field codes were looked up in the app: none is a stranger's text."""
        parts: list[str] = ["1 = 1"]
        values: list[Any] = []
        for code, comparison, wanted in self.conditions:
            marks = ", ".join("?" * len(wanted))
            right = f"({marks})" if comparison == "in" else marks
            parts.append(f"{self._column(code)} {comparison} {right}")
            values += [float(value) for value in wanted] if code in self.numbers else wanted
        return " AND ".join(parts), values

    def order(self) -> str:
        chosen = [f"{self._column(code)} {direction}" for code, direction in self.ordering]
        return ", ".join([*chosen, "id DESC"])

    def _column(self, code: str) -> str:
        if code in COLUMNS:
            return COLUMNS[code]
        quoted = code.replace('"', '""').replace("'", "''")
        column = f"json_extract(content, '$.\"{quoted}\"')"
        return f"CAST({column} AS REAL)" if code in self.numbers else column


def parsed(text: str, app: App) -> Query:
    """A query of the text. Raises KintoneError: CB_VA01 for bad syntax, GAIA_IQ11 for an unknown field."""
    reader = _Reader(text, app)
    query = Query(numbers=frozenset({code for code, known in app.fields.items() if known.type == "NUMBER"} | {"$id"}))
    if reader.next not in ("", "order", "limit", "offset"):
        query.conditions.append(reader.condition(query.numbers))
        while reader.skip("and"):
            query.conditions.append(reader.condition(query.numbers))
    if reader.skip("order"):
        reader.expect("by")
        query.ordering.append(reader.ordering())
        while reader.skip(","):
            query.ordering.append(reader.ordering())
    if reader.skip("limit"):
        query.limit = reader.number(MOST_LIMIT, "GAIA_QU01", f"limitには{MOST_LIMIT}以下の値を指定してください。")
    if reader.skip("offset"):
        query.offset = reader.number(MOST_OFFSET, "GAIA_QU02", f"offsetには{MOST_OFFSET}以下の値を指定してください。")
    reader.expect("")
    return query


class _Reader:
    def __init__(self, text: str, app: App) -> None:
        self._tokens = self._split(text)
        self._app = app

    @staticmethod
    def _split(text: str) -> list[str]:
        tokens, position = [], 0
        while text[position:].strip():
            match = TOKEN.match(text, position)
            if match is None:
                raise _bad_syntax()
            tokens.append(match[1])
            position = match.end()
        return tokens

    @property
    def next(self) -> str:
        return self._tokens[0].lower() if self._tokens else ""

    def take(self) -> str:
        if not self._tokens:
            raise _bad_syntax()
        return self._tokens.pop(0)

    def skip(self, word: str) -> bool:
        return self.next == word and bool(self.take())

    def expect(self, word: str) -> None:
        if self.next != word:
            raise _bad_syntax()
        if word:
            self.take()

    def condition(self, numbers: frozenset[str]) -> tuple[str, str, list[str]]:
        code, comparison = self.code(), self.take().lower()
        if comparison not in COMPARISONS:
            raise _bad_syntax()
        wanted = self._several() if comparison == "in" else [self._value()]
        if code in numbers and not all(re.fullmatch(r"-?\d+(\.\d+)?", value) for value in wanted):
            raise _bad_syntax()
        return code, comparison, wanted

    def _several(self) -> list[str]:
        self.expect("(")
        values = [self._value()]
        while self.skip(","):
            values.append(self._value())
        self.expect(")")
        return values

    def _value(self) -> str:
        token = self.take()
        if token.startswith('"'):
            return re.sub(r"\\(.)", r"\1", token[1:-1])
        if not re.fullmatch(r"-?\d+(\.\d+)?", token):
            raise _bad_syntax()
        return token

    def code(self) -> str:
        code = self.take()
        if code not in self._app.fields and code not in COLUMNS:
            raise no_field(code)
        return code

    def ordering(self) -> tuple[str, str]:
        code = self.code()
        if self.skip("asc"):
            return code, "ASC"
        self.skip("desc")
        return code, "DESC"

    def number(self, most: int, code: str, message: str) -> int:
        token = self.take()
        if not (token.isascii() and token.isdigit()):
            raise _bad_syntax()
        if int(token) > most:
            raise KintoneError(code, message)
        return int(token)


def _bad_syntax() -> KintoneError:
    return invalid({"query": ["クエリ記法が間違っています。"]})
