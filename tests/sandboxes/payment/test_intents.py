"""PaymentIntents beside paying: amounts, updates, cancelling, lists and expansion."""

import pytest
import stripe

from tests.sandboxes.payment.shopper import RETURN_URL, order, paid_by


@pytest.mark.parametrize(
    ("amount", "code"), [(49, "amount_too_small"), (0, "amount_too_small"), (100_000_000, "amount_too_large")]
)
def test_an_amount_out_of_bounds_is_refused(api, amount, code):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.payment_intents.create(order(amount=amount))
    assert (refused.value.code, refused.value.param) == (code, "amount")


@pytest.mark.parametrize("amount", [50, 99_999_999])
def test_an_amount_on_the_bound_is_taken_to_the_yen(api, amount):
    assert api.payment_intents.create(paid_by("pm_card_visa", amount=amount)).amount_received == amount


def test_a_currency_that_is_none_is_refused(api):
    with pytest.raises(stripe.InvalidRequestError, match="Invalid currency: xyz"):
        api.payment_intents.create(order(currency="xyz"))


def test_an_unpaid_intent_takes_a_new_amount_and_keeps_its_other_metadata(api):
    intent = api.payment_intents.create(order(metadata={"order": "H-1", "note": "a"}))
    after = api.payment_intents.update(intent.id, {"amount": 1500, "metadata": {"note": "", "gift": "yes"}})
    assert (after.amount, after.metadata.to_dict()) == (1500, {"order": "H-1", "gift": "yes"})


@pytest.mark.parametrize("method", ["pm_card_visa", "pm_card_threeDSecure2Required"])
def test_a_paid_intent_or_one_at_the_bank_keeps_its_amount(api, method):
    intent = api.payment_intents.create(paid_by(method))
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.payment_intents.update(intent.id, {"amount": 1500})
    assert refused.value.code == "payment_intent_unexpected_state"
    assert api.payment_intents.update(intent.id, {"description": "later"}).description == "later"


def test_a_paid_intent_cannot_be_confirmed_or_canceled(api):
    intent = api.payment_intents.create(paid_by("pm_card_visa"))
    with pytest.raises(stripe.InvalidRequestError, match="already succeeded") as refused:
        api.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa", "return_url": RETURN_URL})
    assert refused.value.error.payment_intent.status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError, match="status of succeeded"):
        api.payment_intents.cancel(intent.id)


def test_a_canceled_intent_can_never_be_paid(api):
    intent = api.payment_intents.create(order())
    canceled = api.payment_intents.cancel(intent.id, {"cancellation_reason": "abandoned"})
    assert (canceled.status, canceled.cancellation_reason) == ("canceled", "abandoned")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa", "return_url": RETURN_URL})
    assert refused.value.code == "payment_intent_unexpected_state"
    with pytest.raises(stripe.InvalidRequestError, match="status of canceled"):
        api.payment_intents.cancel(intent.id)


def test_an_intent_without_a_card_cannot_be_confirmed(api):
    intent = api.payment_intents.create(order())
    with pytest.raises(stripe.InvalidRequestError, match="missing a payment method"):
        api.payment_intents.confirm(intent.id, {"return_url": RETURN_URL})


def test_the_card_can_be_named_before_the_confirmation(api):
    intent = api.payment_intents.create(order(payment_method="pm_card_visa"))
    assert intent.status == "requires_confirmation"
    assert api.payment_intents.confirm(intent.id, {"return_url": RETURN_URL}).status == "succeeded"


def test_all_that_was_told_of_the_order_is_told_back(api):
    shipping = {"name": "青木 アリス", "phone": "03-0000-0000", "address": {"country": "JP", "postal_code": "100-0001"}}
    told = {"receipt_email": "alice@example.com", "statement_descriptor_suffix": "MUG", "shipping": shipping}
    intent = api.payment_intents.create(order(**told))
    assert intent.receipt_email == "alice@example.com"
    assert intent.shipping.address.postal_code == "100-0001"
    assert intent.automatic_payment_methods.to_dict() == {"allow_redirects": "always", "enabled": True}


def test_pages_of_a_list_follow_each_other_without_gap(api):
    alice = api.customers.create({"email": "alice@example.com"}).id
    made = [api.payment_intents.create(order(customer=alice)).id for _ in range(5)]
    first = api.payment_intents.list({"customer": alice, "limit": 2})
    assert ([intent.id for intent in first.data], first.has_more) == ([made[4], made[3]], True)
    walked = [intent.id for intent in first.auto_paging_iter()]
    assert walked == made[::-1]
    before = api.payment_intents.list({"customer": alice, "limit": 2, "ending_before": made[1]})
    assert [intent.id for intent in before.data] == [made[3], made[2]]


def test_a_list_is_bounded_by_time(api):
    intent = api.payment_intents.create(order())
    newer = api.payment_intents.list({"created": {"gt": intent.created + 3600}})
    assert newer.data == []
    assert intent.id in [found.id for found in api.payment_intents.list({"created": {"gte": intent.created}}).data]


def test_an_answer_is_expanded_as_far_as_asked(api):
    alice = api.customers.create({"email": "alice@example.com"}).id
    intent = api.payment_intents.create(
        paid_by("pm_card_visa", customer=alice, expand=["customer", "latest_charge.refunds", "payment_method"])
    )
    assert intent.customer.email == "alice@example.com"
    assert intent.latest_charge.refunds.data == []
    assert intent.payment_method.card.last4 == "4242"


def test_what_cannot_be_expanded_is_refused(api):
    with pytest.raises(stripe.InvalidRequestError, match=r"cannot be expanded \(review\)"):
        api.payment_intents.create(order(expand=["review"]))


def test_customers_are_found_by_their_address(api):
    email = "carol+card@example.com"
    carol = api.customers.create({"email": email, "name": "Carol"})
    api.customers.update(carol.id, {"name": "加藤 キャロル", "metadata": {"member": "7"}})
    (found,) = api.customers.list({"email": email}).data
    assert (found.id, found.name, found.metadata["member"]) == (carol.id, "加藤 キャロル", "7")


@pytest.mark.parametrize(
    ("ask", "param"),
    [
        (lambda api: api.payment_intents.retrieve("pi_none"), "intent"),
        (lambda api: api.customers.retrieve("cus_none"), "id"),
        (lambda api: api.checkout.sessions.retrieve("cs_none"), "session"),
        (lambda api: api.refunds.retrieve("re_none"), "id"),
        (lambda api: api.charges.retrieve("ch_none"), "id"),
        (lambda api: api.events.retrieve("evt_none"), "id"),
    ],
)
def test_what_is_not_there_is_404(api, ask, param):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        ask(api)
    assert (refused.value.http_status, refused.value.code, refused.value.param) == (404, "resource_missing", param)


def test_a_customer_that_is_not_there_is_a_wrong_parameter(api):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.payment_intents.create(order(customer="cus_none"))
    assert (refused.value.http_status, refused.value.param) == (400, "customer")


def test_what_is_not_served_says_so(api):
    with pytest.raises(stripe.InvalidRequestError, match="does not implement"):
        api.payment_intents.search({"query": "status:'succeeded'"})
