"""What Stripe's answers mean to us, given by a server that answers as Stripe does."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from orders.models import Payment
from orders.payments.base import Standing
from orders.payments.stripe import StripeProvider
from orders.pipeline.engine.errors import Refused, Transient

ELEMENT = Payment(method="element", provider_ref="pi_1", charge_ref="ch_1")
HOSTED = Payment(method="hosted", provider_ref="cs_1")


@pytest.fixture
def stripe(settings):
    """Stripe with `answers`: path → (status, body)."""

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, body = self.server.answers[self.path.partition("?")[0]]
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        do_POST = do_GET  # noqa: N815

        def log_message(self, *said: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    server.answers = {}
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.STRIPE_API_BASE = f"http://127.0.0.1:{server.server_port}"
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("payment", [ELEMENT, HOSTED])
def test_a_payment_stripe_denies_to_know_is_asked_for_again(stripe, payment):
    """A wrong key or account denies every payment; none of them is over by that."""
    unknown = (404, {"error": {"type": "invalid_request_error", "code": "resource_missing", "message": "No such"}})
    stripe.answers = {"/v1/payment_intents/pi_1": unknown, "/v1/checkout/sessions/cs_1": unknown}
    with pytest.raises(Transient):
        StripeProvider().status(payment)


def session(intent_status: str) -> dict:
    intent = {
        "id": "pi_1",
        "object": "payment_intent",
        "status": intent_status,
        "amount_received": 0,
        "currency": "jpy",
        "last_payment_error": None,
        "latest_charge": None,
        "client_secret": "pi_1_secret",
    }
    return {
        "id": "cs_1",
        "object": "checkout.session",
        "status": "complete",
        "payment_status": "unpaid",
        "url": None,
        "payment_intent": intent,
    }


@pytest.mark.parametrize(
    ("intent_status", "standing"),
    [
        ("processing", Standing.PROCESSING),
        ("requires_action", Standing.PROCESSING),  # a slip to be paid in a shop
        ("requires_payment_method", Standing.CANCELLED),  # it was not paid in time, and the page is closed
        ("canceled", Standing.CANCELLED),
    ],
)
def test_a_page_that_was_completed_but_never_paid_is_over_when_its_payment_failed(stripe, intent_status, standing):
    stripe.answers = {"/v1/checkout/sessions/cs_1": (200, session(intent_status))}
    assert StripeProvider().status(HOSTED).standing == standing


@pytest.mark.parametrize("status", ["failed", "canceled"])
def test_a_refund_that_failed_is_not_taken_for_money_given_back(stripe, status):
    provider = StripeProvider()
    request = {"charge": "ch_1", "amount": 330, "metadata": {"order": "H1", "key": "k"}}
    made = {"id": "re_1", "object": "refund", "status": status, "failure_reason": "lost_or_stolen_card"}
    stripe.answers = {"/v1/refunds": (200, made)}
    with pytest.raises(Refused, match="lost_or_stolen_card"):
        provider.refund(request, "k")
    stripe.answers = {"/v1/refunds": (200, {"object": "list", "data": [made | {"metadata": {"key": "k"}}]})}
    assert provider.find_refund(request, "k") is None


@pytest.mark.parametrize(("status", "is_pending"), [("pending", True), ("requires_action", True), ("succeeded", False)])
def test_a_refund_that_is_pending_is_taken_on_but_has_not_arrived(stripe, status, is_pending):
    provider = StripeProvider()
    request = {"charge": "ch_1", "amount": 330, "metadata": {"order": "H1", "key": "k"}}
    made = {"id": "re_1", "object": "refund", "status": status, "metadata": {"key": "k"}}
    taken_on = {"id": "re_1", "status": status, "is_pending": is_pending}
    stripe.answers = {"/v1/refunds": (200, made), "/v1/refunds/re_1": (200, made)}
    assert provider.refund(request, "k") == taken_on
    now = provider.refund_status("re_1")
    assert (now.is_failed, now.is_pending) == (False, is_pending)
    stripe.answers = {"/v1/refunds": (200, {"object": "list", "data": [made]})}
    assert provider.find_refund(request, "k") == taken_on
