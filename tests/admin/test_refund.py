"""Money given back from the page of an order: chosen, shown with its sums, confirmed; once, and by who may."""

import re

import pytest
from django.urls import reverse

from accounts.models import User
from orders.models import OperatorAction, Refund
from orders.services import refunding
from orders.services.refunding import Wish
from tests import builders
from tests.admin.conftest import role


@pytest.fixture
def order(world, alice, mug, film):
    """A film, and two mugs that are with the warehouse."""
    return world.bought(alice, mug, film, quantity=2)


@pytest.fixture
def ayu(db) -> User:
    """Answers for the money."""
    user = builders.member("ayu@example.com", "有村 あゆ", is_staff=True)
    user.groups.add(role("accounting"))
    return user


def page(order) -> str:
    return reverse("admin:orders_order_refund", args=[order.pk])


def hidden(response) -> dict[str, str]:
    """What the form on a page sends along by itself."""
    text = response.content.decode()
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', text))


def filled(client, order, **fields) -> dict[str, str]:
    form = hidden(client.get(page(order)))
    return {"token": form["token"], "kind": "lines", "reason": "scratched", **fields}


def line(order, *, is_goods: bool) -> int:
    return order.lines.get(variant__isnull=not is_goods).pk


def test_what_it_comes_to_is_shown_before_anything_happens(visit, ayu, order, in_english):
    client = visit(ayu)
    assert page(order) in client.get(reverse("admin:orders_order_change", args=[order.pk])).content.decode()
    film = line(order, is_goods=False)
    shown = client.post(page(order), filled(client, order, **{f"quantity_{film}": "1"}))
    text = shown.content.decode()
    assert shown.context["plan"].amount == 330
    assert "Give ¥330 back" in text
    assert "The right to watch" in text
    assert "stop" not in " ".join(shown.context["steps"])
    assert not Refund.objects.exists()


def test_it_is_given_back_once_however_often_the_button_is_pressed(visit, ayu, world, order, in_english):
    client = visit(ayu)
    shown = client.post(page(order), filled(client, order, kind="rest", with_shipping="on"))
    confirmed = {**hidden(shown), "confirmed": "yes"}
    for _ in range(2):
        done = client.post(page(order), confirmed, follow=True)
        assert [message.level_tag for message in done.context["messages"]] == ["success"]
    refund = Refund.objects.get()
    assert (refund.amount, refund.kind, refund.requested_by) == (order.total, "rest", ayu)
    world.later(minutes=5)
    world.work(order)
    sheet = client.get(reverse("admin:orders_order_change", args=[order.pk])).content.decode()
    assert "scratched" in sheet
    assert OperatorAction.objects.get(run=refund.run).reason == "scratched"
    assert sum(one["amount"] for one in world.payments.refunds) == order.total


def test_what_is_not_possible_is_said_and_what_was_typed_is_kept(visit, ayu, order, in_english):
    client, mug = visit(ayu), line(order, is_goods=True)
    refused = client.post(page(order), filled(client, order, **{f"quantity_{mug}": "1"}))
    assert "can only stop all that it sends together" in refused.content.decode()
    assert refused.context["form"][f"quantity_{mug}"].value() == "1"
    assert "scratched" in refused.content.decode()
    assert not Refund.objects.exists()


@pytest.mark.parametrize(
    "fields", [{"kind": "amount", "amount": "0"}, {"kind": "amount", "amount": "99999"}, {"reason": " "}, {"kind": "?"}]
)
def test_a_form_with_a_fault_gives_nothing_back(visit, ayu, order, fields):
    client = visit(ayu)
    sent = filled(client, order, with_shipping="on", confirmed="yes", **fields)
    response = client.post(page(order), sent)
    assert 'role="alert"' in response.content.decode()
    assert not Refund.objects.exists()


def test_another_sum_than_the_one_that_was_shown_is_not_given_back(visit, ayu, world, order, in_english):
    client = visit(ayu)
    confirmed = {**hidden(client.post(page(order), filled(client, order, kind="rest"))), "confirmed": "yes"}
    other = Wish(Refund.Kind.AMOUNT, amount=100)
    token = "3f0e2f6e-5a2e-4d1d-9d3e-2a2f3f4c5d6e"
    refunding.ask(order=order, wish=other, actor=ayu, reason="late", token=token, now=world.now)
    response = client.post(page(order), confirmed)
    assert "comes to another sum" in response.content.decode()
    assert Refund.objects.count() == 1


@pytest.mark.parametrize(("name", "may"), [("accounting", True), ("support", True), ("warehouse", False)])
def test_only_who_answers_for_money_or_buyers_gives_it_back(visit, order, name, may):
    person = builders.member(f"{name}@example.com", is_staff=True)
    person.groups.add(role(name))
    client = visit(person)
    assert (client.get(page(order)).status_code == 200) is may
    sheet = client.get(reverse("admin:orders_order_change", args=[order.pk]))
    assert (page(order) in sheet.content.decode()) is may
    sent = {"kind": "rest", "reason": "no", "token": "3f0e2f6e-5a2e-4d1d-9d3e-2a2f3f4c5d6e", "confirmed": "yes"}
    client.post(page(order), sent)
    assert Refund.objects.exists() is may
