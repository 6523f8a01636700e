"""Every object carries the keys and the types of Stripe's own example of it."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import stripe

from tests.sandboxes.payment.shopper import basket, card, paid_by

FIXTURES = os.environ.get("STRIPE_FIXTURES", "")

# Stripe's example names no one type here: what stands for a card at Stripe is a legacy object, or depends on it.
OPEN_ENDED = {
    *("data", "destination_details", "metadata", "next_action"),
    *("payment_method_options", "source"),
}


@pytest.fixture(scope="module")
def examples():
    if not Path(FIXTURES).is_file():
        pytest.skip("the shapes are not compared: STRIPE_FIXTURES names no file with Stripe's own examples")
    return json.loads(Path(FIXTURES).read_text())["resources"]


def differences(example: Any, ours: Any, at: str) -> list[str]:
    """What the example has and ours lacks, or has in another type; null on either side says nothing."""
    if example is None or ours is None:
        return []
    if isinstance(example, dict):
        if not isinstance(ours, dict):
            return [f"{at}: an object there, {type(ours).__name__} here"]
        lacking = [f"{at}.{name} is lacking" for name in example if name not in ours]
        shared = [name for name in example if name in ours and name not in OPEN_ENDED]
        return lacking + [line for name in shared for line in differences(example[name], ours[name], f"{at}.{name}")]
    return [] if type(example) is type(ours) else [f"{at}: {type(example).__name__} there, {type(ours).__name__} here"]


@pytest.fixture
def made(api, alice):
    """One object of every type, in its fullest state."""
    customer = api.customers.create(
        {
            "email": "alice@example.com",
            "address": {"country": "JP"},
            "shipping": {"name": "A", "address": {"line1": "1"}},
        }
    )
    paid = api.payment_intents.create(
        paid_by("pm_card_visa", customer=customer.id, expand=["latest_charge", "payment_method"])
    )
    with pytest.raises(stripe.CardError) as declined:
        api.payment_intents.create(paid_by("pm_card_chargeDeclined"))
    session = api.checkout.sessions.create(basket())
    alice.send(session.url, **card())
    return {
        "customer": [customer],
        "payment_intent": [
            api.payment_intents.retrieve(paid.id),
            api.payment_intents.retrieve(declined.value.error.payment_intent.id),
            api.payment_intents.create(paid_by("pm_card_threeDSecure2Required")),
        ],
        "charge": [paid.latest_charge, api.charges.retrieve(declined.value.error.charge)],
        "payment_method": [paid.payment_method],
        "refund": [api.refunds.create({"payment_intent": paid.id})],
        "balance_transaction": api.balance_transactions.list({"limit": 2}).data,
        "checkout.session": [session, api.checkout.sessions.retrieve(session.id)],
        "item": [api.checkout.sessions.line_items.list(session.id).data[0]],
        "event": api.events.list({"limit": 1}).data,
    }


def test_no_key_is_lacking_and_no_type_differs(made, examples):
    found = [
        line
        for kind, objects in made.items()
        for ours in objects
        for line in differences(examples[kind], json.loads(str(ours)), kind)
    ]
    assert found == []


def test_every_type_that_is_answered_is_compared(made):
    assert {thing.object for objects in made.values() for thing in objects} == set(made)
