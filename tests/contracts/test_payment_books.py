"""A provider's own books, read in pages: the same of every provider."""

import random
import uuid
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from config.lib.http import CalledUnderLock
from orders.models import Order, Payment
from orders.payments import books
from orders.payments.books import Outcome, Period
from tests.contracts.test_payment_providers import buyer_pays, fails_late, opened, payment, provider

__all__ = ["payment", "provider"]
pytestmark = pytest.mark.django_db


def around_now() -> Period:
    now = timezone.now()
    return Period(now - timedelta(hours=1), now + timedelta(hours=1))


def all_of(pages) -> list:
    return [line for page in pages for line in page.lines]


def paid(provider, payment: Payment) -> Payment:
    buyer_pays(provider, opened(provider, payment))
    payment.charge_ref = provider.status(payment).charge_ref
    payment.save(update_fields=["charge_ref"])
    return payment


def given_back(provider, payment: Payment, amount: int) -> tuple[str, str]:
    key = f"refund:{uuid.uuid4()}"
    return provider.refund(provider.refund_request(payment, amount, key), key)["id"], key


def test_a_charge_is_listed_with_what_we_had_written_on_it(provider, payment):
    paid(provider, payment)
    given_back(provider, payment, 80)
    found = {line.ref: line for line in all_of(provider.list_charges(around_now()))}[payment.charge_ref]
    assert (found.outcome, found.amount, found.refunded, found.currency) == (Outcome.SUCCEEDED, 1980, 80, "JPY")
    assert found.payment_pk == payment.pk
    assert found.order_number in ("", payment.order.number)
    assert abs(found.happened_at - timezone.now()) < timedelta(minutes=5)
    assert provider.listed_charge(payment.charge_ref) == found


def test_a_refund_is_listed_with_its_key_and_with_its_end(provider, payment):
    ref, key = given_back(provider, paid(provider, payment), 500)
    found = {line.ref: line for line in all_of(provider.list_refunds(around_now()))}[ref]
    assert (found.outcome, found.amount, found.key) == (Outcome.SUCCEEDED, 500, key)
    assert found.charge_ref == payment.charge_ref
    fails_late(provider, ref)
    assert provider.listed_refund(ref).outcome == Outcome.FAILED
    assert provider.listed_charge(payment.charge_ref).refunded == 0


def test_every_movement_is_listed_with_what_is_left_of_it(provider, payment):
    ref, _ = given_back(provider, paid(provider, payment), 1980)
    fails_late(provider, ref)
    lines = [one for one in all_of(provider.list_movements(around_now())) if one.source in (payment.charge_ref, ref)]
    told = {line.kind: (line.amount, line.net + line.fee) for line in lines}
    assert told == {"charge": (1980, 1980), "refund": (-1980, -1980), "refund_failure": (1980, 1980)}


def test_what_the_provider_does_not_know_is_nothing(provider):
    assert provider.listed_charge("ch_nobody") is None
    assert provider.listed_refund("re_nobody") is None


def test_nothing_is_listed_outside_of_the_period(provider, payment):
    paid(provider, payment)
    before = Period(timezone.now() - timedelta(days=9), timezone.now() - timedelta(days=8))
    assert all_of(provider.list_charges(before)) == all_of(provider.list_movements(before)) == []


def test_no_list_is_asked_for_inside_a_transaction(provider):
    with transaction.atomic(), pytest.raises(CalledUnderLock):
        next(iter(provider.list_refunds(around_now())))


@pytest.mark.parametrize("seed", range(3))
def test_the_end_of_a_page_loses_nothing_and_tells_nothing_twice(provider, alice, monkeypatch, seed):
    dice = random.Random(seed)
    count = dice.randrange(2, 8)
    made = [paid(provider, _another(provider, alice)).charge_ref for _ in range(count)]
    for size in {1, count, dice.randrange(1, count + 2)}:
        monkeypatch.setattr(books, "PAGE", size)
        pages = list(provider.list_charges(around_now()))
        assert all(len(page.lines) <= size for page in pages)
        seen = [line.ref for page in pages for line in page.lines if line.ref in made]
        assert sorted(seen) == sorted(made)
        begun = dice.randrange(len(pages))
        after = pages[begun].after
        rest = [line.ref for line in all_of(provider.list_charges(around_now(), after))] if after else []
        assert rest == [line.ref for page in pages[begun + 1 :] for line in page.lines]


def _another(provider, alice) -> Payment:
    order = Order.objects.create(checkout_key=uuid.uuid4(), user=alice, email=alice.email, subtotal=330, total=330)
    return Payment.objects.create(
        order=order, method="element", provider=provider.code, amount=330, return_url="http://localhost/return/"
    )
