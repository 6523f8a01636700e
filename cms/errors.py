"""Error pages that need nothing: no database, no cache, no session. `config/urls.py` names them as handlers."""

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

BUSY_SECONDS = 120


def server_error(request: HttpRequest) -> HttpResponse:
    """The page for what we did not expect; only the number of the request is told, never what went wrong."""
    return HttpResponse(_page("500.html", request), status=500)


def unavailable(request: HttpRequest, retry_after: int = BUSY_SECONDS) -> HttpResponse:
    """The page while the service is being worked on; `retry_after` is in seconds."""
    return HttpResponse(_page("503.html", request), status=503, headers={"Retry-After": str(retry_after)})


def _page(template: str, request: HttpRequest) -> str:
    """Rendered without the request: the context processors would ask the session and the database."""
    return render_to_string(template, {"request_id": getattr(request, "id", "")})
