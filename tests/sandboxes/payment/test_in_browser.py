"""The browser's side in Chromium: a shop's page under a strict policy, the card frame, the bank, the hosted page."""

import re
from pathlib import Path

import pytest

from tests.sandboxes.payment.conftest import client_for
from tests.sandboxes.payment.shop_page import ShopPage
from tests.sandboxes.payment.shopper import AUTHENTICATED, DECLINED, GOOD, basket, order

sync_api = pytest.importorskip("playwright.sync_api")

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
WITHIN_MS = 15_000

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no Chromium at {CHROMIUM}"),
]


@pytest.fixture(scope="module")
def chromium():
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def shop_page(shared_sandbox):
    with ShopPage(public_url(shared_sandbox)) as page:
        yield page


def public_url(sandbox):
    """As the browser reaches it: by name, as a person would."""
    return sandbox.url.replace("127.0.0.1", "localhost")


@pytest.fixture
def tab(chromium):
    context = chromium.new_context(viewport={"width": 320, "height": 640}, locale="ja-JP")
    context.set_default_timeout(WITHIN_MS)
    page = context.new_page()
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    yield page
    context.close()


def state(tab):
    return sync_api.expect(tab.locator("#state"))


def type_card(tab, number):
    frame = tab.frame_locator("#card iframe")
    for field, text in (("number", number), ("expiry", "1234"), ("cvc", "123")):
        frame.locator(f"#{field}").fill("")
        frame.locator(f"#{field}").press_sequentially(text)
    return frame


def test_declined_then_authenticated_she_pays_without_leaving_the_page(tab, shop_page, api):
    intent = api.payment_intents.create(order())
    tab.goto(shop_page.url(intent.client_secret))
    state(tab).to_have_text("ready", timeout=WITHIN_MS)
    assert tab.evaluate("document.documentElement.scrollWidth") == 320
    frame = type_card(tab, DECLINED)
    assert frame.locator("#number").input_value() == "4000 0000 0000 0002"
    assert frame.locator("#expiry").input_value() == "12 / 34"
    tab.click("#go")
    sync_api.expect(tab.locator("#message")).to_have_text("カードが拒否されました。", timeout=WITHIN_MS)
    type_card(tab, AUTHENTICATED)
    tab.click("#go")
    tab.frame_locator("dialog iframe").get_by_role("button", name="認証する").click()
    state(tab).to_have_text("paid succeeded", timeout=WITHIN_MS)
    assert tab.url.startswith(shop_page.url(intent.client_secret))
    assert [charge.status for charge in api.charges.list({"payment_intent": intent.id})] == ["succeeded", "failed"]
    assert (shop_page.violations, tab.errors) == ([], [])


def test_she_may_fail_at_the_bank_and_is_told_so(tab, shop_page, api):
    intent = api.payment_intents.create(order())
    tab.goto(shop_page.url(intent.client_secret))
    state(tab).to_have_text("ready", timeout=WITHIN_MS)
    type_card(tab, AUTHENTICATED)
    tab.click("#go")
    tab.frame_locator("dialog iframe").get_by_role("button", name="認証に失敗する").click()
    state(tab).to_have_text("error payment_intent_authentication_failure", timeout=WITHIN_MS)
    assert api.payment_intents.retrieve(intent.id).status == "requires_payment_method"


def test_a_shop_that_wants_a_redirect_gets_what_stripe_adds(tab, shop_page, api):
    intent = api.payment_intents.create(order())
    tab.goto(shop_page.url(intent.client_secret, redirect="always"))
    state(tab).to_have_text("ready", timeout=WITHIN_MS)
    type_card(tab, GOOD)
    tab.click("#go")
    tab.wait_for_url(re.compile(r"/done/\?order=H-1&payment_intent="))
    assert f"payment_intent={intent.id}" in tab.url
    assert tab.url.endswith("redirect_status=succeeded")


def test_no_card_digit_reaches_the_shops_page_or_its_requests(tab, shop_page, api):
    sent = []
    tab.on("request", lambda request: sent.append((request.url, request.post_data or "", request.frame.url)))
    intent = api.payment_intents.create(order())
    tab.goto(shop_page.url(intent.client_secret))
    state(tab).to_have_text("ready", timeout=WITHIN_MS)
    type_card(tab, GOOD)
    tab.click("#go")
    state(tab).to_have_text("paid succeeded", timeout=WITHIN_MS)
    carriers = [(url, frame) for url, body, frame in sent if GOOD in body or GOOD in url]
    assert [url for url, _ in carriers] == [f"{shop_page.sandbox}/v1/payment_methods"]
    assert carriers[0][1].startswith(f"{shop_page.sandbox}/elements/payment")


def test_an_unfinished_card_is_told_beside_its_field(tab, shop_page, api):
    intent = api.payment_intents.create(order())
    tab.goto(shop_page.url(intent.client_secret))
    state(tab).to_have_text("ready", timeout=WITHIN_MS)
    tab.frame_locator("#card iframe").locator("#number").press_sequentially("4242")
    tab.click("#go")
    state(tab).to_have_text("error incomplete_number", timeout=WITHIN_MS)
    told = tab.frame_locator("#card iframe").locator("#number-error")
    sync_api.expect(told).to_have_text("カード番号を最後まで入力してください。")


@pytest.mark.parametrize("scripted", [True, False])
def test_the_hosted_page_leads_through_the_bank_to_the_shop(chromium, shop_page, shared_sandbox, scripted):
    api = client_for(shared_sandbox)
    done = shop_page.url("none").split("?")[0] + "done/?session={CHECKOUT_SESSION_ID}"
    session = api.checkout.sessions.create(basket(success_url=done))
    context = chromium.new_context(java_script_enabled=scripted, viewport={"width": 320, "height": 640})
    tab = context.new_page()
    tab.goto(session.url)
    for field, text in (("email", "alice@example.com"), ("number", AUTHENTICATED), ("expiry", "12/34"), ("cvc", "123")):
        tab.fill(f"#{field}", text)
    tab.click("button[type=submit]")
    tab.click("button[value=pass]")
    tab.wait_for_url(re.compile(r"/done/\?session=cs_test_"))
    context.close()
    assert api.checkout.sessions.retrieve(session.id).payment_status == "paid"
