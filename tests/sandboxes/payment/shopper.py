"""What a shop asks the sandbox for, and what a buyer does with her browser."""

import re
import uuid
from typing import Any

import requests

from tests.sandboxes.standin import StandIn

SECRET_KEY = "sk_test_hitotsu"
PUBLISHABLE_KEY = "pk_test_hitotsu"
RETURN_URL = "http://shop.test/orders/H-1/?from=bank"
GOOD, DECLINED, AUTHENTICATED = "4242424242424242", "4000000000000002", "4000000000003220"


def order(**changes: Any) -> dict[str, Any]:
    """The parameters of a PaymentIntent for a mug, for an order of its own."""
    wanted = {
        "amount": 1200,
        "currency": "jpy",
        "automatic_payment_methods": {"enabled": True},
        "description": "Hitotsu H-1",
        "metadata": {"order": f"H-{uuid.uuid4().hex[:10]}"},
    }
    return {**wanted, **changes}


def paid_by(method: str, **changes: Any) -> dict[str, Any]:
    return order(confirm=True, payment_method=method, return_url=RETURN_URL, **changes)


def basket(**changes: Any) -> dict[str, Any]:
    """The parameters of a Checkout Session with two lines."""
    wanted = {
        "mode": "payment",
        "success_url": "http://shop.test/done/?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://shop.test/cart/",
        "locale": "ja",
        "metadata": {"order": f"H-{uuid.uuid4().hex[:10]}"},
        "line_items": [line("マグカップ", 800, 2), line("レンタル「海の音」第1話", 330, 1)],
    }
    return {**wanted, **changes}


def line(name: str, price: int, quantity: int) -> dict[str, Any]:
    return {
        "quantity": quantity,
        "price_data": {"currency": "jpy", "unit_amount": price, "product_data": {"name": name}},
    }


def card(number: str = GOOD, **changes: str) -> dict[str, str]:
    """What alice types on the hosted page."""
    return {
        "email": "alice@example.com",
        "number": number,
        "expiry": "12 / 34",
        "cvc": "123",
        "name": "ALICE",
    } | changes


class Shopper:
    """A browser without JavaScript: it opens pages, presses buttons, and holds the publishable key alone."""

    def __init__(self, sandbox: StandIn) -> None:
        self.sandbox = sandbox
        self.session = requests.Session()
        self.session.trust_env = False

    def open(self, url: str) -> requests.Response:
        return self.session.get(self._here(url), timeout=10, allow_redirects=False)

    def send(self, url: str, **fields: str) -> requests.Response:
        return self.session.post(self._here(url), data=fields, timeout=10, allow_redirects=False)

    def answer_bank(self, url: str, *, result: str) -> requests.Response:
        """Press one of the two buttons of the 3-D Secure page."""
        page = self.open(url)
        assert page.status_code == 200
        assert f'value="{result}"' in page.text
        return self.send(url, result=result)

    def ask(self, method: str, path: str, *, key: str = PUBLISHABLE_KEY, language: str = "ja", **params: str):
        """Call the API as the browser's library does."""
        headers = {"Authorization": f"Bearer {key}", "Accept-Language": language}
        sent = {"params": params} if method == "GET" else {"data": params}
        return self.session.request(method, f"{self.sandbox.url}{path}", headers=headers, timeout=10, **sent)

    def card_form(self, number: str = GOOD) -> requests.Response:
        """Send the card form of the payment element."""
        fields = {"card[number]": number, "card[exp_month]": "12", "card[exp_year]": "2034", "card[cvc]": "123"}
        return self.ask("POST", "/v1/payment_methods", type="card", **fields)

    def _here(self, url: str) -> str:
        """The public address may be `localhost`; the tests' sandbox listens on 127.0.0.1."""
        return re.sub(r"^http://localhost:\d+", self.sandbox.url, url)
