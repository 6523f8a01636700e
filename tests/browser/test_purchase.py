"""A purchase in Chromium: from the sign-up to the moving picture, and once without JavaScript to the paid order."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import CHROMIUM, FLAGS
from tests.service import until

pytestmark = [pytest.mark.browser, pytest.mark.stack]

DECLINED, THREE_D_SECURE, GOOD = "4000000000000002", "4000002760003184", "4242424242424242"
CARD_FRAME = "[data-payment-element] iframe"


def sign_up(tab: Page, service, address: str) -> None:
    tab.goto(f"{service.url}/accounts/signup/")
    tab.locator("input[name=email]").fill(address)
    tab.locator("main form:has(input[name=email]) button[type=submit]").first.click()
    tab.locator("input[name=code]").fill(service.code_for(address))
    tab.locator("main form:has(input[name=code]) button[type=submit]").first.click()
    tab.wait_for_url(lambda url: "/accounts/" not in url)


def fill_in_address(tab: Page) -> None:
    typed = {
        "name": "髙橋 𠮷乃",
        "name_kana": "たかはし よしの",
        "postal_code": "060-0042",
        "city": "札幌市中央区大通西",
        "line1": "1-2-3",
        "phone": "090-1234-5678",
    }
    for name, value in typed.items():
        tab.locator(f"[name={name}]").fill(value)
    tab.locator("[name=prefecture]").select_option("1")
    tab.locator("main form:has([name=city]) button[type=submit]").first.click()


def put_into_cart(tab: Page) -> None:
    """Press the page's first button that adds to the cart, and wait until the cart has it."""
    with tab.expect_response("**/cart/add/"):
        tab.locator("main form[action='/cart/add/'] button[type=submit]").first.click()
    tab.wait_for_load_state()


def type_card(tab: Page, number: str) -> None:
    frame = tab.frame_locator(CARD_FRAME)
    for field, value in (("number", number), ("expiry", "12 / 34"), ("cvc", "123")):
        frame.locator(f"#{field}").fill("")
        frame.locator(f"#{field}").press_sequentially(value)


def test_a_viewer_rents_buys_a_mug_pays_and_watches(service, open_tab, address):
    tab = open_tab()
    sign_up(tab, service, address)
    tab.goto(f"{service.url}/shop/goma-mug/?variant=GM-MUG-BLU")
    put_into_cart(tab)
    tab.goto(f"{service.url}/vod/first-boat/")
    put_into_cart(tab)
    tab.goto(f"{service.url}/checkout/")
    fill_in_address(tab)

    expect(tab.locator("#checkout-form")).to_contain_text("髙橋 𠮷乃")
    type_card(tab, DECLINED)
    tab.locator("[data-pay]").click()
    expect(tab.locator("[data-payment-error]")).to_contain_text("カード")
    assert "/checkout/" in tab.url  # everything is still there, and the same order is paid next

    type_card(tab, THREE_D_SECURE)
    tab.locator("[data-pay]").click()
    tab.frame_locator("dialog iframe").get_by_role("button", name="認証する").click()
    tab.wait_for_url("**/orders/H*/")
    number = tab.url.rstrip("/").rpartition("/")[2]
    assert service.ledgers.charges(number) == 1

    status = tab.locator("#order-status")
    until(lambda: service.instruction_for(number), what="the instruction")
    service.ship(number, {"GM-MUG-BLU": 1})
    expect(status).to_contain_text("発送")  # the page changes by itself

    tab.goto(f"{service.url}/watch/first-boat/")
    tab.locator("form[action$='/begin/'] button").click()
    watch_a_second(tab)  # it plays by itself: the button was pressed a moment ago
    assert tab.url == f"{service.url}/watch/first-boat/"
    tab.reload()
    press_play_where_it_waits(tab)
    watch_a_second(tab)


def press_play_where_it_waits(tab: Page) -> None:
    expect(tab.locator("[data-player-big]")).to_be_visible()
    tab.locator("[data-player-big]").click()


def watch_a_second(tab: Page) -> None:
    """The time moves, and the picture has light in it."""
    until(lambda: tab.evaluate("document.querySelector('video').currentTime") > 1, what="the moving picture")
    light = tab.evaluate(
        """() => {
            const video = document.querySelector("video");
            const canvas = document.createElement("canvas");
            canvas.width = 64; canvas.height = 36;
            const brush = canvas.getContext("2d");
            brush.drawImage(video, 0, 0, 64, 36);
            const dots = brush.getImageData(0, 0, 64, 36).data;
            let sum = 0;
            for (let i = 0; i < dots.length; i += 4) sum += dots[i] + dots[i + 1] + dots[i + 2];
            return sum / (64 * 36 * 3);
        }"""
    )
    assert light > 20


def test_a_browser_that_refuses_to_start_by_itself_shows_the_play_button(service, chromium):
    strict = chromium.browser_type.launch(
        executable_path=CHROMIUM, args=[*FLAGS[:-1], "--autoplay-policy=document-user-activation-required"]
    )
    try:
        tab = strict.new_page()
        tab.goto(f"{service.url}/watch/tram-street/#play")  # typed, so that nobody has pressed anything
        big = tab.locator("[data-player-big]")
        expect(big).to_be_visible()
        until(lambda: tab.evaluate("document.querySelector('video').readyState") > 1, what="the film's beginning")
        expect(big).to_be_visible()
        assert tab.evaluate("document.querySelector('video').paused")
        press_play_where_it_waits(tab)
        watch_a_second(tab)
    finally:
        strict.close()


def test_without_javascript_a_viewer_reaches_the_paid_order(service, open_tab, address):
    tab = open_tab(java_script_enabled=False, viewport={"width": 390, "height": 844})
    sign_up(tab, service, address)
    tab.goto(f"{service.url}/vod/foggy-soup/")
    put_into_cart(tab)
    tab.goto(f"{service.url}/checkout/")
    tab.locator("[data-pay]").click()
    tab.wait_for_url("**/c/pay/**")
    for field, value in (("number", GOOD), ("expiry", "12 / 34"), ("cvc", "123"), ("name", "ALICE")):
        if tab.locator(f"#{field}").count():
            tab.fill(f"#{field}", value)
    tab.locator("form button[type=submit]").first.click()
    tab.wait_for_url("**/orders/H*/")
    number = tab.url.rstrip("/").rpartition("/")[2]
    assert service.ledgers.charges(number) == 1
    tab.reload()
    expect(tab.locator("#order-status")).to_contain_text("支払い")
