"""Films: handing in a master, how far its encoding has come, and what came out of it."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.decorators import display
from unfold.widgets import UnfoldAdminFileFieldWidget

from config.lib.staff import BAD, BUSY, GOOD, WAITS, ReadOnlyAdmin, ReadOnlyInline, link, page_of, state_column
from config.lib.text import clock
from vod.forms import MasterUploadForm
from vod.models import Asset, Package, PackageKey, Rendition, TranscodeJob
from vod.services.failures import explain
from vod.services.jobs import retry as encode_again

ASSET_COLOURS = {
    Asset.State.UPLOADED: WAITS,
    Asset.State.PROBING: BUSY,
    Asset.State.TRANSCODING: BUSY,
    Asset.State.PLAYABLE: GOOD,
    Asset.State.READY: GOOD,
    Asset.State.FAILED: BAD,
}
JOB_COLOURS = {
    TranscodeJob.State.QUEUED: WAITS,
    TranscodeJob.State.RUNNING: BUSY,
    TranscodeJob.State.SUCCEEDED: GOOD,
    TranscodeJob.State.FAILED: BAD,
}


def percent_of(asset: Asset) -> str:
    """How far the encoding has come; a dash where there is nothing to tell."""
    job = getattr(asset, "job", None)
    if asset.state in (Asset.State.PLAYABLE, Asset.State.READY):
        return "100%"
    return f"{job.percent}%" if job and asset.state != Asset.State.FAILED else "-"


def bar(percent: int, words: str) -> SafeString:
    """A bar that says its percent in words too."""
    return format_html(
        '<progress class="staff-bar" max="100" value="{}" aria-label="{}"></progress> {}%', percent, words, percent
    )


@admin.register(Asset)
class AssetAdmin(ReadOnlyAdmin):
    """Masters are handed in here and looked at; what becomes of one, the encoding decides."""

    list_display = ("original_name", "title", "state_word", "progress", "size_words", "why_failed", "created_at")
    list_filter = ("state", "failure_code")
    search_fields = ("original_name", "title__name", "title__name_en", "title__slug")
    date_hierarchy = "created_at"
    related = ("title", "job", "uploaded_by")
    change_form_template = "admin/vod/asset/change_form.html"
    state_word = state_column("state", ASSET_COLOURS, _("state"))
    readonly_fields = ("state_word", "progress", "size_words", "attempts", "title_link", "particulars", "why_failed")
    fieldsets = (
        (None, {"fields": ("title_link", "original_name", ("state_word", "progress"), ("why_failed", "attempts"))}),
        (_("The file"), {"fields": (("size_words", "file"), "particulars", ("uploaded_by", "created_at"))}),
    )

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("vod.add_asset"))  # type: ignore[union-attr]

    def get_urls(self) -> list[Any]:
        again = self.admin_site.admin_view(require_POST(self.retry))
        return [path("<int:pk>/retry/", again, name="vod_asset_retry"), *super().get_urls()]

    @display(description=_("encoded"), ordering="job__percent")
    def progress(self, asset: Asset) -> SafeString | str:
        job = getattr(asset, "job", None)
        if asset.state in (Asset.State.PROBING, Asset.State.TRANSCODING) and job:
            return bar(job.percent, _now("encoded"))
        return percent_of(asset)

    @display(description=_("reason of the failure"))
    def why_failed(self, asset: Asset) -> str:
        return explain(asset) or "-"

    @display(description=_("size"), ordering="size")
    def size_words(self, asset: Asset) -> str:
        return f"{asset.size / 1024**2:,.1f} MB"

    @display(description=_("attempts"))
    def attempts(self, asset: Asset) -> str:
        job = getattr(asset, "job", None)
        return str(job.attempts) if job else "-"

    @display(description=_("title"))
    def title_link(self, asset: Asset) -> SafeString | str:
        return link(asset.title)

    @display(description=_("what the file holds"))
    def particulars(self, asset: Asset) -> str:
        return ", ".join(f"{name}: {value}" for name, value in asset.probe.items()) or "-"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        may_retry = bool(request.user.has_perm("vod.add_asset"))  # type: ignore[union-attr]
        return super().change_view(request, object_id, form_url, {"may_retry": may_retry} | (extra_context or {}))

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Hand in a master. No transaction is open around it: storing a large file takes minutes."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = self._upload_form(request)
        if request.method == "POST" and form.is_valid():
            asset = form.hand_in(actor=request.user, now=timezone.now())  # type: ignore[arg-type]
            self.log_addition(request, asset, [{"added": {}}])
            messages.success(request, _("The film was handed in. It is encoded now; this page shows how far it is."))
            return HttpResponseRedirect(page_of(asset))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Hand in a film"),
            "form": form,
            "media": self.media + form.media,
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/vod/asset/add_form.html", context)

    def _upload_form(self, request: HttpRequest) -> MasterUploadForm:
        asked = request.GET.get("title", "")
        initial = {"title": asked} if asked.isdecimal() else {}
        form = MasterUploadForm(request.POST or None, request.FILES or None, initial=initial)
        field = form.fields["title"]
        field.widget = AutocompleteSelect(Asset._meta.get_field("title"), self.admin_site)
        field.widget.choices = field.choices  # type: ignore[attr-defined]
        form.fields["file"].widget = UnfoldAdminFileFieldWidget(attrs={"accept": "video/*"})
        return form

    def retry(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Encode a failed film once more."""
        if not request.user.has_perm("vod.add_asset"):  # type: ignore[union-attr]
            raise PermissionDenied
        asset = get_object_or_404(Asset, pk=pk)
        if encode_again(asset, now=timezone.now()):
            self.log_change(request, asset, "retry")
            messages.success(request, _("The film is encoded once more."))
        else:
            messages.error(
                request, _("It cannot be encoded again: it has not failed, or its file is gone. Hand it in anew.")
            )
        return HttpResponseRedirect(reverse("admin:vod_asset_change", args=[pk]))


@admin.register(TranscodeJob)
class TranscodeJobAdmin(ReadOnlyAdmin):
    list_display = ("asset", "title", "state_word", "progress", "attempts", "available_at", "started_at", "finished_at")
    list_filter = ("state",)
    search_fields = ("asset__original_name", "asset__title__name", "asset__title__slug", "error")
    date_hierarchy = "available_at"
    ordering = ("-pk",)
    exclude = ("fence", "lease_owner", "lease_until")
    related = ("asset__title",)
    state_word = state_column("state", JOB_COLOURS, _("state"))

    @display(description=_("title"), ordering="asset__title__name")
    def title(self, job: TranscodeJob) -> str:
        return str(job.asset.title)

    @display(description=_("encoded"), ordering="percent")
    def progress(self, job: TranscodeJob) -> SafeString:
        return bar(job.percent, _now("encoded"))


class RenditionInline(ReadOnlyInline):
    model = Rendition
    fields = ("name", "width", "height", "bandwidth", "average_bandwidth", "codecs", "frame_rate")


class PackageKeyInline(ReadOnlyInline):
    """The key itself is shown to nobody."""

    model = PackageKey
    fields = ("number", "first_sequence")


@admin.register(Package)
class PackageAdmin(ReadOnlyAdmin):
    list_display = ("title", "folder", "is_current", "duration", "created_at")
    list_filter = ("is_current",)
    search_fields = ("title__name", "title__slug", "folder")
    date_hierarchy = "created_at"
    ordering = ("-pk",)
    related = ("title", "asset")
    inlines = (RenditionInline, PackageKeyInline)

    @display(description=_("duration"), ordering="duration_s")
    def duration(self, package: Package) -> str:
        return clock(package.duration_s)


@admin.register(Rendition)
class RenditionAdmin(ReadOnlyAdmin):
    list_display = ("name", "package_title", "width", "height", "bandwidth", "codecs", "frame_rate")
    list_filter = ("name",)
    search_fields = ("name", "package__title__name", "package__folder", "codecs")
    related = ("package__title",)

    @display(description=_("title"), ordering="package__title__name")
    def package_title(self, rendition: Rendition) -> str:
        return str(rendition.package.title)


@admin.register(PackageKey)
class PackageKeyAdmin(ReadOnlyAdmin):
    """Which stretch has which key; the key itself is shown to nobody."""

    list_display = ("package", "number", "first_sequence")
    search_fields = ("package__folder", "package__title__name")
    related = ("package__title",)
    fields = ("package", "number", "first_sequence")
    list_filter = (("package__is_current", admin.BooleanFieldListFilter),)
