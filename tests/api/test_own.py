"""What a member may read of their own, and nobody else."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from orders.models import Order
from tests import builders
from tests.orders.conftest import world  # noqa: F401 - a purchase with the outside world in memory
from vod.models import Entitlement

OWN = ["/api/v1/me/", "/api/v1/me/orders/", "/api/v1/me/orders/HAAA-AAA-AAA/", "/api/v1/me/entitlements/"]


def _order(user, **fields) -> Order:
    amount = {"subtotal": 1000, "shipping_fee": 500, "total": 1500}
    order = Order.objects.create(user=user, email=user.email, checkout_key=uuid4(), **(amount | fields))
    order.lines.create(
        variant=builders.variant(), handler=_handler(), name="マグ", unit_price=500, quantity=2, tax_rate=10
    )
    return order


def _handler():
    from orders.models import Handler

    builders.warehouse()
    return Handler.objects.get(code="goods-ishikari")


def _right(user, **fields) -> Entitlement:
    now = timezone.now()
    values = {"source": "rental", "starts_at": now - timedelta(hours=1), "ends_at": now + timedelta(days=1)}
    return Entitlement.objects.create(user=user, title=builders.title(), **(values | fields))


@pytest.mark.django_db
@pytest.mark.parametrize("address", OWN)
def test_a_stranger_is_told_to_sign_in(client, address):
    response = client.get(address)
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Session realm="member"'
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["type"] == "/api/v1/docs/#problem-not_authenticated"
    assert response["Cache-Control"] == "no-store"


def test_a_member_reads_who_she_is(client, alice):
    client.force_login(alice)
    response = client.get("/api/v1/me/")
    assert response["Cache-Control"] == "private, no-store"
    me = response.json()
    assert (me["email"], me["name"], me["member_number"]) == (alice.email, alice.name, alice.member_number)
    assert "password" not in me


def test_a_member_sees_her_own_orders_alone(client, alice, bob):
    hers = [_order(alice).number for _ in range(2)]
    _order(bob)
    client.force_login(alice)
    page = client.get("/api/v1/me/orders/").json()
    assert [order["number"] for order in page["results"]] == hers[::-1]
    [line] = page["results"][0]["lines"]
    assert (line["kind"], line["amount"], line["quantity"], line["tax_rate"]) == ("goods", 1000, 2, 10)


def test_another_members_order_is_not_found_like_one_that_never_was(client, alice, bob):
    his = _order(bob)
    client.force_login(alice)
    answers = [client.get(f"/api/v1/me/orders/{number}/") for number in (his.number, "HZZZ-ZZZ-ZZZ")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json()["detail"] == answers[1].json()["detail"]


def test_an_order_shows_where_it_goes_how_it_travels_and_its_tax(client, alice, world, db):  # noqa: F811
    builders.address(user=alice)
    builders.shipping_rates()
    episode = builders.playable(builders.title())
    builders.video_handler()
    order = world.bought(alice, builders.variant(price=1980), builders.rental(episode, price=330))
    made = order.fulfillment_orders.get()
    made.shipments.create(external_id="P1", carrier="yamato", tracking_number="1234", shipped_at=timezone.now())
    client.force_login(alice)
    shown = client.get(f"/api/v1/me/orders/{order.number}/").json()
    assert shown["state"] == "placed"
    assert shown["total"] == 1980 + 330 + 800
    assert shown["ship_to"]["prefecture"] == "北海道"
    assert shown["ship_to"]["name"] == "髙橋 𠮷乃"
    assert [parcel["tracking_number"] for parcel in shown["parcels"]] == ["1234"]
    [document] = shown["tax_documents"]
    assert document["total"] == shown["total"]
    assert sum(rate["gross"] for rate in document["summaries"]) == shown["total"]
    assert {line["kind"] for line in shown["lines"]} == {"goods", "video"}


def test_rights_tell_whether_they_can_be_used(client, alice, bob):
    now = timezone.now()
    past, began = now - timedelta(minutes=1), now - timedelta(minutes=30)
    _right(bob)
    made = {
        "not_begun": _right(alice, viewing_hours=48),
        "running": _right(alice, viewing_hours=48, first_played_at=began),
        "upcoming": _right(alice, starts_at=now + timedelta(hours=1)),
        "ended": _right(alice, ends_at=past),
        "suspended": _right(alice, suspended_at=past),
        "revoked": _right(alice, revoked_at=past, suspended_at=past),
    }
    client.force_login(alice)
    rows = client.get("/api/v1/me/entitlements/").json()["results"]
    assert {row["title"]["slug"]: row["state"] for row in rows} == {
        right.title.slug: state for state, right in made.items()
    }
    for live, states in (("true", {"not_begun", "running"}), ("false", {"upcoming", "ended", "suspended", "revoked"})):
        found = client.get(f"/api/v1/me/entitlements/?live={live}").json()["results"]
        assert {row["state"] for row in found} == states


@pytest.mark.parametrize("rows", [1, 30])
def test_own_lists_ask_the_database_the_same_for_any_number_of_rows(client, alice, rows, django_assert_max_num_queries):
    for _ in range(rows):
        _order(alice)
        _right(alice)
    client.force_login(alice)
    for address in ("/api/v1/me/orders/", "/api/v1/me/entitlements/"):
        with django_assert_max_num_queries(4):
            assert len(client.get(f"{address}?page_size=100").json()["results"]) == rows


def test_one_order_asks_a_fixed_number_of_questions(client, alice, django_assert_max_num_queries):
    order = _order(alice)
    client.force_login(alice)
    with django_assert_max_num_queries(8):
        client.get(f"/api/v1/me/orders/{order.number}/")
