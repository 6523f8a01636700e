"""Staff's pages of the station's own words, and of the goods that stand beside a title."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from cms.models import Notice, Page, RelatedGoods
from config.lib.staff import BUSY, GOOD, PLAIN, StaffAdmin, StaffInline, TickFilter, chip
from vod.admin.catalogue import TitleAdmin
from vod.models import Title


class RelatedGoodsInline(StaffInline):
    model = RelatedGoods
    fields = ("product", "position")
    related = ("product", "title")


admin.site.unregister(Title)


@admin.register(Title)
class TitleWithGoodsAdmin(TitleAdmin):
    """A title together with the goods that its page shows: only from up here are both in sight."""

    inlines = (RelatedGoodsInline,)


@admin.register(Page)
class PageAdmin(StaffAdmin):
    list_display = ("name", "name_en", "slug", "position", "updated_at")
    search_fields = ("name", "name_en", "slug", "body", "body_en")
    readonly_fields = ("updated_at",)
    fieldsets = (
        (None, {"fields": (("name", "name_en"), ("slug", "position"), "updated_at")}),
        (_("Text (Markdown)"), {"fields": ("body", "body_en")}),
    )


class ShownNow(TickFilter):
    title = _("shown")
    parameter_name = "shown"
    choice = _("on every page now")

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.shown_at(timezone.now())  # type: ignore[attr-defined]


@admin.register(Notice)
class NoticeAdmin(StaffAdmin):
    list_display = ("text", "standing", "starts_at", "ends_at")
    list_filter = (ShownNow,)
    search_fields = ("text", "text_en")
    date_hierarchy = "starts_at"
    ordering = ("-starts_at",)

    @display(description=_("shown"))
    def standing(self, notice: Notice) -> SafeString:
        now = timezone.now()
        if notice.starts_at > now:
            return chip(_("later"), BUSY)
        is_shown = notice.ends_at is None or notice.ends_at > now
        return chip(_("on every page"), GOOD) if is_shown else chip(_("over"), PLAIN)


@admin.register(RelatedGoods)
class RelatedGoodsAdmin(StaffAdmin):
    list_display = ("title", "product", "position")
    search_fields = ("title__name", "title__slug", "product__name", "product__slug")
    related = ("title", "product")
