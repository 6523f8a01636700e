"""Balance transactions: a line for every movement of money, with its fee, listed newest first in pages."""

import pytest
import stripe

from tests.sandboxes.payment.shopper import paid_by


@pytest.fixture
def paid(api):
    return api.payment_intents.create(paid_by("pm_card_visa", expand=["latest_charge.balance_transaction"]))


def test_a_charge_comes_with_its_fee_and_what_is_left_of_it(api, paid):
    line = paid.latest_charge.balance_transaction
    assert (line.type, line.amount, line.fee, line.net) == ("charge", 1200, 43, 1157)
    assert line.source == paid.latest_charge.id
    assert api.balance_transactions.retrieve(line.id).net == 1157


def test_a_refund_takes_the_money_out_and_one_that_fails_brings_it_back(api, sandbox, paid):
    refund = api.refunds.create({"payment_intent": paid.id, "amount": 200})
    assert api.balance_transactions.retrieve(refund.balance_transaction).net == -200
    sandbox.post(f"/sandbox/refunds/{refund.id}/fail").raise_for_status()
    lines = api.balance_transactions.list({"source": refund.id}).data
    assert [(line.type, line.amount, line.fee) for line in lines] == [("refund_failure", 200, 0), ("refund", -200, 0)]
    assert api.refunds.retrieve(refund.id).failure_balance_transaction == lines[0].id


def test_a_card_that_is_declined_moves_nothing(api):
    with pytest.raises(stripe.CardError) as refused:
        api.payment_intents.create(paid_by("pm_card_chargeDeclined"))
    assert api.charges.retrieve(refused.value.error.charge).balance_transaction is None


def test_pages_are_newest_first_and_lose_nothing(api, paid):
    newest = [api.payment_intents.create(paid_by("pm_card_visa")).latest_charge for _ in range(5)][::-1]
    first = api.balance_transactions.list({"limit": 3, "type": "charge"})
    rest = api.balance_transactions.list({"limit": 2, "type": "charge", "starting_after": first.data[-1].id})
    assert [line.source for line in [*first.data, *rest.data]] == newest
    assert first.has_more
    since = {"gte": first.data[-1].created, "lt": first.data[0].created + 1}
    assert api.balance_transactions.list({"created": since, "type": "payout"}).data == []
    assert len(api.balance_transactions.list({"created": since, "type": "charge"}).data) >= 3


def test_money_can_be_paid_out_some_days_later(own_sandbox):
    api = stripe.StripeClient("sk_test_hitotsu", base_addresses={"api": own_sandbox.url}, max_network_retries=0).v1
    api.payment_intents.create(paid_by("pm_card_visa"))
    assert api.balance_transactions.list().data[0].status == "pending"
    own_sandbox.post("/sandbox/clock", json={"advance": 4 * 86400}).raise_for_status()
    assert api.balance_transactions.list().data[0].status == "available"


@pytest.mark.parametrize("name", ["payout", "amount"])
def test_what_is_not_served_is_refused_by_name(api, name):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.balance_transactions.list({name: "po_1"})
    assert refused.value.param == name
