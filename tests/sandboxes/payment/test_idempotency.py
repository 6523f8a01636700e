"""Idempotency keys by Stripe's own rules, also over threads, faults and a day's time."""

import threading
import uuid

import pytest
import requests
import stripe

from tests.sandboxes.payment.conftest import client_for
from tests.sandboxes.payment.shopper import RETURN_URL, SECRET_KEY, order, paid_by
from tests.sandboxes.standin import eventually


@pytest.fixture
def key():
    return f"order-{uuid.uuid4().hex}"


def by(key):
    return {"idempotency_key": key}


def sent(sandbox, key, **params):
    headers = {"Authorization": f"Bearer {SECRET_KEY}", "Idempotency-Key": key}
    return requests.post(f"{sandbox.url}/v1/payment_intents", data=params, headers=headers, timeout=20)


def test_the_first_answer_is_replayed_word_for_word(sandbox, key):
    first, second = (sent(sandbox, key, amount="1200", currency="jpy") for _ in range(2))
    assert (first.status_code, first.text) == (second.status_code, second.text)
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.headers["Original-Request"] == first.headers["Request-Id"]


def test_a_decline_is_replayed_and_charged_for_once(api, key):
    intent = api.payment_intents.create(order())
    for _ in range(2):
        with pytest.raises(stripe.CardError, match="declined"):
            api.payment_intents.confirm(
                intent.id, {"payment_method": "pm_card_chargeDeclined", "return_url": RETURN_URL}, by(key)
            )
    assert len(api.charges.list({"payment_intent": intent.id}).data) == 1


def test_other_parameters_under_the_key_are_refused(api, key):
    api.payment_intents.create(order(amount=1200), by(key))
    with pytest.raises(stripe.IdempotencyError, match="can only be used with the same") as refused:
        api.payment_intents.create(order(amount=1300), by(key))
    assert refused.value.http_status == 400


def test_another_address_under_the_key_is_refused(api, key):
    intent, other = (api.payment_intents.create(order()) for _ in range(2))
    api.payment_intents.cancel(intent.id, {}, by(key))
    with pytest.raises(stripe.IdempotencyError):
        api.payment_intents.cancel(other.id, {}, by(key))
    assert api.payment_intents.retrieve(other.id).status == "requires_payment_method"


def test_a_request_that_fails_its_checks_leaves_the_key_free(api, key):
    with pytest.raises(stripe.InvalidRequestError):
        api.payment_intents.create(order(amont=1), by(key))
    assert api.payment_intents.create(order(), by(key)).amount == 1200


def test_a_refusal_of_the_work_itself_is_stored(api, key):
    paid = api.payment_intents.create(paid_by("pm_card_visa"))
    for _ in range(2):
        with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
            api.refunds.create({"payment_intent": paid.id, "amount": 1300}, by(key))


def test_a_stored_500_is_replayed_though_all_is_well_again(api, sandbox, key):
    wanted = paid_by("pm_card_visa")
    sandbox.fault("500", path="/v1/payment_intents")
    for _ in range(2):
        with pytest.raises(stripe.APIError) as broken:
            api.payment_intents.create(wanted, by(key))
        assert broken.value.http_status == 500
    assert broken.value.headers["Idempotent-Replayed"] == "true"
    assert broken.value.headers["Stripe-Should-Retry"] == "false"
    assert wanted["metadata"]["order"] not in sandbox.book()["orders"]


def test_a_500_after_the_work_hides_a_charge_that_was_made(api, sandbox, key):
    wanted = paid_by("pm_card_visa")
    sandbox.fault("500", path="/v1/payment_intents", when="after")
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            api.payment_intents.create(wanted, by(key))
    assert sandbox.book()["orders"][wanted["metadata"]["order"]]["charges_succeeded"] == 1


def test_a_429_stores_nothing(api, sandbox, key):
    sandbox.fault("429", path="/v1/payment_intents", seconds=3)
    with pytest.raises(stripe.RateLimitError) as refused:
        api.payment_intents.create(order(), by(key))
    assert refused.value.headers["Retry-After"] == "3"
    assert api.payment_intents.create(order(), by(key)).status == "requires_payment_method"


def test_of_two_at_once_one_runs_and_the_other_is_told_to_wait(sandbox, key):
    sandbox.fault("hang", path="/v1/payment_intents", seconds=1)
    answers = []
    first = threading.Thread(target=lambda: answers.append(sent(sandbox, key, amount="1200", currency="jpy")))
    first.start()
    eventually(lambda: not sandbox.get("/sandbox/faults").json()["faults"][0]["remaining"])
    second = sent(sandbox, key, amount="1200", currency="jpy")
    first.join()
    assert (second.status_code, second.json()["error"]["code"]) == (409, "idempotency_key_in_use")
    assert answers[0].status_code == 200
    assert sent(sandbox, key, amount="1200", currency="jpy").text == answers[0].text


def test_ten_threads_with_one_key_make_one_intent(sandbox, key):
    barrier, answers = threading.Barrier(10), []

    def pay():
        barrier.wait()
        answers.append(sent(sandbox, key, amount="1200", currency="jpy", **{"metadata[order]": key}))

    threads = [threading.Thread(target=pay) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 200}) == 1
    assert sandbox.book()["orders"][key]["payment_intents"] == 1


def test_after_a_day_the_key_is_a_new_one(own_sandbox, key):
    api, wanted = client_for(own_sandbox), order()
    first = api.payment_intents.create(wanted, by(key)).id
    own_sandbox.post("/sandbox/clock", json={"advance": 24 * 3600 - 60})
    assert api.payment_intents.create(wanted, by(key)).id == first
    own_sandbox.post("/sandbox/clock", json={"advance": 60})
    assert api.payment_intents.create(wanted, by(key)).id != first
