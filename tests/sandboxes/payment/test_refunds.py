"""Refunds: never more than was charged."""

import pytest
import requests
import stripe

from tests.sandboxes.payment.shopper import order, paid_by


@pytest.fixture
def paid(api):
    return api.payment_intents.create(paid_by("pm_card_visa"))


def test_a_part_and_then_the_rest_are_given_back(api, paid):
    api.refunds.create({"payment_intent": paid.id, "amount": 200, "reason": "requested_by_customer"})
    charge = api.charges.retrieve(paid.latest_charge)
    assert (charge.amount_refunded, charge.refunded) == (200, False)
    rest = api.refunds.create({"charge": charge.id, "expand": ["charge"]})
    assert (rest.amount, rest.status) == (1000, "succeeded")
    assert (rest.charge.amount_refunded, rest.charge.refunded) == (1200, True)
    assert [refund.amount for refund in api.refunds.list({"payment_intent": paid.id}).data] == [1000, 200]
    assert len(api.refunds.list({"charge": charge.id}).data) == 2


def test_more_than_is_left_is_refused_and_nothing_is_given_back(api, paid):
    api.refunds.create({"payment_intent": paid.id, "amount": 700})
    with pytest.raises(stripe.InvalidRequestError, match=r"¥501\) is greater than unrefunded amount on charge \(¥500"):
        api.refunds.create({"payment_intent": paid.id, "amount": 501})
    assert api.charges.retrieve(paid.latest_charge).amount_refunded == 700


def test_what_was_given_back_in_full_is_not_given_back_again(api, paid):
    api.refunds.create({"payment_intent": paid.id})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.refunds.create({"payment_intent": paid.id})
    assert refused.value.code == "charge_already_refunded"


@pytest.mark.parametrize("amount", [0, -5])
def test_less_than_a_yen_is_refused(api, paid, amount):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.refunds.create({"payment_intent": paid.id, "amount": amount})
    assert (refused.value.code, refused.value.param) == ("parameter_invalid_integer", "amount")


def test_an_unpaid_intent_has_nothing_to_give_back(api):
    intent = api.payment_intents.create(order())
    with pytest.raises(stripe.InvalidRequestError, match="does not have a successful charge"):
        api.refunds.create({"payment_intent": intent.id})


def test_a_failed_charge_has_nothing_to_give_back(api):
    with pytest.raises(stripe.CardError) as refused:
        api.payment_intents.create(paid_by("pm_card_chargeDeclined"))
    with pytest.raises(stripe.InvalidRequestError, match="nothing to refund"):
        api.refunds.create({"charge": refused.value.error.charge})


def test_a_refund_that_fails_late_gives_the_money_back_to_the_shop(api, sandbox, paid):
    made = api.refunds.create({"payment_intent": paid.id})
    assert sandbox.post(f"/sandbox/refunds/{made.id}/fail").status_code == 200
    failed = api.refunds.retrieve(made.id)
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    charge = api.charges.retrieve(paid.latest_charge)
    assert (charge.amount_refunded, charge.refunded) == (0, False)
    assert api.refunds.create({"payment_intent": paid.id}).amount == made.amount
    assert sandbox.post(f"/sandbox/refunds/{made.id}/fail").status_code == 400  # once


def test_a_refund_fails_by_the_button_or_the_key_alone(api, sandbox, paid):
    made = api.refunds.create({"payment_intent": paid.id})
    address = f"{sandbox.url}/sandbox/refunds/{made.id}/fail"
    assert requests.post(address, timeout=10).status_code == 401
    from_page = {"Sec-Fetch-Site": "same-origin"}
    assert requests.post(address, headers=from_page, timeout=10, allow_redirects=False).status_code == 303
    assert api.refunds.retrieve(made.id).status == "failed"


def test_a_refund_is_found_again_by_its_metadata(api, paid):
    made = api.refunds.create({"payment_intent": paid.id, "amount": 100, "metadata": {"key": "r-1"}})
    assert api.refunds.update(made.id, {"metadata": {"note": "late"}}).metadata.to_dict() == {
        "key": "r-1",
        "note": "late",
    }
    assert api.refunds.retrieve(made.id).destination_details.card.reference_status == "available"
