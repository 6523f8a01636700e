"""What the pages of buyers and of staff that give out papers have in common."""

from django.http import HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers
from django.utils.http import content_disposition_header

from orders.models import Order, ReceiptIssue
from orders.services import receipts


def as_pdf(content: bytes, name: str) -> HttpResponse:
    """A file that the browser keeps under its name."""
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["X-Robots-Tag"] = "noindex"
    add_never_cache_headers(response)
    return response


def sequence_of(request: HttpRequest) -> int:
    """Which issue a form asks for; one that names none asks for an issue that never is."""
    sent = request.POST.get("sequence", "")
    return int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 5 else 0


def initial_of(order: Order) -> dict[str, str]:
    """What the form of the first issue suggests."""
    invoice = receipts.invoice_of(order.tax_documents.all())
    return {
        "addressee": order.user.name,
        "honorific": ReceiptIssue.Honorific.SAMA,
        "proviso": receipts.proviso_for(invoice) if invoice else "",
    }
