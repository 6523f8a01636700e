"""Mail to buyers: what became of each, and the two decisions that only a person may take."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.decorators import display

from config.lib import clock
from config.lib.staff import ReadOnlyAdmin, page_of, state_column
from orders.admin import words
from orders.admin.acts import fence_of, reason_of, refuse_without_permission, sheet_of
from orders.models import OutboundMail
from orders.pipeline.engine.operate import NotPossible
from orders.services import mails


@admin.register(OutboundMail)
class OutboundMailAdmin(ReadOnlyAdmin):
    list_display = ("subject", "kind_words", "to", "state_word", "order", "created_at", "sent_at")
    list_filter = ("state", "kind", "language")
    search_fields = ("to", "subject", "message_id", "order__number")
    date_hierarchy = "created_at"
    related = ("order",)
    change_form_template = "admin/orders/outboundmail/change_form.html"
    state_word = state_column("state", words.MAIL_COLOURS, _("state"))
    readonly_fields = ("state_word", "kind_words", "letter")
    fieldsets = (
        (
            None,
            {"fields": (("subject", "kind_words"), ("to", "language"), ("state_word", "sent_at"), "error", "order")},
        ),
        (_("text"), {"fields": ("letter",)}),
        (_("Sending"), {"fields": (("message_id", "dedupe_key"), "created_at")}),
    )

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/mark-sent/", view(require_POST(self.mark_sent)), name="orders_outboundmail_mark_sent"),
            path("<int:pk>/send-again/", view(require_POST(self.send_again)), name="orders_outboundmail_send_again"),
            *super().get_urls(),
        ]

    @display(description=_("kind"), ordering="kind")
    def kind_words(self, mail: OutboundMail) -> Any:
        return words.MAILS.get(mail.kind, mail.kind)

    @display(description=_("text"))
    def letter(self, mail: OutboundMail) -> SafeString:
        return format_html('<pre class="staff-letter">{}</pre>', mail.text)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        may_operate = request.user.has_perm("orders.change_stagerun")  # type: ignore[union-attr]
        mail = self.get_object(request, object_id) if may_operate else None
        known = {"may_operate": may_operate, "stage": mails.stage_of(mail) if mail else None}
        return super().change_view(request, object_id, form_url, known | (extra_context or {}))

    def mark_sent(self, request: HttpRequest, pk: int) -> HttpResponse:
        """It had arrived: nothing is sent."""
        return self._decide(request, pk, mails.mark_sent, _("The mail counts as sent, and the run goes on."))

    def send_again(self, request: HttpRequest, pk: int) -> HttpResponse:
        """It had not arrived: it is sent once more."""
        return self._decide(request, pk, mails.send_again, _("The mail is sent once more."))

    def _decide(self, request: HttpRequest, pk: int, decide: Callable[..., None], done: Any) -> HttpResponse:
        refuse_without_permission(request)
        mail = get_object_or_404(OutboundMail.objects.select_related("order"), pk=pk)
        try:
            decide(mail=mail, fence=fence_of(request), actor=request.user, reason=reason_of(request), now=clock.now())
        except NotPossible:
            messages.error(request, _("The mail or its stage has moved on meanwhile, so nothing was changed."))
        else:
            messages.success(request, done)
        return HttpResponseRedirect(sheet_of(mail.order) if mail.order else page_of(mail))
