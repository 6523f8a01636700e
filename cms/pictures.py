"""Pictures kept in a folder. With an object store or a proxy in front, their addresses lead there instead."""

import mimetypes

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

YEAR = 31_536_000


@require_safe
def show_picture(request: HttpRequest, name: str) -> HttpResponse:
    """A picture never changes under its name, so a browser keeps it for a year."""
    try:
        opened = default_storage.open(name)
    except (OSError, ValueError, SuspiciousFileOperation):  # no file, no name of one, or a way out
        raise Http404 from None
    with opened:  # read whole, being small: a file handed on in pieces would block the loop
        body = opened.read()
    response = HttpResponse(body, content_type=mimetypes.guess_type(name)[0] or "application/octet-stream")
    response["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"  # were it an SVG, nothing in it would run
    return response
