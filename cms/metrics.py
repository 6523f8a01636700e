"""`/metrics`, as a Prometheus reads it; who may is said by a token.

It is answered like a probe, in front of everything: it is asked for by a machine's address and over plain http.
"""

import logging
import secrets

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client.exposition import choose_encoder

from orders.metrics import registry

log = logging.getLogger(__name__)
NOT_KEPT = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
LOOPBACK = ("127.0.0.1", "::1")


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The state of the pipelines in Prometheus' text form; 503 while the database is away."""
    if refusal := _refusal(request):
        return refusal
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    try:
        return HttpResponse(encode(registry()), content_type=content_type, headers=NOT_KEPT)
    except DatabaseError as error:
        log.warning("No metrics: %s", error)
        return HttpResponse("The database is away.\n", status=503, content_type="text/plain", headers=NOT_KEPT)


def _refusal(request: HttpRequest) -> HttpResponse | None:
    """None for who sends the token; without one set, for this machine in development, and for nobody in production."""
    if not settings.METRICS_TOKEN:
        is_near = request.META.get("REMOTE_ADDR") in LOOPBACK and not settings.PRODUCTION
        return None if is_near else HttpResponse(status=404, headers=NOT_KEPT)
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and secrets.compare_digest(token.encode(), settings.METRICS_TOKEN.encode()):
        return None
    return HttpResponse(status=401, headers=NOT_KEPT | {"WWW-Authenticate": "Bearer"})
