import hashlib
import hmac

import pytest

from tests.sandboxes.receiver import Receiver
from tests.sandboxes.standin import StandIn, eventually
from tests.sandboxes.warehouse.shop import Shop


@pytest.fixture
def receiver():
    with Receiver() as listening:
        yield listening


@pytest.fixture
def shop(receiver, tmp_path):
    options = ("--webhook-url", receiver.url, "--webhook-secret", "secret", "--retry-scale", "0.01")
    standin = StandIn("warehouse", tmp_path / "ledger.sqlite3", *options)
    yield Shop(standin)
    standin.close()


def _received(receiver, count):
    return eventually(lambda: len(receiver.received) >= count and receiver.received)


def _events(shop):
    return shop.standin.book()["events"]


def test_a_shipment_is_reported_with_what_remains(shop, receiver):
    taken = shop.instructed()
    shipment = shop.ship(taken["id"], lines=[{"line_reference": "L1", "quantity": 1}]).json()["shipment"]
    event = _received(receiver, 1)[0].event
    assert event["type"] == "shipment.created"
    assert event["data"] == {
        "instruction_id": taken["id"],
        "reference": taken["reference"],
        "shipment": shipment,
        "remaining": [
            {"line_reference": "L1", "sku": "MUG-WHITE", "quantity": 1},
            {"line_reference": "L2", "sku": "TOTE-NAVY", "quantity": 1},
        ],
    }


def test_the_signature_covers_the_time_and_the_body(shop, receiver):
    shop.ship(shop.instructed()["id"])
    received = _received(receiver, 1)[0]
    time, digest = (part.split("=")[1] for part in received.headers["warehouse-signature"].split(","))
    expected = hmac.new(b"secret", time.encode() + b"." + received.body, hashlib.sha256).hexdigest()
    assert digest == expected


def test_a_webhook_is_tried_again_until_it_is_taken(shop, receiver):
    receiver.answers += [500, 302, 404]
    shop.ship(shop.instructed()["id"])
    assert len({received.event["id"] for received in _received(receiver, 4)}) == 1
    event = eventually(lambda: next((event for event in _events(shop) if event["delivered_at"]), None))
    assert [delivery["status"] for delivery in event["deliveries"]] == [500, 302, 404, 200]
    assert len(receiver.received) == 4


def test_a_webhook_owed_survives_a_killed_warehouse(shop, receiver):
    shop.standin.fault("webhook_off", next=10_000)
    taken = shop.instructed()
    shop.ship(taken["id"])
    shop.standin.kill()
    assert receiver.received == []
    shop.standin.start()
    assert _received(receiver, 1)[0].event["data"]["reference"] == taken["reference"]


def test_a_receiver_that_is_away_gets_it_when_it_is_back(receiver, tmp_path):
    gone = Receiver()
    with gone:
        address = gone.url
    standin = StandIn("warehouse", tmp_path / "ledger.sqlite3", "--webhook-url", address, "--retry-scale", "0.01")
    shop = Shop(standin)
    shop.ship(shop.instructed()["id"])
    tries = eventually(lambda: _events(shop)[0]["deliveries"])
    assert tries[0]["status"] is None
    assert "no answer" in tries[0]["outcome"]
    standin.kill()
    standin.options = ("--webhook-url", receiver.url)
    standin.start()
    assert _received(receiver, 1)
    standin.close()


def test_webhooks_switched_off_are_sent_once_they_are_on_again(shop, receiver):
    shop.standin.fault("webhook_off", next=2)
    shop.ship(shop.instructed()["id"])
    _received(receiver, 1)
    event = eventually(lambda: next((event for event in _events(shop) if event["delivered_at"]), None))
    assert [delivery["status"] for delivery in event["deliveries"]] == [None, None, 200]


def test_a_duplicated_webhook_comes_twice_with_one_id(shop, receiver):
    shop.standin.fault("duplicate")
    shop.ship(shop.instructed()["id"])
    first, second = _received(receiver, 2)
    assert first.body == second.body


def test_a_webhook_is_sent_again_on_request(shop, receiver):
    shop.ship(shop.instructed()["id"])
    event_id = _received(receiver, 1)[0].event["id"]
    eventually(lambda: _events(shop)[0]["delivered_at"])
    assert shop.standin.post(f"/sandbox/events/{event_id}/resend").status_code == 202
    assert _received(receiver, 2)[1].event["id"] == event_id
    assert shop.standin.post("/sandbox/events/evt_none/resend").status_code == 404


def test_parts_are_reported_in_the_order_in_which_they_left(shop, receiver):
    taken = shop.instructed()
    shop.ship(taken["id"], lines=[{"line_reference": "L1", "quantity": 2}])
    shop.ship(taken["id"])
    received = _received(receiver, 2)
    assert [len(each.event["data"]["remaining"]) for each in received] == [1, 0]
