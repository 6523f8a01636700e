"""What a browser gets under production settings: its cookies, and the headers that keep it on https."""

import json
from http.cookies import Morsel, SimpleCookie

import pytest

from scripts import production
from tests.house.test_settings_checks import run

# A guest who puts a mug into the cart, in a process that read the settings of production. SQLite and the cache in
# memory stand for the servers that the example names; nothing else is changed.
PROGRAM = """
import json
import django
from django.conf import settings
settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("collectstatic", interactive=False, verbosity=0)
from django.test import Client
from tests import builders

mug = builders.variant(builders.product(slug="mug"), stock=3)
guest = Client(headers={"Host": "www.station.example", "X-Forwarded-Proto": "https"})
shown = guest.get("/shop/mug/?hl=en")
added = guest.post("/cart/add/", {"variant": mug.pk})
plain = Client(headers={"Host": "www.station.example"}).get("/shop/")
print(json.dumps({
    "cookies": guest.cookies.output(header="").splitlines(),
    "headers": dict(shown.headers),
    "statuses": [shown.status_code, added.status_code, plain.status_code],
    "plain": plain.headers["Location"],
}))
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory) -> dict[str, object]:
    folder = tmp_path_factory.mktemp("production")
    places = {"VAR_DIR": str(folder), "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}"}
    env = production.example() | places | {"DJANGO_SETTINGS_MODULE": "config.settings", "LOG_LEVEL": "ERROR"}
    done = run("-c", PROGRAM, **env)
    assert done.returncode == 0, done.stderr
    answer: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    assert answer["statuses"] == [200, 302, 301]
    return answer


def morsels(seen) -> dict[str, Morsel[str]]:
    jar: SimpleCookie = SimpleCookie()
    for line in seen["cookies"]:
        jar.load(line.strip())
    return dict(jar)


def test_its_cookies_are_bound_to_the_host_to_https_and_to_this_site(seen):
    cookies = morsels(seen)
    assert {"__Host-csrftoken", "__Host-sessionid"} < set(cookies)
    for cookie in cookies.values():
        assert (cookie["secure"], cookie["samesite"], cookie["path"], cookie["domain"]) == (True, "Lax", "/", "")
    assert cookies["__Host-sessionid"]["httponly"]


def test_every_answer_keeps_the_browser_on_https_and_to_what_it_was_told(seen):
    headers = seen["headers"]
    assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    policy = headers["Content-Security-Policy"]
    assert "script-src 'self' https://js.stripe.com" in policy.split("; ")  # in whatever order
    assert "unsafe" not in policy
    assert seen["plain"] == "https://www.station.example/shop/"
