"""PaymentIntents: the one payment of one order."""

import hmac
from typing import Any

from stripe import params as sdk

from orders.sandboxes.payment.api.endpoints import Call, Endpoint
from orders.sandboxes.payment.api.lists import PAGING, page
from orders.sandboxes.payment.errors import Refusal, missing, no_such, not_implemented, unexpected_state
from orders.sandboxes.payment.flows import payment
from orders.sandboxes.payment.flows.checkout import session_of
from orders.sandboxes.payment.flows.methods import make_method, method_for
from orders.sandboxes.payment.ledger import Record
from orders.sandboxes.payment.money import chargeable, known_currency
from orders.sandboxes.payment.objects.payment_intent import changed, new_payment_intent, public_part
from orders.sandboxes.payment.parameters.checking import Accepted, accepted

CARD_FORM = accepted(
    sdk.PaymentMethodCreateParams, "type billing_details metadata card.number card.exp_month card.exp_year card.cvc"
)
DESCRIPTIVE = "description metadata receipt_email shipping setup_future_usage statement_descriptor_suffix"
CONFIRMING = "payment_method payment_method_data return_url off_session use_stripe_sdk expand"
AMOUNT_CHANGEABLE = ("requires_payment_method", "requires_confirmation")
ALWAYS_CHANGEABLE = {"description", "metadata", "expand"}


def create(call: Call) -> dict[str, Any]:
    params = call.params
    _check_creation(call)
    currency = known_currency(params["currency"])
    amount = chargeable(params["amount"], currency)
    intent = new_payment_intent(params, amount=amount, currency=currency, now=call.book.second)
    intent = call.book.add(_with_method(call, intent))
    call.book.outbox.tell("payment_intent.created", intent)
    return _confirm(call, intent) if params.get("confirm") else intent


def _check_creation(call: Call) -> None:
    params = call.params
    _check_served(params)
    for kind in params.get("allowed_payment_method_types", []):
        if kind != "card":
            raise not_implemented("allowed_payment_method_types", kind)
    if "customer" in params and call.book.find("customer", params["customer"]) is None:
        raise no_such("customer", params["customer"], param="customer")
    for name in ("return_url", "off_session"):
        if name in params and not params.get("confirm"):
            raise Refusal(f"{name} can only be given together with confirm=true.", param=name)


def _check_served(params: dict[str, Any]) -> None:
    """Refuse the values that Stripe knows and the sandbox does not serve."""
    if params.get("capture_method") == "manual":
        raise not_implemented("capture_method", "manual")
    if params.get("off_session") in ("one_off", "recurring"):
        raise not_implemented("off_session", str(params["off_session"]))


def _with_method(call: Call, intent: Record) -> Record:
    """Return the intent with the payment method that the request names or describes."""
    params = call.params
    if "payment_method" in params and "payment_method_data" in params:
        raise Refusal("You may only specify one of these parameters: payment_method, payment_method_data.")
    if "payment_method" in params:
        method = method_for(call.book, params["payment_method"], customer=intent["customer"])
    elif "payment_method_data" in params:
        method = make_method(call.book, params["payment_method_data"], under="payment_method_data")
    else:
        return intent
    return intent | {"payment_method": method["id"], "status": "requires_confirmation"}


def _confirm(call: Call, intent: Record) -> dict[str, Any]:
    """Confirm an intent whose payment method is set."""
    params = call.params
    payment.refuse_unless_confirmable(intent)
    if intent["payment_method"] is None:
        raise Refusal(
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the"
            " PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a"
            " payment method.",
            code="payment_intent_unexpected_state",
            payment_intent=intent,
        )
    if not call.from_browser:
        _check_return_url(intent, params.get("return_url"))
    return payment.confirm(
        call.book,
        call.house,
        intent,
        method=method_for(call.book, intent["payment_method"], customer=intent["customer"]),
        return_url=params.get("return_url"),
        off_session=bool(params.get("off_session")),
        by_library=bool(params.get("use_stripe_sdk")),
    )


def _check_return_url(intent: Record, return_url: str | None) -> None:
    if return_url is not None:
        if not return_url.startswith(("http://", "https://")):
            raise Refusal(f"Not a valid URL: {return_url}", code="url_invalid", param="return_url")
        return
    automatic = intent["automatic_payment_methods"]
    cards_alone = intent["allowed_payment_method_types"] == ["card"]
    if automatic["enabled"] and automatic["allow_redirects"] != "never" and not cards_alone:
        raise Refusal(
            "This PaymentIntent is configured to accept payment methods that might redirect your customer off of your"
            " page, so you must provide a `return_url`. If you don't want to accept redirect-based payment methods, set"
            " `automatic_payment_methods[enabled]` to `true` and `automatic_payment_methods[allow_redirects]` to"
            " `never` when creating the PaymentIntent.",
            param="return_url",
        )


def _found(call: Call) -> Record:
    """Return the intent; a browser must also show its client secret."""
    intent = call.book.find("payment_intent", call.identifier)
    if intent is None:
        raise no_such("payment_intent", call.identifier, param="intent", status=404)
    secret = call.params.get("client_secret")
    if secret is None and call.from_browser:
        raise missing("client_secret")
    if secret is not None and not hmac.compare_digest(secret.encode(), intent["client_secret"].encode()):
        message = "The client_secret provided does not match any associated PaymentIntent on this account."
        raise Refusal(message, code="payment_intent_invalid_parameter", param="client_secret")
    return intent


def retrieve(call: Call) -> dict[str, Any]:
    intent = _found(call)
    return public_part(intent) if call.from_browser else intent


def update(call: Call) -> dict[str, Any]:
    intent, params = _found(call), call.params
    _check_served(params)
    _check_changeable(intent, params)
    if "customer" in params and call.book.find("customer", params["customer"]) is None:
        raise no_such("customer", params["customer"], param="customer")
    wanted = intent | {name: params[name] for name in ("amount", "currency", "customer") if name in params}
    wanted["currency"] = known_currency(wanted["currency"])
    chargeable(wanted["amount"], wanted["currency"])
    intent = changed(wanted, params)
    return call.book.save(_with_method(call, intent))


def _check_changeable(intent: Record, params: dict[str, Any]) -> None:
    fixed = sorted(set(params) - ALWAYS_CHANGEABLE)
    if fixed and intent["status"] not in AMOUNT_CHANGEABLE:
        raise unexpected_state(
            f"This PaymentIntent's {fixed[0]} could not be updated because it has a status of {intent['status']}. You"
            f" may only update the {fixed[0]} of a PaymentIntent with one of the following statuses:"
            f" {', '.join(AMOUNT_CHANGEABLE)}.",
            intent,
        )


def confirm(call: Call) -> dict[str, Any]:
    intent = _found(call)
    payment.refuse_unless_confirmable(intent)
    _check_served(call.params)
    _check_confirmer(call, intent)
    intent = _with_method(call, changed(intent, call.params))
    if not call.from_browser:
        return _confirm(call, intent)
    try:
        return public_part(_confirm(call, intent))
    except Refusal as refusal:
        if "payment_intent" in refusal.error:
            refusal.error["payment_intent"] = public_part(refusal.error["payment_intent"])
        raise


def _check_confirmer(call: Call, intent: Record) -> None:
    if session_of(call.book, intent):
        raise Refusal("You cannot confirm a PaymentIntent that was created by a Checkout Session. Pay the Session.")
    if call.from_browser and "off_session" in call.params:
        raise Refusal("off_session cannot be given with a publishable key.", param="off_session")


def cancel(call: Call) -> dict[str, Any]:
    intent = _found(call)
    if session_of(call.book, intent):
        raise unexpected_state(
            "You cannot cancel this PaymentIntent because it was created by a Checkout Session. Expire the Session"
            " instead, which cancels its PaymentIntent.",
            intent,
        )
    return payment.cancel(call.book, intent, reason=call.params.get("cancellation_reason"))


def list_(call: Call) -> dict[str, Any]:
    return page(call, "payment_intent", "/v1/payment_intents", filters=("customer",))


def _with_card_form(taken: Accepted) -> Accepted:
    """Take the card in ``payment_method_data``, which the SDK's types leave to the browser's library."""
    members = {**(taken.shape.members or {}), "payment_method_data": CARD_FORM.shape}
    shape = type(taken.shape)(members=members, required=taken.shape.required)
    return Accepted(shape=shape, tree=taken.tree | {"payment_method_data": CARD_FORM.tree})


def _endpoint(method: str, path: str, taken: Accepted, handle: Any, *, for_browsers: bool = False) -> Endpoint:
    whole = f"/v1/payment_intents{path}"
    return Endpoint(method=method, path=whole, accepted=taken, handle=handle, for_browsers=for_browsers)


CREATING = f"amount currency customer automatic_payment_methods capture_method confirm {DESCRIPTIVE} {CONFIRMING}"
UPDATING = f"amount currency customer capture_method payment_method payment_method_data expand {DESCRIPTIVE}"
CONFIRM = "receipt_email shipping setup_future_usage"

ENDPOINTS = [
    _endpoint(
        "POST",
        "",
        _with_card_form(accepted(sdk.PaymentIntentCreateParams, f"{CREATING} allowed_payment_method_types")),
        create,
    ),
    _endpoint("GET", "", accepted(sdk.PaymentIntentListParams, f"created customer {PAGING}"), list_),
    _endpoint(
        "GET", "/{id}", accepted(sdk.PaymentIntentRetrieveParams, "client_secret expand"), retrieve, for_browsers=True
    ),
    _endpoint("POST", "/{id}", _with_card_form(accepted(sdk.PaymentIntentUpdateParams, UPDATING)), update),
    _endpoint(
        "POST",
        "/{id}/confirm",
        _with_card_form(accepted(sdk.PaymentIntentConfirmParams, f"{CONFIRMING} {CONFIRM}", beside="client_secret")),
        confirm,
        for_browsers=True,
    ),
    _endpoint("POST", "/{id}/cancel", accepted(sdk.PaymentIntentCancelParams, "cancellation_reason expand"), cancel),
]
