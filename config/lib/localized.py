"""Words kept in two columns: Japanese first, English beside it."""

from typing import Any

from django.utils.translation import get_language


class Localized:
    """A read-only attribute that gives the column in the reader's language.

    `display_name = Localized("name")` reads `name_en` on an English page where that is filled in, and else `name`.
    """

    def __init__(self, column: str) -> None:
        self.column = column

    def __get__(self, row: Any, owner: type | None = None) -> Any:
        if row is None:
            return self
        english = (get_language() or "ja").startswith("en")
        return (english and getattr(row, f"{self.column}_en")) or getattr(row, self.column)
