"""Few stories, in a real browser: Debian's Chromium, driven by Playwright."""

import shutil
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]


@pytest.fixture(autouse=True)
def _an_own_world():
    """The browser looks at the service from outside."""


@pytest.fixture(scope="module")
def chromium():
    """One browser a module: Playwright's loop must not be there while other tests use the database."""
    if not CHROMIUM:
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium fonts-noto-cjk)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def is_ours(error) -> bool:
    """Leaving a page while it still fades in aborts the fade, which Chromium reports as an error of the page."""
    return "ViewTransition" not in str(error)


@pytest.fixture
def open_tab(chromium, service):
    """Open a tab of a person's own; at the end nothing may have been blocked, broken or sent anywhere else."""
    contexts, complaints = [], []
    known = {urlsplit(service.url).netloc, urlsplit(service.stack.env["STRIPE_JS_URL"]).netloc}

    def look_at(request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https"} and parts.netloc not in known:
            complaints.append(f"a request to {request.url}")

    def hear(message) -> None:
        if message.type == "error" and "Content Security Policy" in message.text:
            complaints.append(message.text)

    def open_one(**options):
        context = chromium.new_context(locale="ja-JP", **{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        context.on("request", look_at)
        tab = context.new_page()
        tab.on("console", hear)
        tab.on("pageerror", lambda error: is_ours(error) and complaints.append(str(error)))
        tab.set_default_timeout(30_000)
        return tab

    yield open_one
    for context in contexts:
        context.close()
    assert not complaints, complaints
