"""The provider's books beside ours: each day's comparison, what did not agree, and the act of closing it."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.decorators import display

from config.lib import clock
from config.lib.money import yen
from config.lib.staff import (
    BAD,
    GOOD,
    PLAIN,
    WAITS,
    ReadOnlyAdmin,
    ReadOnlyInline,
    TickFilter,
    as_text,
    chip,
    link,
    list_of,
    page_of,
    state_column,
)
from orders.admin.acts import reason_of
from orders.admin.strip import length
from orders.models import Discrepancy, ProviderEntry, ReconciliationRun
from orders.payments import provider
from orders.services import discrepancies

Kind = Discrepancy.Kind
MAY_CLOSE = "accounting"
ENDING_COLOURS = {Discrepancy.Ending.HEALED: GOOD}
ENTRY_COLOURS = {
    ProviderEntry.State.SUCCEEDED: GOOD,
    ProviderEntry.State.PENDING: WAITS,
    ProviderEntry.State.FAILED: BAD,
}
OTHER_KINDS = [kind for kind in Kind if kind not in (Kind.MONEY_WITHOUT_ORDER, Kind.ORDER_WITHOUT_MONEY)]


def may_close(request: HttpRequest) -> bool:
    """Whether this person answers for money: the role of accounting, and who may do all."""
    user: Any = request.user
    return user.is_superuser or (
        user.has_perm("orders.view_discrepancy") and user.groups.filter(name=MAY_CLOSE).exists()
    )


def target() -> dict[str, Any]:
    """What the line at the top says: how much is open by kind, and the last day that was compared to its end."""
    counts = dict(Discrepancy.objects.open().order_by().values_list("kind").annotate(Count("pk")))
    last = ReconciliationRun.objects.filter(finished_at__isnull=False).order_by("-day").first()
    return {
        "without_order": counts.get(Kind.MONEY_WITHOUT_ORDER, 0),
        "without_money": counts.get(Kind.ORDER_WITHOUT_MONEY, 0),
        "others": sum(counts.get(kind, 0) for kind in OTHER_KINDS),
        "is_reached": not sum(counts.values()),
        "last": last,
        "open_list": list_of(Discrepancy, open=1),
    }


def amount_words(amount: int, currency: str) -> str:
    return yen(amount) if currency == "JPY" else f"{amount:,} {currency}"


class TargetAtTop:
    """A list that begins with the target line."""

    list_before_template = "admin/orders/reconciliation/before_list.html"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        known = {"target": target()} | (extra_context or {})
        return super().changelist_view(request, known)  # type: ignore[misc, no-any-return]


class Open(TickFilter):
    title = _("state")
    parameter_name = "open"
    choice = _("open")

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(closed_at=None)


class _Told:
    """Columns of a discrepancy, in its list and among those of a day."""

    @display(description=_("reference at the provider"), ordering="subject")
    def subject_link(self, found: Discrepancy) -> SafeString | str:
        href = provider(found.provider).page_of(found.subject)
        return format_html('<a class="staff-link" href="{}">{}</a>', href, found.subject) if href else found.subject

    @display(description=_("order"), ordering="order__number")
    def order_link(self, found: Discrepancy) -> SafeString | str:
        return link(found.order)

    @display(description=_("payment"))
    def payment_link(self, found: Discrepancy) -> SafeString | str:
        return link(found.payment, f"#{found.payment.generation}") if found.payment else "-"

    @display(description=_("refund"))
    def refund_link(self, found: Discrepancy) -> SafeString | str:
        return link(found.refund, amount_words(found.refund.amount, found.currency)) if found.refund else "-"

    @display(description=_("amount"), ordering="amount")
    def amount_words(self, found: Discrepancy) -> str:
        return amount_words(found.amount, found.currency)

    @display(description=_("state"), ordering="closed_at")
    def state_word(self, found: Discrepancy) -> SafeString:
        if found.closed_at is None:
            return chip(_("open"), BAD)
        return chip(found.get_ending_display(), ENDING_COLOURS.get(found.ending, PLAIN))

    @display(description=_("age"), ordering="found_at")
    def age(self, found: Discrepancy) -> str:
        """How long it has been open, or had been when it was closed."""
        return length((found.closed_at or clock.now()) - found.found_at)


class DiscrepancyInline(_Told, ReadOnlyInline):
    model = Discrepancy
    fields = ("kind", "subject_link", "order_link", "payment_link", "amount_words", "age", "state_word")
    readonly_fields = fields
    related = ("order", "payment__order")


@admin.register(ReconciliationRun)
class ReconciliationRunAdmin(TargetAtTop, ReadOnlyAdmin):
    list_display = (
        "day",
        "step_word",
        "without_order",
        "without_money",
        "others",
        "charged_words",
        "refunded_words",
        "fee_words",
        "finished_at",
    )
    list_filter = ("provider", "step")
    date_hierarchy = "day"
    ordering = ("-day",)
    inlines = (DiscrepancyInline,)
    readonly_fields = ("step_word", "charged_words", "refunded_words", "fee_words")
    fieldsets = (
        (None, {"fields": (("day", "step_word"), "provider", ("charges", "charged_words"),
                           ("refunds", "refunded_words"), "fee_words")}),
        (_("Times"), {"fields": (("begun_at", "finished_at"), "rounds")}),
    )  # fmt: skip
    step_word = state_column("step", {ReconciliationRun.Step.DONE: GOOD}, _("state"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        is_open = Q(discrepancies__closed_at__isnull=True)
        return (
            super()
            .get_queryset(request)
            .annotate(
                _without_order=Count("discrepancies", is_open & Q(discrepancies__kind=Kind.MONEY_WITHOUT_ORDER)),
                _without_money=Count("discrepancies", is_open & Q(discrepancies__kind=Kind.ORDER_WITHOUT_MONEY)),
                _others=Count("discrepancies", is_open & Q(discrepancies__kind__in=OTHER_KINDS)),
            )
        )

    @display(description=_("money without order"))
    def without_order(self, run: Any) -> SafeString | str:
        return _count(run._without_order)

    @display(description=_("order without money"))
    def without_money(self, run: Any) -> SafeString | str:
        return _count(run._without_money)

    @display(description=_("others"))
    def others(self, run: Any) -> SafeString | str:
        return _count(run._others)

    @display(description=_("charged"), ordering="charged")
    def charged_words(self, run: ReconciliationRun) -> str:
        return yen(run.charged)

    @display(description=_("sum given back"), ordering="refunded")
    def refunded_words(self, run: ReconciliationRun) -> str:
        return yen(run.refunded)

    @display(description=_("fees"), ordering="fees")
    def fee_words(self, run: ReconciliationRun) -> str:
        return yen(run.fees)


def _count(number: int) -> SafeString | str:
    return chip(number, BAD) if number else "0"


@admin.register(Discrepancy)
class DiscrepancyAdmin(TargetAtTop, _Told, ReadOnlyAdmin):
    list_display = (
        "kind",
        "subject_link",
        "order_link",
        "payment_link",
        "amount_words",
        "age",
        "state_word",
        "day",
    )
    list_display_links = ("kind",)
    list_filter = (Open, "kind", "ending", "provider")
    search_fields = ("subject", "order__number", "order__email", "reason")
    date_hierarchy = "found_at"
    ordering = ("-pk",)
    related = ("run", "order", "payment__order", "refund__payment__order", "closed_by")
    change_form_template = "admin/orders/discrepancy/change_form.html"
    readonly_fields = (
        "subject_link",
        "order_link",
        "payment_link",
        "refund_link",
        "amount_words",
        "state_word",
        "age",
        "run_link",
        "told",
    )
    fieldsets = (
        (None, {"fields": (("kind", "state_word"), ("subject_link", "amount_words"), ("order_link", "payment_link"),
                           ("refund_link", "run_link"))}),
        (_("Times"), {"fields": (("found_at", "age"), ("woken_at", "closed_at"))}),
        (_("Closed"), {"fields": ("closed_by", "reason")}),
        (_("what was found"), {"fields": ("told",)}),
    )  # fmt: skip

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who closed it is told once somebody has."""
        closed = obj is not None and obj.closed_by_id is not None
        return [one for one in super().get_fieldsets(request, obj) if closed or "closed_by" not in one[1]["fields"]]

    def get_urls(self) -> list[Any]:
        close = self.admin_site.admin_view(require_POST(self.close))
        return [path("<int:pk>/close/", close, name="orders_discrepancy_close"), *super().get_urls()]

    @display(description=_("day"), ordering="run__day")
    def day(self, found: Discrepancy) -> Any:
        return found.run.day

    @display(description=_("what was found"))
    def told(self, found: Discrepancy) -> SafeString:
        return as_text(found.found)

    @display(description=_("reconciliation"))
    def run_link(self, found: Discrepancy) -> SafeString | str:
        return link(found.run)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().change_view(
            request, object_id, form_url, {"may_close": may_close(request)} | (extra_context or {})
        )

    def close(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Close it with a reason, which is kept beside who and when."""
        if not may_close(request):
            raise PermissionDenied
        found = Discrepancy.objects.filter(pk=pk).first()
        try:
            discrepancies.close(pk, actor=request.user, reason=reason_of(request), now=clock.now())  # type: ignore[arg-type]
        except Discrepancy.DoesNotExist:
            messages.error(request, _("There is no such discrepancy."))
        except discrepancies.NoReason:
            messages.error(request, _("Say why: the reason is kept. Nothing was changed."))
        except discrepancies.NotOpen:
            messages.error(request, _("It was closed already, so nothing was changed."))
        else:
            messages.success(request, _("Closed; the reason is kept."))
        return HttpResponseRedirect(page_of(found) or list_of(Discrepancy))


@admin.register(ProviderEntry)
class ProviderEntryAdmin(ReadOnlyAdmin):
    list_display = ("ref_link", "kind", "type", "state_word", "amount_told", "fee", "source", "happened_at")
    list_filter = ("kind", "state", "provider")
    search_fields = ("ref", "source", "order_number", "key")
    ordering = ("-pk",)
    state_word = state_column("state", ENTRY_COLOURS, _("state"))

    @display(description=_("reference at the provider"), ordering="ref")
    def ref_link(self, entry: ProviderEntry) -> str:
        return entry.ref

    @display(description=_("amount"), ordering="amount")
    def amount_told(self, entry: ProviderEntry) -> str:
        return amount_words(entry.amount, entry.currency)
