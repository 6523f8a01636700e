"""Checkout Sessions: the hosted page, which needs no script in the shop."""

from typing import Any
from urllib.parse import urlsplit

from stripe.params import checkout as sdk_checkout

from orders.sandboxes.payment.api.endpoints import Call, Endpoint
from orders.sandboxes.payment.api.lists import PAGING, page
from orders.sandboxes.payment.errors import Refusal, missing, no_such, not_implemented
from orders.sandboxes.payment.flows import checkout
from orders.sandboxes.payment.ledger import Record
from orders.sandboxes.payment.money import chargeable, known_currency
from orders.sandboxes.payment.objects.checkout_session import DAY_S, new_line, new_session
from orders.sandboxes.payment.parameters.checking import accepted
from orders.sandboxes.payment.parameters.metadata import merged

SOONEST_S = 30 * 60
MOST_LINES = 100

FIELDS = """
    mode success_url cancel_url currency customer customer_email client_reference_id metadata expires_at locale expand
    allowed_payment_method_types submit_type ui_mode
    line_items.quantity line_items.metadata line_items.price_data.currency line_items.price_data.unit_amount
    line_items.price_data.tax_behavior line_items.price_data.product_data.name
    line_items.price_data.product_data.description line_items.price_data.product_data.metadata
    payment_intent_data.description payment_intent_data.metadata payment_intent_data.receipt_email
    payment_intent_data.setup_future_usage payment_intent_data.shipping payment_intent_data.statement_descriptor_suffix
"""


def create(call: Call) -> dict[str, Any]:
    params, now = call.params, call.book.second
    _check_served(params)
    _check_addresses(params)
    _check_customer(call)
    _check_expiry(params.get("expires_at"), now=now)
    lines = _lines(params["line_items"], now=now)
    currency = lines[0]["currency"]
    known = params | {"metadata": merged({}, params.get("metadata"))}
    session = new_session(known, lines=lines, currency=currency, public_url=call.house.public_url, now=now)
    chargeable(session["amount_total"], currency, param="line_items")
    return call.book.add(session, lines=lines, payment_intent_data=params.get("payment_intent_data", {}))


def _check_served(params: dict[str, Any]) -> None:
    for name, served in (("mode", "payment"), ("ui_mode", "hosted_page")):
        if params.get(name, served) != served:
            raise not_implemented(name, params[name])
    for kind in params.get("allowed_payment_method_types", []):
        if kind != "card":
            raise not_implemented("allowed_payment_method_types", kind)


def _check_addresses(params: dict[str, Any]) -> None:
    for name in ("success_url", "cancel_url"):
        parts = urlsplit(params.get(name) or "http://none")
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise Refusal(f"Not a valid URL: {params[name]}", code="url_invalid", param=name)


def _check_customer(call: Call) -> None:
    params = call.params
    if "customer" in params and "customer_email" in params:
        raise Refusal("You may only specify one of these parameters: customer, customer_email.")
    if "customer" in params and call.book.find("customer", params["customer"]) is None:
        raise no_such("customer", params["customer"], param="customer")


def _check_expiry(expires_at: int | None, *, now: int) -> None:
    if expires_at is None:
        return
    # A minute of grace: the caller has counted from its own clock, some time ago.
    if not now + SOONEST_S - 60 <= expires_at <= now + DAY_S + 60:
        message = "The `expires_at` timestamp must be at least 30 minutes and at most 24 hours from now."
        raise Refusal(message, param="expires_at")


def _lines(given: list[dict[str, Any]], *, now: int) -> list[Record]:
    if not 0 < len(given) <= MOST_LINES:
        raise Refusal(f"line_items must hold between 1 and {MOST_LINES} items.", param="line_items")
    for number, line in enumerate(given):
        _check_line(line, f"line_items[{number}]")
    if len({line["price_data"]["currency"].lower() for line in given}) > 1:
        raise Refusal("All line_items of a Checkout Session must have the same currency.", param="line_items")
    return [new_line(line, now=now) for line in given]


def _check_line(line: dict[str, Any], at: str) -> None:
    if "price_data" not in line:
        raise missing(f"{at}[price_data]")
    data = line["price_data"]
    for name in ("unit_amount", "product_data"):
        if name not in data:
            raise missing(f"{at}[price_data][{name}]")
    known_currency(data["currency"], param=f"{at}[price_data][currency]")
    if data["unit_amount"] < 0:
        param = f"{at}[price_data][unit_amount]"
        raise Refusal("Invalid non-negative integer", code="parameter_invalid_integer", param=param)
    if line.get("quantity", 0) < 1:
        message = "This value must be greater than or equal to 1."
        raise Refusal(message, code="parameter_invalid_integer", param=f"{at}[quantity]")


def retrieve(call: Call) -> dict[str, Any]:
    session = call.book.find("checkout.session", call.identifier)
    if session is None:
        raise no_such("checkout.session", call.identifier, param="session", status=404)
    return session


def expire(call: Call) -> dict[str, Any]:
    return checkout.expire(call.book, retrieve(call))


def list_lines(call: Call) -> dict[str, Any]:
    session = retrieve(call)
    url = f"/v1/checkout/sessions/{session['id']}/line_items"
    return {"object": "list", "data": checkout.lines_of(call.book, session), "has_more": False, "url": url}


def list_(call: Call) -> dict[str, Any]:
    filters = ("payment_intent", "customer", "status")
    return page(call, "checkout.session", "/v1/checkout/sessions", filters=filters)


def _endpoint(method: str, path: str, params_class: Any, names: str, handle: Any, *, required: str = "") -> Endpoint:
    taken = accepted(params_class, names, required=required)
    return Endpoint(method=method, path=f"/v1/checkout/sessions{path}", accepted=taken, handle=handle)


ENDPOINTS = [
    _endpoint("POST", "", sdk_checkout.SessionCreateParams, FIELDS, create, required="mode success_url line_items"),
    _endpoint("GET", "", sdk_checkout.SessionListParams, f"payment_intent customer status created {PAGING}", list_),
    _endpoint("GET", "/{id}", sdk_checkout.SessionRetrieveParams, "expand", retrieve),
    _endpoint("POST", "/{id}/expire", sdk_checkout.SessionExpireParams, "expand", expire),
    _endpoint("GET", "/{id}/line_items", sdk_checkout.SessionListLineItemsParams, "expand limit", list_lines),
]
