"""On which terms video is sold, who may watch, and who does."""

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.decorators import display

from config.lib.money import yen
from config.lib.staff import BAD, BUSY, GOOD, PLAIN, ReadOnlyAdmin, StaffAdmin, TickFilter, chip, state_column
from config.lib.text import clock
from vod.models import Entitlement, Offer, PlaybackSession, Progress
from vod.services.entitlements import Reason, why_not

OFFER_COLOURS = {Offer.Kind.FREE: GOOD, Offer.Kind.RENTAL: BUSY}


class OnSale(TickFilter):
    title = _("sale")
    parameter_name = "on_sale"
    choice = _("on sale now")

    def narrow(self, rows: Any) -> Any:
        return rows.on_sale_at(timezone.now())


@admin.register(Offer)
class OfferAdmin(StaffAdmin):
    list_display = ("title", "kind_word", "price_words", "starts_at", "ends_at", "start_within_days", "viewing_hours")
    list_filter = ("kind", OnSale, "tax_category")
    search_fields = ("title__name", "title__name_en", "title__reading", "title__slug")
    date_hierarchy = "starts_at"
    related = ("title",)
    kind_word = state_column("kind", OFFER_COLOURS, _("kind"))

    @display(description=_("price, tax included"), ordering="price")
    def price_words(self, offer: Offer) -> str:
        return yen(offer.price)


class LiveNow(TickFilter):
    title = _("right")
    parameter_name = "live"
    choice = _("may watch now")

    def narrow(self, rows: Any) -> Any:
        return rows.live_at(timezone.now())


@admin.register(Entitlement)
class EntitlementAdmin(ReadOnlyAdmin):
    list_display = ("user", "title", "source", "starts_at", "first_played_at", "ends_at", "standing")
    list_filter = (LiveNow, "source")
    search_fields = ("user__email", "user__name", "title__name", "title__slug")
    date_hierarchy = "created_at"
    related = ("user", "title")

    @display(description=_("right"))
    def standing(self, right: Entitlement) -> SafeString:
        reason = why_not(right, timezone.now())
        if reason in (Reason.REVOKED, Reason.SUSPENDED):
            return chip(_("taken back"), BAD)
        return chip(_("over"), PLAIN) if reason else chip(_("may watch"), GOOD)


@admin.register(PlaybackSession)
class PlaybackSessionAdmin(ReadOnlyAdmin):
    list_display = ("title", "user", "started_at", "last_seen_at")
    search_fields = ("title__name", "title__slug", "user__email", "user__name")
    date_hierarchy = "started_at"
    related = ("title", "user", "package", "entitlement__user", "entitlement__title")
    exclude = ("browser_key",)


class Finished(TickFilter):
    title = _("progress")
    parameter_name = "finished"
    choice = _("watched to the end")

    def narrow(self, rows: Any) -> Any:
        return rows.filter(~Q(finished_at=None))


@admin.register(Progress)
class ProgressAdmin(ReadOnlyAdmin):
    list_display = ("user", "title", "position", "finished_at", "updated_at")
    list_filter = (Finished,)
    search_fields = ("user__email", "user__name", "title__name", "title__slug")
    date_hierarchy = "updated_at"
    ordering = ("-pk",)
    related = ("user", "title")

    @display(description=pgettext_lazy("in a film", "position"), ordering="position_s")
    def position(self, progress: Progress) -> str:
        return f"{clock(progress.position_s)} / {clock(progress.duration_s)}"
