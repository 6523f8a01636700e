"""What the browser may ask with the publishable key: little, and never about others."""

import pytest

from tests.sandboxes.payment.shopper import DECLINED, order


@pytest.fixture
def intent(api):
    return api.payment_intents.create(order(customer=api.customers.create({"email": "alice@example.com"}).id))


def test_the_browser_pays_with_the_client_secret(api, alice, intent):
    method = alice.card_form().json()["id"]
    answer = alice.ask(
        "POST",
        f"/v1/payment_intents/{intent.id}/confirm",
        client_secret=intent.client_secret,
        payment_method=method,
        use_stripe_sdk="true",
    )
    assert answer.json()["status"] == "succeeded"
    assert api.payment_intents.retrieve(intent.id).status == "succeeded"


def test_the_browser_sees_neither_the_customer_nor_the_metadata(alice, intent):
    answer = alice.ask("GET", f"/v1/payment_intents/{intent.id}", client_secret=intent.client_secret)
    assert answer.json()["amount"] == 1200
    assert {"customer", "metadata", "latest_charge"}.isdisjoint(answer.json())


def test_a_decline_is_told_in_the_buyers_language_and_without_private_fields(alice, intent):
    method = alice.card_form(DECLINED).json()["id"]
    answer = alice.ask(
        "POST", f"/v1/payment_intents/{intent.id}/confirm", client_secret=intent.client_secret, payment_method=method
    )
    error = answer.json()["error"]
    assert (answer.status_code, error["message"]) == (402, "カードが拒否されました。")
    assert "metadata" not in error["payment_intent"]


@pytest.mark.parametrize("secret", ["pi_other_secret_x", None])
def test_without_the_right_secret_an_intent_is_closed_to_the_browser(alice, intent, secret):
    told = {"client_secret": secret} if secret else {}
    answer = alice.ask("GET", f"/v1/payment_intents/{intent.id}", **told)
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == "client_secret"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/charges"), ("POST", "/v1/payment_intents"), ("POST", "/v1/refunds"), ("GET", "/v1/events")],
)
def test_all_else_needs_the_secret_key(alice, method, path):
    answer = alice.ask(method, path)
    assert answer.status_code == 401
    assert "publishable" in answer.json()["error"]["message"]


def test_a_shops_page_may_call_from_its_own_origin(sandbox):
    asked = {"Origin": "http://shop.test", "Access-Control-Request-Method": "POST"}
    asked["Access-Control-Request-Headers"] = "authorization,accept-language"
    answer = sandbox.session.options(f"{sandbox.url}/v1/payment_methods", headers=asked, timeout=10)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_the_library_is_served_as_a_script(sandbox):
    answer = sandbox.get("/v3/")
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert "window.Stripe" in answer.text
    assert "eval(" not in answer.text
