"""What Stripe's answers mean to us, given by a server that answers as Stripe does."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from orders.models import Payment
from orders.payments.stripe import StripeProvider
from orders.pipeline.engine.errors import Transient

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
