"""What the staff's pages of every app share: bounded queries, read-only ledgers, states in colour, pictures.

A page costs the same number of queries however many rows there are: `related` names the rows that a page shows beside
its own, and every relation is chosen by typing a part of its name, never from a list of all.
"""

import functools
import json
from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.db import models
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

# Columns that no page shows.
SECRETS = {"password", "browser_key", "secret", "token", "hash"}
GOOD, BUSY, WAITS, BAD, PLAIN = "success", "info", "warning", "danger", "default"


class _SearchedRelations:
    """Every relation to a model that staff can search is chosen by searching it."""

    model: Any
    admin_site: Any
    related: tuple[str, ...] = ()

    def get_autocomplete_fields(self, request: HttpRequest) -> list[str]:
        return [
            field.name
            for field in (*self.model._meta.fields, *self.model._meta.many_to_many)
            if field.is_relation and field.related_model in self.admin_site._registry
        ]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if isinstance(db_field, models.URLField):
            kwargs.setdefault("assume_scheme", "https")  # what later releases of Django do by themselves
        return super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        rows = super().get_queryset(request)  # type: ignore[misc]
        return rows.select_related(*self.related) if self.related else rows


class StaffAdmin(_SearchedRelations, ModelAdmin):
    """The page of a model. `related` is read together with each row, in its list and on its form."""

    list_per_page = 50
    show_full_result_count = False
    save_on_top = False
    warn_unsaved_form = True

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """No list is narrowed by a secret: asked for its beginning again and again, it would tell it by letters."""
        return not SECRETS & set(lookup.split("__")) and super().lookup_allowed(lookup, value, request)


class _ReadOnly:
    """Rows that staff look at: nothing here adds, changes or deletes them."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyAdmin(_ReadOnly, StaffAdmin):
    """The page of a ledger, or of rows that only the service itself writes."""

    actions = None

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Structures are shown as text: the theme would colour them by styles in the page."""
        structures = self._structures()
        names = [name for name in super().get_fields(request, obj) if not callable(name)]
        return [structure_column(name, self.model) if name in structures else name for name in names]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        shown = [structure_column(name, self.model) for name in self._structures()] if not self.fieldsets else []
        return [*super().get_readonly_fields(request, obj), *shown]

    def _structures(self) -> list[str]:
        return [field.name for field in self.model._meta.fields if isinstance(field, models.JSONField)]


class KnownChoice(AutocompleteSelect):
    """A searched relation that shows the row it already holds without asking the database for it once more."""

    known: models.Model | None = None

    def optgroups(self, name: str, value: list[str], attrs: dict[str, Any] | None = None) -> list[Any]:
        if self.known is None or [str(one) for one in value] != [str(self.known.pk)]:
            return super().optgroups(name, value, attrs)
        empty = [] if self.is_required else [self.create_option(name, "", "", False, 0)]
        chosen = self.create_option(name, self.known.pk, str(self.known), True, len(empty))
        return [(None, [*empty, chosen], 0)]


class RowForm(ModelForm):  # type: ignore[type-arg]
    """A row of an inline table, whose relations were read together with the rows."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            widget = getattr(field.widget, "widget", field.widget)
            if isinstance(widget, KnownChoice) and name in self.instance._state.fields_cache:
                widget.known = getattr(self.instance, name)


class StaffInline(_SearchedRelations, TabularInline):
    """Rows that are edited on the page of the row they belong to."""

    form = RowForm
    extra = 0

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", KnownChoice(db_field, self.admin_site, using=kwargs.get("using")))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class ReadOnlyInline(_ReadOnly, StaffInline):
    """Rows that are shown on the page of the row they belong to."""

    can_delete = False
    show_change_link = True


def chip(words: Any, colour: str) -> SafeString:
    """A word on a colour; the word alone tells it too."""
    return format_html('<span class="staff-chip staff-chip-{}">{}</span>', colour, words)


def state_column(field: str, colours: dict[Any, str], description: Any) -> Callable[[Any, Any], SafeString]:
    """A column with the word of a state on its colour."""

    @display(description=description, ordering=field)
    def column(self: Any, row: Any) -> SafeString:
        return chip(getattr(row, f"get_{field}_display")(), colours.get(getattr(row, field), PLAIN))

    return column


def as_text(value: Any) -> SafeString:
    """A structure as people read it: indented, in a box that scrolls, and without the secrets that it may hold."""
    text = json.dumps(_without_secrets(value), ensure_ascii=False, indent=2, sort_keys=True)
    return format_html('<pre class="staff-json">{}</pre>', text)


def _without_secrets(value: Any) -> Any:
    """What a payment service calls a `client_secret` is between the buyer and the service."""
    if isinstance(value, dict):
        return {name: "…" if name.endswith("secret") else _without_secrets(part) for name, part in value.items()}
    return [_without_secrets(part) for part in value] if isinstance(value, list) else value


@functools.cache
def structure_column(name: str, model: type[models.Model]) -> Callable[[Any], SafeString]:
    """A field of JSON, shown as text."""

    @display(description=model._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
    def column(row: Any) -> SafeString:
        return as_text(getattr(row, name))

    return column


def thumbnail(image: Any, alt: str = "") -> SafeString | str:
    """The picture in the size of a stamp, or a dash where there is none."""
    if not image:
        return "-"
    return format_html('<img class="staff-stamp" src="{}" alt="{}" loading="lazy">', image.url, alt)


def page_of(row: models.Model | None) -> str:
    """The address of the row's own page; empty where there is no row, or staff have no page for it."""
    if row is None:
        return ""
    try:
        return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    except NoReverseMatch:
        return ""


def list_of(model: type[models.Model], **filters: object) -> str:
    """The address of the model's list, narrowed by `filters`."""
    query = "&".join(f"{name}={value}" for name, value in filters.items())
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist") + (query and f"?{query}")


def link(row: models.Model | None, words: str = "") -> SafeString | str:
    """A link to the row's own page."""
    if row is None:
        return "-"
    return format_html('<a class="staff-link" href="{}">{}</a>', page_of(row), words or str(row))


class TickFilter(admin.SimpleListFilter):
    """A filter with one choice beside "all": the rows that `narrow` leaves."""

    choice: Any = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [("1", self.choice)]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        return self.narrow(queryset) if self.value() == "1" else queryset

    def narrow(self, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
        raise NotImplementedError
