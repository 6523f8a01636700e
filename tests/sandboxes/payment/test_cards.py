"""Every test card, by its number and by its shorthand: what is answered and what stays in the ledger."""

import pytest
import stripe

from tests.sandboxes.payment.shopper import RETURN_URL, order, paid_by

DECLINES = [
    ("4000000000000002", "card_declined", "generic_decline", None),
    ("4000000000000341", "card_declined", "generic_decline", None),
    ("4000000000009995", "card_declined", "insufficient_funds", None),
    ("4000000000000069", "expired_card", None, "exp_month"),
    ("4000000000000127", "incorrect_cvc", None, "cvc"),
    ("4000000000000119", "processing_error", None, None),
    ("4111111111111111", "card_declined", "test_mode_live_card", None),
]
GOOD_NUMBERS = ["4242424242424242", "4000003920000003", "5555555555554444", "3566002020360505", "378282246310005"]


def method(api, number):
    cvc = "1234" if number.startswith("37") else "123"
    card = {"number": number, "exp_month": 12, "exp_year": 2034, "cvc": cvc}
    return api.payment_methods.create({"type": "card", "card": card})


@pytest.mark.parametrize("number", GOOD_NUMBERS)
def test_a_good_card_pays(api, number):
    intent = api.payment_intents.create(paid_by(method(api, number).id, expand=["latest_charge"]))
    assert (intent.status, intent.amount_received) == ("succeeded", 1200)
    charge = intent.latest_charge
    assert (charge.status, charge.paid, charge.captured) == ("succeeded", True, True)
    assert charge.payment_method_details.card.last4 == number[-4:]


@pytest.mark.parametrize(("number", "code", "reason", "param"), DECLINES)
def test_a_declined_card_leaves_the_intent_payable_again(api, number, code, reason, param):
    intent = api.payment_intents.create(order())
    with pytest.raises(stripe.CardError) as refused:
        api.payment_intents.confirm(intent.id, {"payment_method": method(api, number).id, "return_url": RETURN_URL})
    error = refused.value
    assert (error.http_status, error.code, error.param) == (402, code, param)
    assert error.error.decline_code == reason
    assert error.error.payment_intent.id == intent.id
    after = api.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    assert (after.status, after.payment_method) == ("requires_payment_method", None)
    assert after.last_payment_error.code == code
    assert (after.latest_charge.status, after.latest_charge.failure_code) == ("failed", code)


def test_after_a_decline_another_card_pays_the_same_intent(api):
    intent = api.payment_intents.create(order())
    for shorthand, ends in (("pm_card_visa_chargeDeclined", "failed"), ("pm_card_visa", "succeeded")):
        try:
            api.payment_intents.confirm(intent.id, {"payment_method": shorthand, "return_url": RETURN_URL})
        except stripe.CardError:
            assert ends == "failed"
    charges = api.charges.list({"payment_intent": intent.id}).data
    assert [charge.status for charge in charges] == ["succeeded", "failed"]
    assert api.payment_intents.retrieve(intent.id).last_payment_error is None


@pytest.mark.parametrize(
    ("shorthand", "status"),
    [
        ("pm_card_visa", "succeeded"),
        ("pm_card_jp", "succeeded"),
        ("pm_card_threeDSecure2Required", "requires_action"),
        ("pm_card_authenticationRequired", "requires_action"),
    ],
)
def test_a_shorthand_stands_for_its_card(api, shorthand, status):
    assert api.payment_intents.create(paid_by(shorthand)).status == status


@pytest.mark.parametrize("shorthand", ["pm_card_visa_chargeDeclined", "pm_card_chargeCustomerFail"])
def test_a_shorthand_of_a_bad_card_is_declined(api, shorthand):
    with pytest.raises(stripe.CardError, match="declined"):
        api.payment_intents.create(paid_by(shorthand))


@pytest.mark.parametrize(
    ("changes", "code", "param"),
    [
        ({"number": "4242424242424241"}, "incorrect_number", "number"),
        ({"exp_year": 2020}, "invalid_expiry_year", "exp_year"),
        ({"exp_month": 13}, "invalid_expiry_month", "exp_month"),
        ({"cvc": "12"}, "invalid_cvc", "cvc"),
    ],
)
def test_a_card_that_cannot_be_is_refused_before_any_charge(api, changes, code, param):
    card = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2034, "cvc": "123"} | changes
    with pytest.raises(stripe.CardError) as refused:
        api.payment_methods.create({"type": "card", "card": card})
    assert (refused.value.code, refused.value.param) == (code, param)


def test_the_number_of_a_real_card_is_nowhere_in_the_ledger(api, sandbox):
    method(api, "4111111111111111")
    written = b"".join(path.read_bytes() for path in sandbox.ledger.parent.glob("ledger.sqlite3*"))
    assert b"4111111111111111" not in written


def test_a_card_used_without_a_customer_pays_once(api):
    used = method(api, "4242424242424242").id
    api.payment_intents.create(paid_by(used))
    with pytest.raises(stripe.InvalidRequestError, match="previously used"):
        api.payment_intents.create(paid_by(used))


def test_a_card_kept_for_a_customer_pays_again_for_her_alone(api):
    alice = api.customers.create({"email": "alice@example.com"}).id
    kept = method(api, "4242424242424242").id
    api.payment_intents.create(paid_by(kept, customer=alice, setup_future_usage="off_session"))
    assert api.payment_intents.create(paid_by(kept, customer=alice, off_session=True)).status == "succeeded"
    bob = api.customers.create({"email": "bob@example.com"}).id
    with pytest.raises(stripe.InvalidRequestError, match="belongs to Customer"):
        api.payment_intents.create(paid_by(kept, customer=bob))


def test_without_the_buyer_a_card_that_needs_3_d_secure_is_declined(api):
    with pytest.raises(stripe.CardError) as refused:
        api.payment_intents.create(paid_by("pm_card_authenticationRequired", off_session=True))
    assert refused.value.code == "authentication_required"
    assert refused.value.error.payment_intent.status == "requires_payment_method"
