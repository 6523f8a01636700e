"""The money of orders: payments, refunds, tax documents, and what providers told us. All of it is read only."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from config.lib.money import yen
from config.lib.staff import BUSY, GOOD, ReadOnlyAdmin, ReadOnlyInline, TickFilter, as_text, link, state_column
from orders.admin import words
from orders.admin.journal import JournalDownloads
from orders.admin.papers import DocumentPapers
from orders.models import Payment, ProviderEvent, Refund, RefundLine, TaxDocument, TaxDocumentSummary

DOCUMENT_COLOURS = {TaxDocument.Kind.SIMPLIFIED_INVOICE: GOOD, TaxDocument.Kind.CORRECTION: BUSY}


class RefundLineInline(ReadOnlyInline):
    model = RefundLine
    fields = ("order_line", "quantity", "amount", "is_restocked", "is_recalled")
    related = ("order_line",)


class RefundInline(ReadOnlyInline):
    model = Refund
    fields = ("amount", "reason", "state", "failure", "provider_ref", "created_at")
    related = ("payment__order",)


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    list_display = (
        "provider_ref",
        "order_link",
        "generation",
        "method",
        "state_word",
        "amount_words",
        "captured",
        "refunded",
        "created_at",
    )
    list_filter = ("state", "method", "provider")
    search_fields = ("order__number", "order__email", "provider_ref", "charge_ref")
    date_hierarchy = "created_at"
    ordering = ("-pk",)
    related = ("order",)
    inlines = (RefundInline,)
    state_word = state_column("state", words.PAYMENT_COLOURS, _("state"))

    @display(description=_("order"), ordering="order__number")
    def order_link(self, payment: Payment) -> SafeString | str:
        return link(payment.order)

    @display(description=_("amount"), ordering="amount")
    def amount_words(self, payment: Payment) -> str:
        return yen(payment.amount)


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin):
    list_display = (
        "amount_words",
        "order_link",
        "kind",
        "state_word",
        "failure",
        "reason",
        "requested_by",
        "provider_ref",
        "created_at",
    )
    list_filter = ("state", "kind")
    search_fields = ("payment__order__number", "key", "provider_ref", "reason")
    date_hierarchy = "created_at"
    ordering = ("-pk",)
    related = ("payment__order", "run__order", "requested_by")
    inlines = (RefundLineInline,)
    state_word = state_column("state", words.REFUND_COLOURS, _("state"))

    @display(description=_("order"), ordering="payment__order__number")
    def order_link(self, refund: Refund) -> SafeString | str:
        return link(refund.payment.order)

    @display(description=_("amount"), ordering="amount")
    def amount_words(self, refund: Refund) -> str:
        return yen(refund.amount)


@admin.register(RefundLine)
class RefundLineAdmin(ReadOnlyAdmin):
    list_display = ("line_name", "order_link", "quantity", "amount_words", "is_restocked", "is_recalled")
    list_filter = ("is_restocked", "is_recalled", "refund__state")
    search_fields = ("refund__payment__order__number", "order_line__name", "order_line__sku")
    ordering = ("-pk",)
    related = ("refund__payment__order", "order_line")

    @display(description=_("order line"), ordering="order_line__name")
    def line_name(self, row: RefundLine) -> str:
        return row.order_line.name

    @display(description=_("order"), ordering="refund__payment__order__number")
    def order_link(self, row: RefundLine) -> SafeString | str:
        return link(row.refund.payment.order)

    @display(description=_("amount"), ordering="amount")
    def amount_words(self, row: RefundLine) -> str:
        return yen(row.amount)


class Unprocessed(TickFilter):
    title = _("processing")
    parameter_name = "unprocessed"
    choice = _("not processed yet")

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.filter(processed_at=None)


@admin.register(ProviderEvent)
class ProviderEventAdmin(ReadOnlyAdmin):
    list_display = ("received_at", "provider", "kind", "event_id", "processed_at", "attempts", "next_at", "error")
    list_filter = (Unprocessed, "provider", "kind")
    search_fields = ("event_id", "kind", "error")
    date_hierarchy = "received_at"
    readonly_fields = ("pretty",)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("provider", "kind"),
                    "event_id",
                    ("received_at", "processed_at"),
                    ("attempts", "next_at"),
                    "error",
                )
            },
        ),
        (_("What it said"), {"fields": ("pretty",)}),
    )

    @display(description=_("payload"))
    def pretty(self, event: ProviderEvent) -> SafeString:
        return as_text(event.payload)


class SummaryInline(ReadOnlyInline):
    model = TaxDocumentSummary
    fields = ("rate", "gross", "tax")


@admin.register(TaxDocument)
class TaxDocumentAdmin(JournalDownloads, DocumentPapers, ReadOnlyAdmin):
    list_display = ("number", "kind_word", "order_link", "total_words", "issued_at", "pdf_link")
    list_filter = ("kind",)
    search_fields = ("number", "order__number", "order__email", "registration_number")
    date_hierarchy = "issued_at"
    ordering = ("-pk",)
    related = ("order",)
    inlines = (SummaryInline,)
    readonly_fields = ("pretty", "order_link", "total_words", "pdf_link", "receipt_link")
    fieldsets = (
        (None, {"fields": (("number", "kind"), ("order_link", "total_words"), ("issuer", "registration_number"),
                           "issued_at", ("pdf_link", "receipt_link"))}),
        (_("lines"), {"fields": ("pretty",)}),
    )  # fmt: skip
    kind_word = state_column("kind", DOCUMENT_COLOURS, _("kind"))

    def get_urls(self) -> list[Any]:
        return [*self.paper_urls(), *super().get_urls()]

    @display(description=_("order"), ordering="order__number")
    def order_link(self, document: TaxDocument) -> SafeString | str:
        return link(document.order)

    @display(description=_("total"), ordering="total")
    def total_words(self, document: TaxDocument) -> str:
        return yen(document.total)

    @display(description=_("lines"))
    def pretty(self, document: TaxDocument) -> SafeString:
        return as_text(document.lines)


@admin.register(TaxDocumentSummary)
class TaxDocumentSummaryAdmin(ReadOnlyAdmin):
    list_display = ("document", "rate", "gross_words", "tax_words")
    list_filter = ("rate", "document__kind")
    search_fields = ("document__number", "document__order__number")
    ordering = ("-pk",)
    related = ("document",)

    @display(description=_("sum, tax included"), ordering="gross")
    def gross_words(self, summary: TaxDocumentSummary) -> str:
        return yen(summary.gross)

    @display(description=_("tax in it"), ordering="tax")
    def tax_words(self, summary: TaxDocumentSummary) -> str:
        return yen(summary.tax)
