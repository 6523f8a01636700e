"""Signed webhooks: what is not signed by us is refused and kept nowhere, what comes twice is one."""

import hashlib
import hmac
import io
import json
import time

import pytest
from django.core.handlers.asgi import ASGIRequest
from django.utils import timezone

from orders.models import OrderEvent, ProviderEvent, Shipment
from orders.services import inbox
from orders.views.webhooks import MAX_BYTES, stripe_webhook

pytestmark = pytest.mark.django_db


def stripe_post(client, settings, body, *, at=None, secret=None):
    moment = int(at or time.time())
    signed = hmac.new((secret or settings.STRIPE_WEBHOOK_SECRET).encode(), f"{moment}.{body}".encode(), hashlib.sha256)
    headers = {"Stripe-Signature": f"t={moment},v1={signed.hexdigest()}"}
    return client.post("/webhooks/stripe/", body, content_type="application/json", headers=headers)


@pytest.fixture
def event() -> str:
    intent = {"id": "pi_1", "object": "payment_intent", "metadata": {}}
    return json.dumps({"id": "evt_1", "type": "payment_intent.succeeded", "data": {"object": intent}})


def test_a_signed_event_is_stored_before_it_is_answered(client, settings, event):
    assert stripe_post(client, settings, event).status_code == 200
    assert ProviderEvent.objects.get().event_id == "evt_1"


@pytest.mark.parametrize("fault", ["secret", "body", "age", "header", "json"])
def test_an_event_that_is_not_ours_is_refused_and_leaves_no_row(client, settings, event, fault):
    if fault == "secret":
        answer = stripe_post(client, settings, event, secret="whsec_of_somebody")
    elif fault == "age":
        answer = stripe_post(client, settings, event, at=time.time() - 3600)
    elif fault == "json":
        answer = stripe_post(client, settings, "[]")
    else:
        moment = int(time.time())
        signature = hmac.new(settings.STRIPE_WEBHOOK_SECRET.encode(), f"{moment}.{event}".encode(), hashlib.sha256)
        header = "" if fault == "header" else f"t={moment},v1={signature.hexdigest()}"
        body = event.replace("pi_1", "pi_2")
        headers = {"Stripe-Signature": header}
        answer = client.post("/webhooks/stripe/", body, content_type="application/json", headers=headers)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert not ProviderEvent.objects.exists()


def test_an_event_that_comes_twice_is_one(client, settings, event):
    for _ in range(3):
        assert stripe_post(client, settings, event).status_code == 200
    assert ProviderEvent.objects.count() == 1


def test_a_body_that_does_not_say_its_length_is_read_no_further_than_allowed():
    sent = io.BytesIO(b"x" * (3 * MAX_BYTES))
    request = ASGIRequest({"type": "http", "method": "POST", "path": "/webhooks/stripe/", "headers": []}, sent)
    assert stripe_webhook(request).status_code == 400
    assert sent.tell() <= MAX_BYTES + 1


def test_webhooks_are_posted(client):
    assert client.get("/webhooks/stripe/").status_code == 405
    assert client.get("/webhooks/warehouse/").status_code == 405


def test_a_warehouse_report_that_comes_twice_sends_one_parcel(client, alice, world, mug):
    order = world.bought(alice, mug, quantity=2)
    made = order.fulfillment_orders.get()
    parcel = world.warehouse.ship(str(made.reference), {str(made.lines.get().order_line.reference): 1})
    report = {"id": "rep-1", "reference": str(made.reference), "shipment": parcel.external_id}
    for _ in range(2):
        answer = client.post(
            "/webhooks/warehouse/", report, content_type="application/json", headers={"Warehouse-Signature": "signed"}
        )
        assert answer.status_code == 200
    world.work(order)
    inbox.sweep(timezone.now())
    assert ProviderEvent.objects.count() == 1
    assert Shipment.objects.count() == 1
    assert OrderEvent.objects.filter(kind="orders.shipment.sent").count() == 1


def test_a_warehouse_report_with_a_bad_signature_is_refused(client, world):
    report = {"id": "rep-1", "reference": "x", "shipment": "y"}
    answer = client.post(
        "/webhooks/warehouse/", report, content_type="application/json", headers={"Warehouse-Signature": "forged"}
    )
    assert answer.status_code == 400
    assert not ProviderEvent.objects.exists()


@pytest.mark.parametrize("signature", ["t=²,v1=00", "t={now},v1=é", "t={now}", "", "v1"])
def test_a_report_with_a_signature_that_is_no_signature_is_refused(client, settings, signature):
    settings.WAREHOUSE_SYSTEM = "http"
    headers = {"Warehouse-Signature": signature.format(now=int(time.time()))}
    answer = client.post("/webhooks/warehouse/", "{}", content_type="application/json", headers=headers)
    assert answer.status_code == 400
