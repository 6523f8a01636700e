"""What the purchase relies on, held by every payment provider."""

import uuid

import pytest
import requests
from django.conf import settings

from orders import payments
from orders.models import Order, OrderLine, Payment
from orders.payments import PROVIDERS
from orders.payments.base import BadSignature, Standing
from orders.pipeline.engine.errors import Refused
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture(params=sorted(PROVIDERS))
def provider(request, settings, fresh_ports, sandboxes):
    """Each provider; the real one talks to its sandbox."""
    settings.PAYMENT_PROVIDER = request.param
    if request.param == "stripe":
        settings.STRIPE_API_BASE = sandboxes("payment").url
    return payments.provider()


@pytest.fixture
def payment(alice, provider) -> Payment:
    order = Order.objects.create(checkout_key=uuid.uuid4(), user=alice, email=alice.email, subtotal=1980, total=1980)
    return Payment.objects.create(
        order=order,
        method=Payment.Method.ELEMENT,
        provider=provider.code,
        amount=1980,
        return_url="http://localhost/orders/H/return/",
    )


def opened(provider, payment: Payment, key: str = "") -> Payment:
    answer = provider.open(provider.opening_request(payment), key or f"test:{payment.pk}:{uuid.uuid4()}")
    payment.provider_ref = answer["id"]
    payment.save(update_fields=["provider_ref"])
    return payment


def buyer_pays(provider, payment: Payment, card: str = "pm_card_visa") -> None:
    if provider.code == "memory":
        act = provider.buyer_pays if card == "pm_card_visa" else provider.buyer_is_declined
        act(payment)
        return
    url = f"{settings.STRIPE_API_BASE}/v1/payment_intents/{payment.provider_ref}/confirm"
    headers = {"Authorization": f"Bearer {settings.STRIPE_SECRET_KEY}"}
    requests.post(url, data={"payment_method": card, "return_url": payment.return_url}, headers=headers, timeout=10)


def test_a_payment_that_was_opened_waits_for_the_buyer(provider, payment):
    status = provider.status(opened(provider, payment))
    assert status.standing == Standing.OPEN
    assert status.client_secret


def test_opening_it_again_under_the_same_key_is_the_same_payment(provider, payment):
    request, key = provider.opening_request(payment), f"same:{uuid.uuid4()}"
    assert provider.open(request, key)["id"] == provider.open(request, key)["id"]


def test_the_providers_own_page_has_an_address(provider, payment):
    payment.method = Payment.Method.HOSTED
    OrderLine.objects.create(
        order=payment.order,
        variant=builders.variant(),
        handler=builders.video_handler(),
        name="マグ",
        unit_price=1980,
        quantity=1,
        tax_rate=10,
    )
    status = provider.status(opened(provider, payment))
    assert status.page_url.startswith("http")


def test_what_the_buyer_paid_is_told_with_its_sum(provider, payment):
    buyer_pays(provider, opened(provider, payment))
    status = provider.status(payment)
    assert (status.standing, status.amount, status.currency) == (Standing.SUCCEEDED, 1980, "JPY")
    assert status.charge_ref


def test_a_declined_card_leaves_it_open_and_says_why(provider, payment):
    buyer_pays(provider, opened(provider, payment), "pm_card_visa_chargeDeclined")
    status = provider.status(payment)
    assert status.standing == Standing.OPEN
    assert status.decline_code
    buyer_pays(provider, payment)
    assert provider.status(payment).standing == Standing.SUCCEEDED


def test_what_was_given_up_can_never_succeed(provider, payment):
    assert provider.cancel(opened(provider, payment)).standing == Standing.CANCELLED
    assert provider.cancel(payment).standing == Standing.CANCELLED


def test_giving_up_what_was_paid_says_that_it_was_paid(provider, payment):
    buyer_pays(provider, opened(provider, payment))
    assert provider.cancel(payment).standing == Standing.SUCCEEDED


def test_money_is_given_back_once_for_a_key_and_never_more_than_was_paid(provider, payment):
    buyer_pays(provider, opened(provider, payment))
    payment.charge_ref = provider.status(payment).charge_ref
    key = f"refund:{uuid.uuid4()}"
    request = provider.refund_request(payment, 1980, key)
    assert provider.find_refund(request, key) is None
    first = provider.refund(request, key)
    assert provider.refund(request, key)["id"] == first["id"]
    assert provider.find_refund(request, key)["id"] == first["id"]
    other = f"refund:{uuid.uuid4()}"
    with pytest.raises(Refused):
        provider.refund(provider.refund_request(payment, 1, other), other)


def fails_late(provider, ref: str) -> None:
    if provider.code == "memory":
        provider.refund_fails_late(ref)
        return
    url = f"{settings.STRIPE_API_BASE}/sandbox/refunds/{ref}/fail"
    requests.post(url, headers={"Authorization": f"Bearer {settings.STRIPE_SECRET_KEY}"}, timeout=10).raise_for_status()


def test_a_refund_that_fails_after_it_succeeded_says_so_and_why(provider, payment):
    buyer_pays(provider, opened(provider, payment))
    payment.charge_ref = provider.status(payment).charge_ref
    key = f"refund:{uuid.uuid4()}"
    ref = provider.refund(provider.refund_request(payment, 1980, key), key)["id"]
    assert not provider.refund_status(ref).is_failed
    fails_late(provider, ref)
    status = provider.refund_status(ref)
    assert (status.is_failed, status.reason) == (True, "expired_or_canceled_card")


def test_an_event_that_is_not_signed_is_not_read(provider):
    with pytest.raises(BadSignature):
        provider.read_event(b'{"id": "evt_1", "type": "charge.succeeded"}', "t=1,v1=00")
