"""The tax documents of an order and its receipt as PDF, for who bought it alone, kept by no cache."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirectBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from config.lib import clock
from orders import papers
from orders.forms import ReceiptForm
from orders.models import Order, TaxDocument
from orders.paper_answers import as_pdf, initial_of, sequence_of
from orders.services import receipts
from orders.views.own import member, own_order


@never_cache
@login_required
@require_GET
def document_pdf(request: HttpRequest, number: str, document: str) -> HttpResponse:
    order = own_order(request, number)
    found = get_object_or_404(TaxDocument.objects.select_related("order"), order=order, number=document)
    return as_pdf(papers.tax_document(found), papers.file_name(found))


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def receipt(request: HttpRequest, number: str) -> HttpResponse:
    """What was issued, and the form for the next issue: the first asks to whom, the others say that they are marked."""
    order = own_order(request, number)
    issues = receipts.issues_of(order)
    form = (
        None if issues else ReceiptForm(request.POST if request.method == "POST" else None, initial=initial_of(order))
    )
    if request.method == "POST" and (form is None or form.is_valid()):
        return _issue(request, order, form)
    context = {
        "order": order,
        "issues": issues,
        "fresh": next((issue for issue in issues[-1:] if receipts.is_fresh(issue, now=clock.now())), None),
        "next": len(issues) + 1,
        "form": form,
        "is_possible": receipts.is_possible(order, order.tax_documents.standing()),
        "may_reissue": len(issues) < receipts.MOST_BY_BUYER,
    }
    return render(request, "orders/receipt.html", context)


@never_cache
@login_required
@require_GET
def receipt_pdf(request: HttpRequest, number: str, sequence: int) -> HttpResponse:
    """An issue, for a day after it was made; later it is to be issued anew, and marked so."""
    order = own_order(request, number)
    issue = next((one for one in receipts.issues_of(order) if one.sequence == sequence), None)
    if issue is None:
        raise Http404
    if not receipts.is_fresh(issue, now=clock.now()):
        messages.info(request, _("That receipt was issued some time ago. Issue it again here."))
        return _page(order)
    return as_pdf(papers.receipt(issue), papers.file_name(issue))


def _issue(request: HttpRequest, order: Order, form: ReceiptForm | None) -> HttpResponse:
    given = form.cleaned_data if form else {}
    try:
        receipts.issue(order, sequence=sequence_of(request), actor=member(request), now=clock.now(), **given)
    except receipts.NoReceipt:
        messages.error(request, _("There is no receipt for this order: it is not paid, or the payment was given back."))
    except receipts.TooMany:
        messages.error(request, _("This receipt was issued often enough. Please ask us if you need it once more."))
    except (receipts.OutOfTurn, receipts.NoAddressee):
        messages.info(request, _("This page was an old one. Here is how things stand now."))
    return _page(order)


def _page(order: Order) -> HttpResponseRedirectBase:
    return redirect("orders:receipt", number=order.number)
