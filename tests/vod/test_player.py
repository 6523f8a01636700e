"""The player in a real browser: the picture moves, a place is kept, and trouble is told in words."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from tests import builders
from tests.vod import films
from tests.vod.transcoding import clips
from vod.models import Progress, Title
from vod.services import film_in, jobs
from vod.transcoding.fake import FakeTranscoder

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = [pytest.mark.browser, pytest.mark.media]

DEADLINE_S = 30
BRIGHTNESS = """() => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [32, 18];
  const pen = canvas.getContext("2d");
  pen.drawImage(document.querySelector("video"), 0, 0, 32, 18);
  const light = pen.getImageData(0, 0, 32, 18).data.filter((_value, number) => number % 4 < 3);
  return light.reduce((sum, value) => sum + value, 0) / light.length;
}"""
POSITION = "() => document.querySelector('video').currentTime"


@pytest.fixture(scope="module", autouse=True)
def _rows_beside_playwright() -> Iterator[None]:
    """Playwright runs a loop in the thread of the test, which makes Django think that it is asked for rows in it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


@pytest.fixture(scope="module")
def browser(_rows_beside_playwright) -> Iterator["playwright.Browser"]:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if not chromium:
        pytest.skip("Left out: there is no Chromium with H.264 on this machine.")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def site(settings, tmp_path, live_server) -> str:
    library = Path(django_settings.BASE_DIR) / "node_modules" / "hls.js" / "dist" / "hls.min.js"
    if not library.is_file():
        pytest.skip("Left out: hls.js is not installed (npm ci).")
    (tmp_path / "npm").mkdir()
    shutil.copy(library, tmp_path / "npm")
    settings.STATICFILES_DIRS = [Path(django_settings.BASE_DIR) / "static", ("npm", tmp_path / "npm")]
    return live_server.url


@pytest.fixture
def title(transactional_db, tmp_path) -> Title:
    title = builders.title(slug="tram")
    builders.rental(title)
    master = clips.film(tmp_path / "film.mp4", seconds=12)
    asset = film_in.take_in(title=title, file=master, actor=None, now=timezone.now())
    assert jobs.run_job(asset.job.pk, transcoder=FakeTranscoder()).state == "succeeded"
    return title


@pytest.fixture
def page(browser, site, alice, title) -> Iterator["playwright.Page"]:
    films.begun(alice, title, timezone.now())
    client = Client()
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": site}
    context = browser.new_context(locale="en", base_url=site)
    context.add_cookies([cookie])
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


def until(page, expression: str, what: str) -> None:
    """Ask until it is so: the policy of the site forbids what Playwright's own waiting evaluates."""
    deadline = time.monotonic() + DEADLINE_S
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, f"never: {what}"
        page.wait_for_timeout(50)


def play(page) -> None:
    page.click("[data-player-big]")
    until(page, f"({POSITION})() > 1", "the film moves")


def test_alice_watches_pauses_and_goes_on_where_she_stopped(page, alice):
    page.goto("/watch/tram/?hl=en")
    play(page)
    assert page.evaluate(BRIGHTNESS) > 10
    page.keyboard.press("k")
    until(page, "() => document.querySelector('video').paused", "it is paused")
    stopped = page.evaluate(POSITION)
    deadline = time.monotonic() + DEADLINE_S
    while not Progress.objects.filter(user=alice, position_s__gt=stopped - 0.5).exists():
        assert time.monotonic() < deadline, "never: the place is saved"
        page.wait_for_timeout(50)

    page.goto("/watch/tram/?hl=en")
    until(page, f"() => Math.abs(({POSITION})() - {stopped}) < 0.5", "it goes on there")
    assert "where you stopped" in page.inner_text("[data-player-resume]")


def test_keys_work_in_the_player_alone(page):
    page.goto("/watch/tram/?hl=en")
    is_muted = "() => document.querySelector('video').muted"
    page.keyboard.press("m")
    assert not page.evaluate(is_muted)
    page.focus("[data-player]")
    page.keyboard.press("m")
    assert page.evaluate(is_muted)


def test_a_cut_line_is_bridged_and_a_refusal_is_told_with_its_reason(page, alice):
    page.route("**/*.ts", lambda route: route.abort())
    page.goto("/watch/tram/?hl=en")
    page.click("[data-player-big]")
    until(page, "() => !document.querySelector('[data-player-notice]').hidden", "it says that it waits")
    page.unroute("**/*.ts")
    until(page, f"({POSITION})() > 1", "it plays on unaided")

    alice.entitlements.update(ends_at=timezone.now())
    page.reload()
    assert "Your viewing time has ended" in page.inner_text("main")


def test_a_rental_that_ends_while_the_page_is_open_is_told_by_the_player(page, alice):
    page.route("**/media/keys/**", lambda route: (alice.entitlements.update(ends_at=timezone.now()), route.continue_()))
    page.goto("/watch/tram/?hl=en")
    until(page, "() => !document.querySelector('[data-player-message]').hidden", "the message shows")
    message = page.inner_text("[data-player-message]")
    assert "Your viewing time has ended" in message
    assert "V-105" in message
