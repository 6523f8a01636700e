"""Staff watch a purchase: the graph of its run changes by itself while the buyer pays."""

import time

import pytest
from playwright.sync_api import expect

from cms.demo.people import PASSWORD
from tests.browser.test_purchase import DECLINED, GOOD, put_into_cart, sign_up, type_card

pytestmark = [pytest.mark.browser, pytest.mark.stack]
SOON_MS = 3_000


def test_the_graph_of_a_run_follows_the_purchase_within_three_seconds(service, open_tab, address):
    buyer, staff = open_tab(), open_tab()
    sign_up(buyer, service, address)
    buyer.goto(f"{service.url}/vod/first-boat/")
    put_into_cart(buyer)
    buyer.goto(f"{service.url}/checkout/")
    type_card(buyer, DECLINED)
    buyer.locator("[data-pay]").click()
    expect(buyer.locator("[data-payment-error]")).to_contain_text("カード")

    staff.goto(f"{service.url}/accounts/login/?next=/admin/orders/pipelinerun/")
    form = staff.locator("form:has(input[name=password])")
    if not form.locator("input[name=password]").is_visible():
        staff.locator("details:has(input[name=password]) summary").click()
    form.locator("input[name=login]").fill("sam@example.com")
    form.locator("input[name=password]").fill(PASSWORD)
    form.locator("input[name=password]").press("Enter")
    with staff.expect_response("**/events/"):
        staff.locator("#result_list a[href*='/pipelinerun/']").first.click()
    charge, grant = (staff.locator(f".run-link[data-stage={name}] > g") for name in ("charge", "grant"))
    expect(charge).to_have_class("run-box run-waiting run-selected")

    type_card(buyer, GOOD)
    buyer.locator("[data-pay]").click()
    buyer.wait_for_url("**/orders/H*/")
    paid_at = time.monotonic()
    expect(grant).to_contain_class("run-succeeded", timeout=SOON_MS)
    assert time.monotonic() - paid_at < SOON_MS / 1000
    expect(staff.locator(".run-bar").nth(2)).to_be_attached()
