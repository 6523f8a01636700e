"""Signed events: told in full, sent until they are answered, sent on after a kill."""

import pytest
import requests
import stripe

from tests.sandboxes.payment.conftest import client_for
from tests.sandboxes.payment.shopper import Shopper, basket, card, order, paid_by
from tests.sandboxes.receiver import Receiver
from tests.sandboxes.standin import eventually


def kinds(shop):
    return [received.event["type"] for received in list(shop.received)]


def verified(received):
    return stripe.Webhook.construct_event(received.body, received.headers["stripe-signature"], "whsec_test")


@pytest.fixture
def api(telling_sandbox):
    return client_for(telling_sandbox)


def test_an_event_is_signed_so_that_the_sdk_believes_it(api, shop):
    intent = api.payment_intents.create(order())
    (received,) = eventually(lambda: list(shop.received))
    event = verified(received)
    assert (event.type, event.data.object.id) == ("payment_intent.created", intent.id)
    assert event.api_version == stripe.api_version
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(
            received.body.replace(b"1200", b"1201"), received.headers["stripe-signature"], "whsec_test"
        )


def test_a_refund_that_fails_late_is_told_signed(api, shop, telling_sandbox):
    intent = api.payment_intents.create(paid_by("pm_card_visa"))
    refund = api.refunds.create({"payment_intent": intent.id, "metadata": {"key": "r-1"}})
    telling_sandbox.post(f"/sandbox/refunds/{refund.id}/fail")
    received = eventually(lambda: [one for one in list(shop.received) if one.event["type"] == "refund.failed"])
    told = verified(received[0]).data.object
    assert (told.id, told.status, told.metadata.key) == (refund.id, "failed", "r-1")


def test_a_payments_whole_life_is_told(api, shop, telling_sandbox):
    alice = Shopper(telling_sandbox)
    api.customers.create({"email": "alice@example.com"})
    intent = api.payment_intents.create(paid_by("pm_card_threeDSecure2Required"))
    alice.answer_bank(intent.next_action.redirect_to_url.url, result="pass")
    api.refunds.create({"payment_intent": intent.id, "amount": 200})
    with pytest.raises(stripe.CardError):
        api.payment_intents.create(paid_by("pm_card_chargeDeclined"))
    api.payment_intents.cancel(api.payment_intents.create(order()).id)
    session = api.checkout.sessions.create(basket())
    alice.send(session.url, **card())
    api.checkout.sessions.expire(api.checkout.sessions.create(basket()).id)
    expected = {
        "customer.created",
        "payment_intent.created",
        "payment_intent.requires_action",
        "payment_intent.succeeded",
        "payment_intent.payment_failed",
        "payment_intent.canceled",
        "charge.succeeded",
        "charge.failed",
        "charge.refunded",
        "refund.created",
        "refund.updated",
        "checkout.session.completed",
        "checkout.session.expired",
    }
    eventually(lambda: expected <= set(kinds(shop)))
    assert set(kinds(shop)) == expected
    assert all(verified(received) for received in shop.received)


def test_an_event_tells_the_object_as_it_was_then(api, shop):
    intent = api.payment_intents.create(paid_by("pm_card_visa"))
    eventually(lambda: "payment_intent.succeeded" in kinds(shop))
    told = {received.event["type"]: received.event["data"]["object"] for received in shop.received}
    assert told["payment_intent.created"]["status"] == "requires_confirmation"
    assert told["payment_intent.succeeded"]["latest_charge"] == intent.latest_charge
    assert api.events.list({"type": "charge.*"}).data[0].data.object.id == intent.latest_charge


def test_an_event_names_the_request_that_caused_it(api, shop):
    api.payment_intents.create(order(), {"idempotency_key": "order-77"})
    (received,) = eventually(lambda: list(shop.received))
    assert received.event["request"]["idempotency_key"] == "order-77"


def test_an_unanswered_event_is_sent_again_until_it_is_answered(api, shop):
    shop.answers = [500, 302, 404]
    api.payment_intents.create(order())
    eventually(lambda: len(shop.received) == 4)
    assert len({received.event["id"] for received in shop.received}) == 1
    (event,) = api.events.list({}).data
    eventually(lambda: api.events.retrieve(event.id).pending_webhooks == 0)


def test_the_answer_of_the_api_does_not_wait_for_the_shop(api, shop, telling_sandbox):
    telling_sandbox.fault("webhooks_delayed", seconds=60, next=None)
    assert api.payment_intents.create(paid_by("pm_card_visa")).status == "succeeded"
    assert shop.received == []
    telling_sandbox.post("/sandbox/clock", json={"advance": 61})
    eventually(lambda: len(shop.received) == 3)


def test_events_that_were_not_delivered_are_after_a_kill(telling_sandbox, shop):
    shop.answers = [500] * 3
    client_for(telling_sandbox).payment_intents.create(order())
    eventually(lambda: shop.received)
    telling_sandbox.kill()
    telling_sandbox.start()
    eventually(lambda: not shop.answers and len(shop.received) >= 4)
    assert set(kinds(shop)) == {"payment_intent.created"}


def test_events_go_to_the_address_of_today_after_a_restart(telling_sandbox, shop):
    telling_sandbox.fault("webhooks_delayed", seconds=5)
    client_for(telling_sandbox).payment_intents.create(order())
    telling_sandbox.stop()
    with Receiver() as moved:
        telling_sandbox.options = ("--webhook-url", moved.url)
        telling_sandbox.start()
        telling_sandbox.post("/sandbox/clock", json={"advance": 6})
        eventually(lambda: moved.received)
    assert shop.received == []


def test_a_duplicate_on_demand_is_the_same_event_twice(api, shop, telling_sandbox):
    telling_sandbox.fault("webhooks_duplicated", event_type="payment_intent.created")
    api.payment_intents.create(order())
    eventually(lambda: len(shop.received) == 2)
    assert len({received.event["id"] for received in shop.received}) == 1


def test_a_lost_webhook_is_still_in_the_list_of_events(api, shop, telling_sandbox):
    telling_sandbox.fault("webhooks_off", event_type="payment_intent.*", next=None)
    api.payment_intents.create(paid_by("pm_card_visa"))
    eventually(lambda: kinds(shop) == ["charge.succeeded"])
    listed = [event.type for event in api.events.list({"types": ["payment_intent.succeeded", "charge.succeeded"]})]
    assert listed == ["payment_intent.succeeded", "charge.succeeded"]


def test_an_event_is_sent_once_more_on_demand(api, shop, telling_sandbox):
    api.payment_intents.create(order())
    (received,) = eventually(lambda: list(shop.received))
    answer = telling_sandbox.post(f"/sandbox/events/{received.event['id']}/resend")
    assert answer.json()["id"] == received.event["id"]
    eventually(lambda: len(shop.received) == 2)


def test_another_sites_page_cannot_resend(api, shop, telling_sandbox):
    api.payment_intents.create(order())
    (received,) = eventually(lambda: list(shop.received))
    url = f"{telling_sandbox.url}/sandbox/events/{received.event['id']}/resend"
    assert requests.post(url, headers={"Sec-Fetch-Site": "cross-site"}, timeout=10).status_code == 401


def test_the_ledgers_page_shows_the_deliveries(api, shop, telling_sandbox):
    intent = api.payment_intents.create(order(metadata={"order": "H-42"}))
    eventually(lambda: "配信済み" in telling_sandbox.get("/sandbox/").text)
    page = telling_sandbox.get("/sandbox/").text
    for shown in (intent.id, "order=H-42", "支払い方法待ち", "¥1,200", "payment_intent.created", "再送"):
        assert shown in page
