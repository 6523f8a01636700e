"""Downloads for accounting, on the page of the tax documents."""

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from config.lib import clock, sheets
from config.lib.staff import list_of
from orders.admin.reconciliation import may_close
from orders.models import TaxDocument
from orders.services import journal

LONGEST = timedelta(days=366)
REPORTS = (
    ("sales", _("sales by rate, method and handler")),
    ("documents", _("single tax documents")),
    ("money", _("payments, refunds and fees")),
)


class JournalDownloads:
    """A list with a form above it for those who do the accounts."""

    list_before_template = "admin/orders/taxdocument/before_list.html"
    admin_site: Any

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_safe(self.journal))
        return [path("journal/", view, name="orders_taxdocument_journal"), *super().get_urls()]  # type: ignore[misc]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """The days filled in are those of the month before this one."""
        known: dict[str, Any] = {}
        if may_close(request):
            until = timezone.localdate(clock.now()).replace(day=1) - timedelta(days=1)
            known["journal"] = {"reports": REPORTS, "since": until.replace(day=1), "until": until}
        return super().changelist_view(request, known | (extra_context or {}))  # type: ignore[misc, no-any-return]

    def journal(self, request: HttpRequest) -> HttpResponseBase:
        """The report as a file. The rows are read while they are sent."""
        if not may_close(request):
            raise PermissionDenied
        asked = request.GET
        report, per, encoding = asked.get("report"), asked.get("per", "day"), asked.get("encoding", sheets.UTF_8)
        days = _days(asked.get("since", ""), asked.get("until", ""))
        if days is None or report not in journal.REPORTS or per not in journal.PER or encoding not in sheets.ENCODINGS:
            messages.error(request, _("Choose a report and days in the right order, a year at the most."))
            return HttpResponseRedirect(list_of(TaxDocument))
        since, until = days
        name = f"{report}-{per}-{since}-{until}.csv"
        return sheets.download(request, name, journal.rows(report, since=since, until=until, per=per), encoding)


def _days(since: str, until: str) -> tuple[date, date] | None:
    try:
        first, last = date.fromisoformat(since), date.fromisoformat(until)
    except ValueError:
        return None
    return (first, last) if timedelta() <= last - first <= LONGEST else None
