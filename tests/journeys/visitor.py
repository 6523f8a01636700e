"""A person with a browser that has no JavaScript: opens pages, fills in forms, follows where they lead."""

import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import requests

from tests.service import Service


class _Forms(HTMLParser):
    """The forms of a page with the values that a browser would send untouched."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, Any]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append({"action": given.get("action", ""), "fields": {}})
        elif tag == "input" and self.forms and given.get("name"):
            is_choice = given.get("type") in {"checkbox", "radio"}
            if not is_choice or "checked" in given:
                self.forms[-1]["fields"][given["name"]] = given.get("value", "")


class Visitor:
    """Cookies, and the page that is open."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.session = requests.Session()
        self.session.trust_env = False
        self.page = requests.Response()

    def open(self, path: str, **kwargs: Any) -> requests.Response:
        self.page = self.session.get(urljoin(self.service.url, path), timeout=30, **kwargs)
        return self.page

    def forms(self) -> list[dict[str, Any]]:
        reader = _Forms()
        reader.feed(self.page.text)
        return reader.forms

    def form(self, action: str) -> dict[str, Any]:
        """The first form of the page whose address holds `action`; an empty address is the page's own."""
        here = urlsplit(self.page.url).path
        for form in self.forms():
            if action in (form["action"] or here):
                return form
        raise AssertionError(f"No form to {action} on {self.page.url}: {[f['action'] for f in self.forms()]}")

    def submit(self, action: str, *, headers: dict[str, str] | None = None, **fields: str) -> requests.Response:
        """Send the form with what it holds and what is typed; follows redirects like a browser."""
        form = self.form(action)
        target = urljoin(self.page.url, form["action"] or self.page.url)
        sent = headers | {"Referer": self.page.url} if headers else {"Referer": self.page.url}
        self.page = self.session.post(target, data=form["fields"] | fields, headers=sent, timeout=30)
        return self.page

    def sign_up(self, address: str) -> None:
        """With an e-mail address and the code that is mailed to it."""
        self.open("/accounts/signup/")
        self.submit("/accounts/signup/", email=address)
        self.submit("/accounts/confirm-email/", code=self.service.code_for(address))
        assert self.page.ok, self.page.text

    def add(self, slug: str, *, sku: str = "", quantity: int = 1) -> None:
        """Put goods into the cart from their page."""
        self.open(f"/shop/{slug}/?variant={sku}" if sku else f"/shop/{slug}/")
        self.submit("/cart/add/", quantity=str(quantity))
        assert self.page.ok, self.page.text

    def rent(self, slug: str) -> None:
        """Put a rental into the cart from the title's page."""
        self.open(f"/vod/{slug}/")
        self.submit("/cart/add/", next="cart")
        assert self.page.ok, self.page.text

    def write_address(self) -> None:
        self.open("/checkout/address/")
        self.submit(
            "/checkout/address/",
            name="髙橋 𠮷乃",
            name_kana="たかはし よしの",
            postal_code="〒０６０−００４２",
            prefecture="1",
            city="札幌市中央区大通西",
            line1="１−２−３",
            line2="",
            phone="０９０ー１２３４ー５６７８",
        )
        assert urlsplit(self.page.url).path == "/checkout/", self.page.text

    def press_order_button(self) -> dict[str, Any]:
        """As the page's script does: the order is made, and the secret for its payment comes back."""
        self.open("/checkout/")
        answer = self.submit("/checkout/place/", headers={"Accept": "application/json"}, method="element")
        assert answer.ok, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def confirm_card(self, placed: dict[str, Any], number: str) -> requests.Response:
        """As the provider's script does in its frame: the card goes to the provider alone."""
        intent = placed["clientSecret"].partition("_secret")[0]
        fields = {
            "client_secret": placed["clientSecret"],
            "return_url": placed["returnUrl"],
            "payment_method_data[type]": "card",
            "payment_method_data[card][number]": number,
            "payment_method_data[card][exp_month]": "12",
            "payment_method_data[card][exp_year]": "2034",
            "payment_method_data[card][cvc]": "123",
        }
        url = f"{self.service.stack.urls['payment']}/v1/payment_intents/{intent}/confirm"
        return requests.post(url, data=fields, headers={"Authorization": "Bearer pk_test_hitotsu"}, timeout=10)

    def authenticate(self, url: str) -> None:
        """Press the button of the bank's page, which leads back to the shop."""
        answer = requests.post(url, data={"result": "pass"}, timeout=10, allow_redirects=False)
        back = answer.headers["Location"]
        assert parse_qs(urlsplit(back).query)["redirect_status"] == ["succeeded"]
        self.open(back)

    def number_of_order(self) -> str:
        found = re.search(r"/orders/(H[0-9A-Z]{3}-[0-9A-Z]{3}-[0-9A-Z]{3})/", self.page.url)
        assert found, self.page.url
        return found[1]
