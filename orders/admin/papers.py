"""Receipts, and the PDFs of tax documents: staff read them all, and issue one for a buyer who asks for it."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods
from unfold.decorators import display

from config.lib import clock
from config.lib.money import yen
from config.lib.staff import ReadOnlyAdmin, link, page_of
from orders import papers
from orders.forms import ReceiptForm
from orders.models import ReceiptIssue, TaxDocument
from orders.paper_answers import as_pdf, initial_of, sequence_of
from orders.services import receipts


class DocumentPapers:
    """The PDF of a tax document, and the issuing of the receipt for it; mixed into its admin."""

    admin_site: Any

    def paper_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/pdf/", view(require_GET(self.pdf)), name="orders_taxdocument_pdf"),
            path(
                "<int:pk>/receipt/",
                view(require_http_methods(["GET", "POST"])(self.receipt)),
                name="orders_taxdocument_receipt",
            ),
        ]

    @display(description=_("PDF"))
    def pdf_link(self, document: TaxDocument) -> SafeString:
        return pdf_link("admin:orders_taxdocument_pdf", document.pk)

    @display(description=_("receipt"))
    def receipt_link(self, document: TaxDocument) -> SafeString | str:
        if document.kind != TaxDocument.Kind.SIMPLIFIED_INVOICE:
            return "-"
        place = reverse("admin:orders_taxdocument_receipt", args=[document.pk])
        return format_html('<a class="staff-link" href="{}">{}</a>', place, _("Issue or look at the receipt"))

    def pdf(self, request: HttpRequest, pk: int) -> HttpResponse:
        _refuse_without(request, "orders.view_taxdocument")
        document = get_object_or_404(TaxDocument.objects.select_related("order"), pk=pk)
        return as_pdf(papers.tax_document(document), papers.file_name(document))

    def receipt(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What was issued, and the form of the next issue, as the buyer has it."""
        _refuse_without(request, "orders.view_receiptissue")
        kind = TaxDocument.Kind.SIMPLIFIED_INVOICE
        document = get_object_or_404(TaxDocument.objects.select_related("order__user"), pk=pk, kind=kind)
        issues = receipts.issues_of(document.order)
        given = request.POST if request.method == "POST" else None
        form = None if issues else ReceiptForm(given, initial=initial_of(document.order))
        if given is not None and (form is None or form.is_valid()):
            return _issue(request, document, form)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Receipt"),
            "document": document,
            "issues": issues,
            "next": len(issues) + 1,
            "form": form,
            "is_possible": receipts.is_possible(document.order, document.order.tax_documents.standing()),
            "may_issue": request.user.has_perm("orders.add_receiptissue"),  # type: ignore[union-attr]
            "back": page_of(document.order),
        }
        return TemplateResponse(request, "admin/orders/taxdocument/receipt.html", context)


def _issue(request: HttpRequest, document: TaxDocument, form: ReceiptForm | None) -> HttpResponse:
    _refuse_without(request, "orders.add_receiptissue")
    here = HttpResponseRedirect(reverse("admin:orders_taxdocument_receipt", args=[document.pk]))
    try:
        made = receipts.issue(
            document.order,
            sequence=sequence_of(request),
            actor=request.user,
            now=clock.now(),
            **(form.cleaned_data if form else {}),
        )
    except receipts.NoReceipt:
        messages.error(request, _("There is no receipt for this order: it is not paid, or the payment was given back."))
    except (receipts.OutOfTurn, receipts.NoAddressee):
        messages.info(request, _("This page was an old one. Here is how things stand now."))
    else:
        messages.success(request, _("The receipt %s is issued.") % made.number)
    return here


def pdf_link(name: str, pk: int) -> SafeString:
    return format_html('<a class="staff-link" href="{}">PDF</a>', reverse(name, args=[pk]))


def _refuse_without(request: HttpRequest, right: str) -> None:
    if not request.user.has_perm(right):  # type: ignore[union-attr]
        raise PermissionDenied


@admin.register(ReceiptIssue)
class ReceiptIssueAdmin(ReadOnlyAdmin):
    list_display = ("number", "order_link", "to", "total_words", "method", "issued_by", "issued_at", "pdf_link")
    list_filter = ("method", "honorific")
    search_fields = ("document__number", "document__order__email", "addressee")
    date_hierarchy = "issued_at"
    ordering = ("-pk",)
    related = ("document__order", "issued_by")
    readonly_fields = ("number", "order_link", "to", "total_words", "pdf_link")
    fields = (
        ("number", "order_link"),
        ("to", "proviso"),
        ("total_words", "method"),
        "given_back",
        ("issued_by", "issued_at"),
        "pdf_link",
    )

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [path("<int:pk>/pdf/", view(require_GET(self.pdf)), name="orders_receiptissue_pdf"), *super().get_urls()]

    @display(description=_("number"), ordering="document__number")
    def number(self, issue: ReceiptIssue) -> str:
        return issue.number

    @display(description=_("order"), ordering="document__order__number")
    def order_link(self, issue: ReceiptIssue) -> SafeString | str:
        return link(issue.document.order)

    @display(description=_("addressee"), ordering="addressee")
    def to(self, issue: ReceiptIssue) -> str:
        return f"{issue.addressee} {issue.honorific}"

    @display(description=_("total"), ordering="document__total")
    def total_words(self, issue: ReceiptIssue) -> str:
        return yen(issue.document.total)

    @display(description=_("PDF"))
    def pdf_link(self, issue: ReceiptIssue) -> SafeString:
        return pdf_link("admin:orders_receiptissue_pdf", issue.pk)

    def pdf(self, request: HttpRequest, pk: int) -> HttpResponse:
        _refuse_without(request, "orders.view_receiptissue")
        issue = get_object_or_404(ReceiptIssue.objects.select_related("document__order"), pk=pk)
        return as_pdf(papers.receipt(issue), papers.file_name(issue))
