"""The roles of the staff: groups whose names stay what they are in the database and read as words on pages."""

from typing import Any

from django.contrib.auth.models import Group
from django.utils.translation import pgettext_lazy

NAMES: dict[str, Any] = {
    "programming": pgettext_lazy("role", "programming"),
    "production": pgettext_lazy("role", "production"),
    "shop": pgettext_lazy("role", "shop"),
    "support": pgettext_lazy("role", "support"),
    "warehouse": pgettext_lazy("role", "warehouse"),
    "accounting": pgettext_lazy("role", "accounting"),
    "administrator": pgettext_lazy("role", "administrator"),
}


def name_of(group: Group) -> str:
    """The role in the reader's language; a group that a station made itself has the name that it was given."""
    return str(NAMES.get(group.name, group.name))


def name_everywhere() -> None:
    """Let a group call itself so: in choices, filters, headings and the history, which all ask the row itself."""
    Group.__str__ = name_of  # type: ignore[assignment, method-assign]
