"""Signed webhooks: verified, stored, answered; acted on later."""

import logging

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from config.lib import clock
from orders.payments import provider
from orders.payments.base import BadSignature as BadPaymentSignature
from orders.services import inbox
from orders.warehouses import warehouse_system
from orders.warehouses.base import BadSignature as BadWarehouseSignature

log = logging.getLogger(__name__)
MAX_BYTES = 512 * 1024


@csrf_exempt
@require_POST
def stripe_webhook(request: HttpRequest) -> HttpResponse:
    try:
        event = provider("stripe").read_event(_body(request), request.headers.get("Stripe-Signature", ""))
    except BadPaymentSignature as error:
        return _refuse(request, error)
    inbox.store(source="stripe", event_id=event.event_id, kind=event.kind, payload=event.payload, now=clock.now())
    return HttpResponse(status=200)


@csrf_exempt
@require_POST
def warehouse_webhook(request: HttpRequest) -> HttpResponse:
    try:
        report = warehouse_system().read_report(_body(request), request.headers.get("Warehouse-Signature", ""))
    except BadWarehouseSignature as error:
        return _refuse(request, error)
    inbox.store(
        source=inbox.WAREHOUSE,
        event_id=report.event_id,
        kind=report.kind,
        payload=report.payload,
        now=clock.now(),
    )
    return HttpResponse(status=200)


def _body(request: HttpRequest) -> bytes:
    """What was sent, or nothing where it is too much; counted, since a body in chunks does not say its length."""
    sent = request.read(MAX_BYTES + 1)
    return sent if len(sent) <= MAX_BYTES else b""


def _refuse(request: HttpRequest, error: Exception) -> HttpResponse:
    """A bad signature changes nothing and leaves a trace."""
    log.warning("Webhook %s from %s refused: %s", request.path, request.META.get("REMOTE_ADDR"), error)
    problem = {"type": "/api/v1/docs/#problem-bad_signature", "title": "The signature is not valid.", "status": 400}
    return JsonResponse(problem, status=400, content_type="application/problem+json")
