"""Others are told of orders: signed, once or knowably twice, with patience, and never into our own network."""

import base64
import hashlib
import hmac
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from config.lib import leases
from orders.models import OrderEvent, WebhookDelivery, WebhookEndpoint
from orders.services import events, outgoing
from orders.sweeper import Sweeper, started
from tests.sandboxes.receiver import Receiver

pytestmark = pytest.mark.django_db
State = WebhookDelivery.State


@pytest.fixture
def receiver():
    with Receiver() as listening:
        yield listening


@pytest.fixture
def endpoint(receiver) -> WebhookEndpoint:
    return WebhookEndpoint.objects.create(url=receiver.url)


@pytest.fixture
def order(world, film, alice):
    return world.order(alice, film)


def tell(order, *, now=None, kind="orders.order.paid", is_public=True, **data) -> OrderEvent:
    return events.record(order, kind, now=now or timezone.now(), is_public=is_public, **data)


def only() -> WebhookDelivery:
    return WebhookDelivery.objects.select_related("endpoint", "event__order").get()


def after(**time) -> int:
    return outgoing.sweep(timezone.now() + timedelta(**time))


def test_a_public_event_is_told_signed_as_standard_webhooks_are(order, endpoint, receiver):
    event = tell(order, reason="early")
    assert after(seconds=1) == 1
    (told,) = receiver.received
    assert told.event == {
        "type": "orders.order.paid",
        "timestamp": event.happened_at.isoformat(),
        "data": {"order": order.number, "reason": "early"},
    }
    number, moment = told.headers["webhook-id"], told.headers["webhook-timestamp"]
    key = base64.b64decode(endpoint.secret.removeprefix("whsec_"))
    mac = hmac.new(key, f"{number}.{moment}.".encode() + told.body, hashlib.sha256).digest()
    assert told.headers["webhook-signature"] == "v1," + base64.b64encode(mac).decode()
    assert number == f"event_{event.pk}"
    assert (only().state, only().status, only().attempts) == (State.DELIVERED, 200, 1)
    assert after(days=2) == 0


def test_the_signature_is_the_one_of_the_standard():
    """The example of the Standard Webhooks specification."""
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    made = outgoing.signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body)
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_what_the_buyer_does_not_see_is_told_to_nobody(order, endpoint):
    tell(order, is_public=False)
    assert not WebhookDelivery.objects.exists()


def test_an_endpoint_hears_what_it_asked_for(order, endpoint):
    WebhookEndpoint.objects.update(kinds="orders.order.completed\norders.order.taken_back\n")
    tell(order)
    tell(order, kind="orders.order.taken_back")
    assert only().event.kind == "orders.order.taken_back"
    WebhookEndpoint.objects.update(is_active=False)
    tell(order, kind="orders.order.completed")
    assert WebhookDelivery.objects.count() == 1


def test_what_was_undone_is_told_to_nobody(order, endpoint):
    with transaction.atomic():
        tell(order)
        transaction.set_rollback(True)
    assert not WebhookDelivery.objects.exists()


def test_a_failure_is_tried_again_under_the_same_number_at_growing_intervals(order, endpoint, receiver):
    receiver.answers += [500, 302, 503]
    tell(order)
    pauses, now = [], timezone.now()
    for _ in range(4):
        now = max(now, only().next_at)
        assert outgoing.sweep(now) == 1
        pauses.append((only().next_at - now).total_seconds())
    assert [told.headers["webhook-id"] for told in receiver.received] == [f"event_{only().event_id}"] * 4
    assert len({told.body for told in receiver.received}) == 1
    assert pauses[0] < pauses[1] < pauses[2]
    assert (only().state, only().attempts) == (State.DELIVERED, 4)


def test_nobody_listening_is_a_failure_like_others(order):
    WebhookEndpoint.objects.create(url="http://127.0.0.1:1/")
    tell(order)
    after(seconds=1)
    assert only().state == State.PENDING
    assert "ConnectionError" in only().error


def test_an_endpoint_that_takes_nothing_for_three_days_is_switched_off_and_says_why(order, endpoint, receiver):
    receiver.answers += [500] * 99
    tell(order)
    now = timezone.now()
    while only().state == State.PENDING:
        now = max(now, only().next_at)
        outgoing.sweep(now)
    assert timedelta(days=2, hours=12) < now - only().event.happened_at <= timedelta(days=3)
    endpoint.refresh_from_db()
    assert not endpoint.is_active
    assert "took nothing for 3 days" in endpoint.disabled_because


def test_one_that_is_gone_is_switched_off_at_once(order, endpoint, receiver):
    receiver.answers += [410]
    tell(order)
    after(seconds=1)
    endpoint.refresh_from_db()
    assert (only().state, endpoint.is_active) == (State.GIVEN_UP, False)


def test_one_event_that_is_never_taken_does_not_switch_off_who_takes_others(order, endpoint, receiver):
    tell(order)
    after(seconds=1)
    receiver.answers += [500]
    tell(order, kind="orders.order.completed")
    late = WebhookDelivery.objects.get(event__kind="orders.order.completed")
    WebhookDelivery.objects.filter(pk=late.pk).update(until=timezone.now())
    after(seconds=1)
    late.refresh_from_db()
    endpoint.refresh_from_db()
    assert (late.state, endpoint.is_active) == (State.GIVEN_UP, True)


def test_production_calls_no_address_of_its_own_network(order, endpoint, receiver, settings):
    settings.PRODUCTION = True
    tell(order)
    after(seconds=1)
    assert not receiver.received
    assert "127.0.0.1 is no public address" in only().error


def test_nor_by_a_name_that_leads_there(order, receiver, settings):
    settings.PRODUCTION = True
    WebhookEndpoint.objects.create(url=receiver.url.replace("127.0.0.1", "localhost"))
    tell(order)
    after(seconds=1)
    assert not receiver.received
    assert "no public address" in only().error


def test_two_workers_tell_it_once(order, endpoint, receiver):
    tell(order)
    seen_by_both, now = only(), timezone.now() + timedelta(seconds=1)
    same = only()
    assert outgoing.deliver(seen_by_both, now=now)
    assert not outgoing.deliver(same, now=now)
    assert len(receiver.received) == 1


def test_a_worker_that_was_killed_is_followed_by_another(order, endpoint, receiver):
    tell(order)
    now = timezone.now() + timedelta(seconds=1)
    rows = WebhookDelivery.objects.filter(state=State.PENDING)
    leases.claim(rows, only(), now=now, ttl=outgoing.LEASE, next_at=now + outgoing.LEASE)
    assert outgoing.sweep(now) == 0
    assert outgoing.sweep(now + outgoing.LEASE) == 1
    assert only().state == State.DELIVERED


def test_staff_have_it_told_again(client, order, endpoint, receiver, sam):
    tell(order)
    after(seconds=1)
    client.force_login(sam)
    page = "/admin/orders/webhookdelivery/"
    assert client.get(page).status_code == 200
    client.post(page, {"action": "deliver_again", "_selected_action": [only().pk]})
    assert only().state == State.PENDING
    after(seconds=1)
    assert [told.headers["webhook-id"] for told in receiver.received] == [f"event_{only().event_id}"] * 2


def test_staff_register_an_endpoint_with_a_key_of_its_own(client, sam):
    client.force_login(sam)
    page = client.get("/admin/orders/webhookendpoint/add/")
    secret = page.context["adminform"].form["secret"].value()
    given = {"url": "https://partner.example/hooks", "secret": secret, "kinds": "", "is_active": "on"}
    assert client.post("/admin/orders/webhookendpoint/add/", given).status_code == 302
    assert len(base64.b64decode(WebhookEndpoint.objects.get().secret.removeprefix("whsec_"))) == 32
    assert client.post("/admin/orders/webhookendpoint/add/", given | {"url": "ftp://x.example/"}).status_code == 200


def test_slow_receivers_have_a_thread_apart_from_purchases(monkeypatch):
    """And none holds up another, or the one that looks after the purchases."""
    alone = {"orders.archive", "orders.inbox", "orders.limits", "orders.webhooks"}
    monkeypatch.setattr(Sweeper, "start", lambda thread: None)  # at work it would write beside this test's transaction
    shares = [{one.name for one in thread.chosen} for thread in started()]
    assert [share for share in shares if "orders.stages" in share] == [shares[0]]
    assert not shares[0] & alone
    assert sorted(map(sorted, shares[1:])) == [[name] for name in sorted(alone)]


def test_a_purchase_tells_of_itself(world, film, bob, endpoint, receiver):
    world.bought(bob, film)
    while after(minutes=5):
        pass
    kinds = [told.event["type"] for told in receiver.received]
    assert kinds[0] == "orders.order.made"
    assert kinds == list(OrderEvent.objects.filter(is_public=True).values_list("kind", flat=True))
