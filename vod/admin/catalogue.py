"""Titles, and how episodes stand in a series."""

from typing import Any

from django.contrib import admin
from django.db.models import Prefetch
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from config.lib.staff import (
    BAD,
    BUSY,
    GOOD,
    PLAIN,
    WAITS,
    ReadOnlyInline,
    StaffAdmin,
    StaffInline,
    TickFilter,
    chip,
    state_column,
    thumbnail,
)
from vod.admin.film import ASSET_COLOURS, percent_of
from vod.models import Asset, Episode, Genre, Offer, Package, Season, Title
from vod.services.failures import explain

KIND_COLOURS = {Title.Kind.FILM: BUSY, Title.Kind.SERIES: WAITS, Title.Kind.EPISODE: PLAIN}


class OfferInline(StaffInline):
    model = Offer
    fields = ("kind", "price", "tax_category", "starts_at", "ends_at", "start_within_days", "viewing_hours")
    related = ("title",)


class AssetInline(ReadOnlyInline):
    """The masters handed in for a title, with how far each has come."""

    model = Asset
    fields = ("original_name", "state_word", "percent", "created_at", "why_failed")
    readonly_fields = ("state_word", "percent", "why_failed")
    related = ("job",)
    state_word = state_column("state", ASSET_COLOURS, _("state"))

    @display(description=_("encoded"))
    def percent(self, asset: Asset) -> str:
        return percent_of(asset)

    @display(description=_("reason of the failure"))
    def why_failed(self, asset: Asset) -> str:
        return explain(asset) or "-"


class PlaceInline(StaffInline):
    """Where an episode stands in its series."""

    model = Episode
    fk_name = "title"
    fields = ("season", "number")
    related = ("season__series", "title")
    max_num = 1
    verbose_name = verbose_name_plural = _("place in the series")


class SeasonInline(StaffInline):
    model = Season
    fields = ("number", "name", "name_en")
    related = ("series",)
    show_change_link = True


class EpisodeInline(StaffInline):
    model = Episode
    fields = ("number", "title")
    related = ("title", "season__series")


class WithoutFilm(TickFilter):
    title = _("film")
    parameter_name = "no_film"
    choice = _("without a film to play")

    def narrow(self, rows: Any) -> Any:
        return rows.watchable_kinds().exclude(packages__is_current=True)


@admin.register(Title)
class TitleAdmin(StaffAdmin):
    list_display = ("stamp", "name", "kind_word", "place", "film_word", "is_published", "starts_at", "ends_at")
    list_display_links = ("stamp", "name")
    list_filter = ("kind", "is_published", WithoutFilm, "genres", "year")
    search_fields = ("name", "name_en", "reading", "slug", "cast", "search_text")
    search_help_text = _("title, reading, cast or synopsis")
    date_hierarchy = "starts_at"
    prepopulated_fields = {"slug": ("name_en",)}
    related = ("episode__season__series",)
    kind_word = state_column("kind", KIND_COLOURS, _("kind"))
    fieldsets = (
        (None, {"fields": (("kind", "slug"), ("name", "name_en"), "reading")}),
        (_("Publication"), {"fields": ("is_published", "starts_at", "ends_at")}),
        (_("Words"), {"fields": ("synopsis", "synopsis_en", ("cast", "cast_en"))}),
        (_("Particulars"), {"fields": ("genres", ("year", "rating"))}),
        (_("Artwork"), {"fields": ("artwork_wide", "artwork_tall")}),
    )

    def get_inlines(self, request: HttpRequest, obj: Title | None) -> Any:
        """A series has seasons; what is watched itself has offers and films; an episode stands somewhere."""
        if obj and obj.kind == Title.Kind.SERIES:
            return (SeasonInline, *self.inlines)
        place = (PlaceInline,) if obj is None or obj.kind == Title.Kind.EPISODE else ()
        return (*place, OfferInline, *((AssetInline,) if obj else ()), *self.inlines)

    def get_queryset(self, request: HttpRequest) -> Any:
        current = Package.objects.filter(is_current=True)
        newest = Asset.objects.select_related("job")
        return super().get_queryset(request).prefetch_related(Prefetch("packages", current), Prefetch("assets", newest))

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """A film is handed in, and a master is found, for what can be watched itself, never for a series."""
        found, has_duplicates = super().get_search_results(request, queryset, search_term)
        if request.GET.get("model_name") == Asset._meta.model_name:
            found = found.watchable_kinds()
        return found, has_duplicates

    @display(description=_("artwork"))
    def stamp(self, title: Title) -> SafeString | str:
        return thumbnail(title.artwork_wide, "")

    @display(description=_("place in the series"))
    def place(self, title: Title) -> str:
        episode = getattr(title, "episode", None)
        return f"{episode.season} #{episode.number}" if episode else "-"

    @display(description=_("film"))
    def film_word(self, title: Title) -> SafeString | str:
        """What a viewer would find: a film, one that is being made, or none."""
        if title.packages.all():
            return chip(_("playable"), GOOD)
        newest = next(iter(title.assets.all()), None)
        if newest is None or title.kind == Title.Kind.SERIES:
            return "-"
        if newest.state == Asset.State.FAILED:
            return chip(_("failed"), BAD)
        return chip(percent_of(newest), BUSY)


@admin.register(Season)
class SeasonAdmin(StaffAdmin):
    list_display = ("series", "number", "name", "name_en")
    search_fields = ("name", "name_en", "series__name", "series__name_en", "series__reading")
    related = ("series",)
    inlines = (EpisodeInline,)


@admin.register(Episode)
class EpisodeAdmin(StaffAdmin):
    list_display = ("title", "season", "number")
    search_fields = ("title__name", "title__name_en", "title__reading", "season__series__name")
    related = ("title", "season__series")


@admin.register(Genre)
class GenreAdmin(StaffAdmin):
    list_display = ("name", "name_en", "slug")
    search_fields = ("name", "name_en", "slug")
    prepopulated_fields = {"slug": ("name_en",)}
