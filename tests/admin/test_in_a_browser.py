"""The staff's pages in a real browser under the policy: nothing is blocked, and everything that opens, opens."""

import re
import shutil
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from orders.admin import words
from orders.models import Discrepancy, Order, PipelineRun, ReconciliationRun, StageRun
from orders.pipeline.purchase import PURCHASE
from shop.models import Product, ProductImage, StockItem
from tests import builders
from tests.admin.rows import fill
from tests.admin.test_run_page import crowd
from vod.models import Title

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""


@pytest.fixture(scope="module")
def chromium() -> Iterator["playwright.Browser"]:
    if not CHROMIUM:
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium fonts-noto-cjk)")
    with pytest.MonkeyPatch.context() as patch, playwright.sync_playwright() as started:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright runs a loop of its own in this thread
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def desk(chromium, live_server, chief):
    """The chief's tab; at the end nothing may have been blocked or broken. `desk.complaints` is what was."""
    client = Client()
    client.force_login(chief, backend="django.contrib.auth.backends.ModelBackend")
    context = chromium.new_context(base_url=live_server.url, locale="ja-JP", viewport={"width": 1280, "height": 900})
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
    tab, complaints = context.new_page(), []
    tab.on("console", lambda message: message.type == "error" and complaints.append(f"{tab.url}: {message.text}"))
    tab.on("pageerror", lambda error: complaints.append(f"{tab.url}: {error}"))
    yield tab
    context.close()
    assert not complaints, complaints


def _pages() -> list[str]:
    forms = [
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[model.objects.first().pk])
        for model in (Order, Title, Product, StockItem, PipelineRun, StageRun, User, Discrepancy, ReconciliationRun)
    ]
    return [
        "/admin/",
        "/admin/orders/order/",
        "/admin/orders/discrepancy/",
        "/admin/orders/pause/",
        "/admin/orders/stagerun/redrive/?verb=retry",
        "/admin/orders/taxdocument/",
        "/admin/vod/title/",
        "/admin/vod/asset/add/",
        "/admin/auth/group/add/",
        *forms,
    ]


def test_nothing_is_blocked_and_no_page_is_wider_than_the_screen(desk):
    fill(1)
    ProductImage.objects.all().delete()  # its file was never drawn
    desk.context.route("**/events/", lambda route: route.fulfill(status=204))  # this server has no events
    wide = []
    for page in _pages():
        desk.goto(page)
        for width in (1280, 390):
            desk.set_viewport_size({"width": width, "height": 844})
            if desk.evaluate("document.documentElement.scrollWidth") > width:
                wide.append((page, width))
    assert not wide


@pytest.mark.parametrize("width", [1280, 390])
def test_a_run_with_forty_handlers_in_every_state_is_walked_by_keyboard_and_mouse(desk, chief, width):
    run = crowd(chief, 40)
    soon = timezone.now() + timedelta(minutes=1)
    StageRun.objects.filter(name="mail").update(state=StageRun.State.RUNNING, lease_until=soon, finished_at=None)
    desk.context.route("**/events/", lambda route: route.fulfill(status=204))  # this server has no events
    desk.set_viewport_size({"width": width, "height": 844})
    desk.goto(f"/admin/orders/pipelinerun/{run.pk}/change/?stage=charge")
    assert desk.evaluate("document.documentElement.scrollWidth") <= width
    assert desk.locator(".run-graph .run-link").count() == len(PURCHASE.stages)
    assert desk.locator(".run-legend li").count() >= 6
    link = desk.locator(".run-link[data-stage=instruct]")
    link.focus()
    desk.keyboard.press("Enter")
    playwright.expect(desk.locator("#stage .run-item")).to_have_count(40)
    desk.locator("#run-items > summary").click()
    desk.locator("#stage .run-item").nth(2).click()
    desk.wait_for_url("**stage=instruct&item=**")
    playwright.expect(desk.locator("#stage .run-item-selected")).to_have_count(1)
    desk.go_back()
    desk.go_back()
    playwright.expect(desk.locator("#stage h2")).to_contain_text(str(words.stage("charge")))


def test_the_page_of_a_run_follows_it_and_keeps_what_is_being_typed(desk, chief):
    run = crowd(chief, 2)
    desk.context.route("**/events/", lambda route: route.fulfill(status=204))
    parked = run.stages.get(name="instruct", state=StageRun.State.PARKED)
    desk.clock.install()
    desk.goto(f"/admin/orders/pipelinerun/{run.pk}/change/?stage=instruct&item={parked.item}")
    desk.locator("#run-acts input[name=reason]").first.fill("called them")
    run.stages.filter(name="charge").update(state=StageRun.State.SKIPPED)
    desk.clock.run_for(11_000)
    playwright.expect(desk.locator(".run-link[data-stage=charge] .run-skipped").first).to_be_attached()
    playwright.expect(desk.locator("#run-acts input[name=reason]").first).to_have_value("called them")


def test_the_colours_follow_the_choice_and_keep_it(desk):
    desk.goto("/admin/")
    desk.locator("#nav-sidebar-inner").get_by_text("chief@example.com").click()
    desk.locator("a", has_text=re.compile("dark_mode")).first.click()
    playwright.expect(desk.locator("html")).to_have_class("dark")
    desk.reload()
    playwright.expect(desk.locator("html")).to_have_class("dark")


def test_filters_open_and_close_and_the_menu_is_searched(desk):
    desk.goto("/admin/orders/order/")
    desk.locator("a[x-on\\:click='filterOpen = true']").click()
    playwright.expect(desk.locator("#changelist-filter")).to_be_visible()
    desk.keyboard.press("Escape")
    playwright.expect(desk.locator("#changelist-filter")).to_be_hidden()
    desk.locator("#nav-filter").fill(str(Order._meta.verbose_name_plural))
    desk.locator("#nav-filter").press("End")  # the theme looks when a key is let go
    playwright.expect(desk.locator("#search-results a").first).to_be_visible()


def test_a_row_is_added_a_relation_is_searched_and_a_day_is_picked(desk):
    title, mug = builders.title(), builders.product(name="灯台マグ")
    desk.goto(f"/admin/vod/title/{title.pk}/change/")
    desk.locator("#related_goods-group a.add-row").click()
    desk.locator("#id_related_goods-0-product + .select2").click()
    desk.locator(".select2-search__field").last.press_sequentially("灯台")
    desk.locator(".select2-results__option", has_text="灯台マグ").click()
    desk.locator("#id_ends_at_0 ~ * [id^=calendarlink]").click()
    desk.locator("[id^=calendarbox] td a:visible").last.click()
    desk.locator("#id_ends_at_1").fill("23:59:00")
    desk.locator("[name=_save]").click()
    desk.wait_for_url("**/admin/vod/title/")
    assert title.related_goods.get().product == mug
    title.refresh_from_db()
    assert title.ends_at is not None
