"""Runs that were compacted: looked at as they were."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from config.lib.staff import ReadOnlyAdmin, as_text, link, state_column
from orders.admin import words
from orders.models import PipelineArchive
from orders.models.archive import Damaged


@admin.register(PipelineArchive)
class PipelineArchiveAdmin(ReadOnlyAdmin):
    list_display = ("pipeline", "order_link", "version", "state_word", "stages", "began_at", "finished_at")
    list_filter = ("state", "pipeline", "version")
    search_fields = ("order__number", "order__email")
    date_hierarchy = "finished_at"
    related = ("order",)
    state_word = state_column("state", words.RUN_COLOURS, _("state"))
    readonly_fields = ("order_link", "state_word", "what_was_kept")
    fieldsets = (
        (None, {"fields": ("order_link", ("pipeline", "version"), "state_word", ("began_at", "finished_at"))}),
        (_("contents"), {"fields": ("what_was_kept", "digest", "archived_at")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """A list does without the contents."""
        return super().get_queryset(request).defer("content")

    @display(description=_("order"), ordering="order__number")
    def order_link(self, archive: PipelineArchive) -> SafeString | str:
        return link(archive.order)

    @display(description=_("stages, attempts, effects, operator actions"))
    def what_was_kept(self, archive: PipelineArchive) -> SafeString | str:
        try:
            return as_text(archive.unpack())
        except (Damaged, json.JSONDecodeError) as damage:
            return str(damage)
