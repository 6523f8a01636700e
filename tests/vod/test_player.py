"""The player in a real browser: the picture moves, a place is kept, and trouble is told in words."""

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings

from tests.vod.station import Station
from tests.vod.transcoding import clips

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
ALICE_HAS_RENTED = """
from django.test import Client
from django.utils import timezone
from tests import builders
from tests.vod import films
from vod.models import Title

Title.objects.update(is_published=True)
title = Title.objects.get(slug="tram")
builders.rental(title)
alice = builders.member("alice@example.com")
films.begun(alice, title, timezone.now())
client = Client()
client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
print(client.cookies["sessionid"].value)
"""
RENTAL_ENDS = "UPDATE vod_entitlement SET ends_at = datetime('now', '-1 second')"
RENTAL_RUNS = "UPDATE vod_entitlement SET ends_at = datetime('now', '+1 day')"
POSITION = "() => document.querySelector('video').currentTime"


@pytest.fixture(scope="module")
def browser() -> Iterator["playwright.Browser"]:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if not chromium:
        pytest.skip("Left out: there is no Chromium with H.264 on this machine.")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass(frozen=True)
class Served:
    """A station whose film alice has rented and begun, its address, and her session's cookie."""

    station: Station
    address: str
    cookie: str


@pytest.fixture(scope="module")
def served(migrated, tmp_path_factory) -> Iterator[Served]:
    library = Path(settings.BASE_DIR) / "node_modules" / "hls.js" / "dist"
    if not (library / "hls.min.js").is_file():
        pytest.skip("Left out: hls.js is not installed (npm ci).")
    folder = tmp_path_factory.mktemp("served")
    station = Station(folder)
    (folder / "db.sqlite3").write_bytes(migrated)
    code, _, err = station.ingest(clips.film(folder / "film.mp4", seconds=12), "tram")
    assert code == 0, err
    cookie = station.run(ALICE_HAS_RENTED)
    with station.serve(FRONT_END_DIR=str(library)) as address:
        yield Served(station, address, cookie)


@pytest.fixture
def station(served) -> Station:
    """As alice finds it before each test: her rental runs, and she has not watched yet."""
    served.station.rows(RENTAL_RUNS)
    served.station.rows("DELETE FROM vod_progress")
    return served.station


@pytest.fixture
def page(browser, served, station) -> Iterator["playwright.Page"]:
    context = browser.new_context(locale="en", base_url=served.address)
    context.add_cookies([{"name": "sessionid", "value": served.cookie, "url": served.address}])
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


def test_alice_watches_pauses_and_goes_on_where_she_stopped(page, station):
    page.goto("/watch/tram/?hl=en")
    play(page)
    assert page.evaluate(BRIGHTNESS) > 10
    page.keyboard.press("k")
    until(page, "() => document.querySelector('video').paused", "it is paused")
    stopped = page.evaluate(POSITION)
    deadline = time.monotonic() + DEADLINE_S
    while not station.rows(f"SELECT 1 FROM vod_progress WHERE position_s > {stopped - 0.5}"):
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


def test_a_cut_line_is_bridged_and_a_refusal_is_told_with_its_reason(page, station):
    page.route("**/*.ts", lambda route: route.abort())
    page.goto("/watch/tram/?hl=en")
    page.click("[data-player-big]")
    until(page, "() => !document.querySelector('[data-player-notice]').hidden", "it says that it waits")
    page.unroute("**/*.ts")
    until(page, f"({POSITION})() > 1", "it plays on unaided")

    station.rows(RENTAL_ENDS)
    page.reload()
    assert "Your viewing time has ended" in page.inner_text("main")


def test_a_rental_that_ends_while_the_page_is_open_is_told_by_the_player(page, station):
    page.route("**/media/keys/**", lambda route: (station.rows(RENTAL_ENDS), route.continue_()))
    page.goto("/watch/tram/?hl=en")
    until(page, "() => !document.querySelector('[data-player-message]').hidden", "the message shows")
    message = page.inner_text("[data-player-message]")
    assert "Your viewing time has ended" in message
    assert "V-105" in message
