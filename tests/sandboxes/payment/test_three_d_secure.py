"""3-D Secure: the bank's page, both of its buttons, and what the buyer comes back to."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.sandboxes.payment.shopper import RETURN_URL, order, paid_by


def at_the_bank(api, number="pm_card_threeDSecure2Required"):
    intent = api.payment_intents.create(paid_by(number))
    assert intent.status == "requires_action"
    assert intent.next_action.redirect_to_url.return_url == RETURN_URL
    return intent, intent.next_action.redirect_to_url.url


def declined_after(api):
    card = {"number": "4000008400001629", "exp_month": 12, "exp_year": 2034}
    return api.payment_methods.create({"type": "card", "card": card}).id


def test_nothing_is_charged_before_the_buyer_has_answered(api):
    intent, _ = at_the_bank(api)
    assert api.charges.list({"payment_intent": intent.id}).data == []


def test_authenticated_it_is_paid_and_the_buyer_is_back_at_the_shop(api, alice):
    intent, bank = at_the_bank(api)
    back = alice.answer_bank(bank, result="pass")
    assert back.status_code == 303
    where = urlsplit(back.headers["Location"])
    assert (where.netloc, where.path) == ("shop.test", "/orders/H-1/")
    assert parse_qs(where.query) == {
        "from": ["bank"],
        "payment_intent": [intent.id],
        "payment_intent_client_secret": [intent.client_secret],
        "redirect_status": ["succeeded"],
    }
    after = api.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    assert after.status == "succeeded"
    assert after.latest_charge.payment_method_details.card.three_d_secure.result == "authenticated"


def test_not_authenticated_it_is_unpaid_and_payable_again(api, alice):
    intent, bank = at_the_bank(api)
    back = alice.answer_bank(bank, result="fail")
    assert "redirect_status=failed" in back.headers["Location"]
    after = api.payment_intents.retrieve(intent.id)
    assert after.status == "requires_payment_method"
    assert after.last_payment_error.code == "payment_intent_authentication_failure"
    assert api.charges.list({"payment_intent": intent.id}).data == []
    paid = api.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa", "return_url": RETURN_URL})
    assert paid.status == "succeeded"


def test_authenticated_and_then_declined_it_leaves_a_failed_charge(api, alice):
    intent, bank = at_the_bank(api, declined_after(api))
    assert "redirect_status=failed" in alice.answer_bank(bank, result="pass").headers["Location"]
    after = api.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    assert (after.status, after.last_payment_error.code) == ("requires_payment_method", "card_declined")
    assert after.latest_charge.status == "failed"


def test_the_bank_takes_one_answer_only(api, alice):
    intent, bank = at_the_bank(api)
    alice.answer_bank(bank, result="pass")
    again = alice.send(bank, result="pass")
    assert again.status_code == 200
    assert "この認証は終了しています" in again.text
    assert len(api.charges.list({"payment_intent": intent.id}).data) == 1


def test_a_later_try_with_another_card_closes_the_banks_old_page(api, alice):
    intent, old = at_the_bank(api)
    again = api.payment_intents.confirm(
        intent.id, {"payment_method": "pm_card_authenticationRequired", "return_url": RETURN_URL}
    )
    assert again.next_action.redirect_to_url.url != old
    assert "この認証は終了しています" in alice.open(old).text
    alice.send(old, result="pass")
    assert api.payment_intents.retrieve(intent.id).status == "requires_action"


def test_a_canceled_intent_cannot_be_authenticated(api, alice):
    intent, bank = at_the_bank(api)
    api.payment_intents.cancel(intent.id)
    alice.send(bank, result="pass")
    assert api.payment_intents.retrieve(intent.id).status == "canceled"
    assert api.charges.list({"payment_intent": intent.id}).data == []


def test_the_banks_page_lets_its_form_lead_to_the_shop_and_nowhere_else(api, alice):
    _, bank = at_the_bank(api)
    policy = alice.open(bank).headers["Content-Security-Policy"]
    assert "form-action 'self' http://shop.test;" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_an_address_that_no_bank_gave_is_not_found(alice):
    page = alice.open(f"{alice.sandbox.url}/3ds/pi_none/src_none")
    assert page.status_code == 404
    assert "見つかりません" in page.text


@pytest.mark.parametrize(("language", "words"), [("ja", "認証に失敗する"), ("en-GB,en", "Complete authentication")])
def test_the_banks_page_speaks_the_buyers_language(api, alice, language, words):
    alice.session.headers["Accept-Language"] = language
    assert words in alice.open(at_the_bank(api)[1]).text


def test_without_an_address_to_return_to_a_confirmation_is_refused(api):
    intent = api.payment_intents.create(order())
    with pytest.raises(Exception, match="must provide a `return_url`"):
        api.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert api.payment_intents.retrieve(intent.id).status == "requires_payment_method"
