"""Parameters are checked against the SDK's own types before anything is done."""

import pytest
import stripe

from tests.sandboxes.payment.shopper import basket, order

WRONG = [
    ({"amont": 1}, "parameter_unknown", "amont", "Received unknown parameter: amont"),
    ({"shipping": {"nam": "x"}}, "parameter_unknown", "shipping[nam]", "unknown parameter"),
    ({"transfer_group": "a"}, "parameter_unknown", "transfer_group", "does not implement the parameter"),
    ({"capture_method": "manual"}, "parameter_unknown", "capture_method", "does not implement capture_method=manual"),
    ({"allowed_payment_method_types": ["konbini"]}, "parameter_unknown", "allowed_payment_method_types", "konbini"),
    ({"amount": "12.5"}, "parameter_invalid_integer", "amount", "Invalid integer: 12.5"),
    ({"amount": {"yen": 1}}, None, "amount", "Invalid integer"),
    ({"confirm": "maybe"}, None, "confirm", "Invalid boolean: maybe"),
    ({"setup_future_usage": "later"}, None, "setup_future_usage", "must be one of off_session, on_session"),
    ({"customer": ""}, "parameter_invalid_empty", "customer", "cannot be unset"),
    ({"shipping": "home"}, None, "shipping", "Invalid object"),
    ({"metadata": {"k" * 41: "v"}}, None, "metadata", "up to 40 characters"),
    ({"metadata": {"k": "v" * 501}}, None, "metadata[k]", "up to 500 characters"),
]


@pytest.mark.parametrize(("changes", "code", "param", "message"), WRONG)
def test_a_wrong_parameter_is_refused_by_name(api, changes, code, param, message):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.payment_intents.create(order(**changes))
    assert (refused.value.http_status, refused.value.code, refused.value.param) == (400, code, param)
    assert message in refused.value.user_message


@pytest.mark.parametrize("name", ["amount", "currency"])
def test_a_missing_parameter_is_refused_by_name(api, name):
    wanted = order()
    del wanted[name]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.payment_intents.create(wanted)
    assert (refused.value.code, refused.value.param) == ("parameter_missing", name)


@pytest.mark.parametrize("name", ["mode", "success_url", "line_items"])
def test_a_session_needs_its_parameters_too(api, name):
    wanted = basket()
    del wanted[name]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.checkout.sessions.create(wanted)
    assert (refused.value.code, refused.value.param) == ("parameter_missing", name)


def test_a_parameter_inside_a_list_is_named_with_its_place(api):
    wanted = basket()
    wanted["line_items"][1]["price_data"]["unit_amount"] = "free"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.checkout.sessions.create(wanted)
    assert refused.value.param == "line_items[1][price_data][unit_amount]"


@pytest.mark.parametrize("limit", [0, 101])
def test_a_page_has_between_1_and_100_items(api, limit):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.charges.list({"limit": limit})
    assert refused.value.param == "limit"


def test_a_list_does_not_begin_after_what_is_not_there(api):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.charges.list({"starting_after": "ch_none"})
    assert (refused.value.code, refused.value.param) == ("resource_missing", "starting_after")


def test_a_body_that_is_not_form_encoded_is_refused(sandbox):
    answer = sandbox.post("/v1/payment_intents", json={"amount": 1200})
    assert answer.status_code == 400
    assert "form-encoded" in answer.json()["error"]["message"]


def test_an_unknown_address_is_refused_in_json(sandbox):
    answer = sandbox.get("/v1/payouts")
    assert answer.status_code == 404
    assert "Unrecognized request URL (GET: /v1/payouts)" in answer.json()["error"]["message"]


@pytest.mark.parametrize("key", ["sk_test_wrong", "", "pk_test_wrong"])
def test_a_wrong_key_is_401(sandbox, key):
    answer = sandbox.get("/v1/charges", headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == 401
    assert "key" in answer.json()["error"]["message"].lower()
