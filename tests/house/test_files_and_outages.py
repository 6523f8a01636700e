"""Static files and pictures under an asynchronous server, the site's icon, and what goes on while Redis is away."""

import io
import logging

import pytest
from asgiref.sync import async_to_sync
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import AsyncClient
from PIL import Image
from redis.exceptions import RedisError

from scripts import icons

SCRIPT = "/static/js/site.js"


def get(path, **headers):
    return async_to_sync(AsyncClient().get)(path, headers=headers)


@pytest.fixture
def redis_away(settings, monkeypatch):
    """The cache as it is in the service, at an address where nobody answers."""
    redis = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {"default": redis}
    with pytest.raises(RedisError):
        cache.get("anything")


def test_a_static_file_comes_whole_so_that_nothing_blocks_the_server():
    answer = get(SCRIPT)
    assert answer.status_code == 200
    assert not answer.streaming  # Django warns of a stream that has to be read at once
    assert answer.content == (icons.STATIC.parent / "js" / "site.js").read_bytes()
    assert int(answer["Content-Length"]) == len(answer.content)


def test_a_part_of_a_static_file_can_be_asked_for():
    whole = get(SCRIPT).content
    part = get(SCRIPT, range="bytes=5-14")
    assert part.status_code == 206
    assert part.content == whole[5:15]
    assert part["Content-Range"] == f"bytes 5-14/{len(whole)}"
    assert get(SCRIPT, range="bytes=-7").content == whole[-7:]
    assert get(SCRIPT, range=f"bytes={len(whole)}-").status_code == 416


def test_a_static_file_that_has_not_changed_is_not_sent_again():
    answer = get(SCRIPT)
    again = get(SCRIPT, **{"if-none-match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_picture_comes_whole(db):
    default_storage.save("titles/tram.svg", ContentFile(b"<svg/>"))
    answer = get("/media/files/public/titles/tram.svg")
    assert not answer.streaming
    assert answer.content == b"<svg/>"


def test_the_icon_stands_where_everybody_looks_for_it(client):
    answer = client.get("/favicon.ico")
    assert answer["Content-Type"] == "image/x-icon"
    assert Image.open(io.BytesIO(answer.content)).info["sizes"] == {(16, 16), (32, 32), (48, 48)}


def test_pages_of_members_and_staff_name_the_icon(client, sam):
    client.force_login(sam)
    for page in ("/accounts/login/", "/account/", "/admin/"):
        text = client.get(page, follow=True).content.decode()
        assert "/favicon.ico" in text, page
        assert "img/mark.svg" in text, page


def test_the_icons_are_those_that_the_program_draws(tmp_path):
    for drawn in icons.write(tmp_path):
        kept = Image.open(icons.STATIC / drawn.name)
        assert Image.open(drawn).convert("RGBA").tobytes() == kept.convert("RGBA").tobytes(), drawn.name


def test_without_redis_the_search_index_is_made_anew(client, db, redis_away, caplog):
    answer = client.get("/search/index.json")
    assert answer.status_code == 200
    assert answer.json() == {"entries": []}
    assert "not cached" in caplog.text


@pytest.mark.parametrize(
    ("path", "typed"),
    [
        ("/accounts/login/", {"login": "alice@example.com", "way": "code"}),
        ("/accounts/login/", {"login": "alice@example.com", "password": "not-this-one", "way": "password"}),
        ("/accounts/signup/", {"email": "visitor@example.com"}),
        ("/accounts/password/reset/", {"email": "alice@example.com"}),
    ],
)
def test_without_redis_tries_that_must_be_counted_are_refused_in_words(
    client, alice, redis_away, settings, caplog, mailoutbox, path, typed
):
    settings.LANGUAGE_CODE = "en"
    caplog.set_level(logging.WARNING)
    answer = client.post(path, typed)
    assert answer.status_code == 503
    assert answer["Retry-After"] == "60"
    assert "<h1>Please try again later</h1>" in answer.content.decode()
    assert "Please try again in a minute." in answer.content.decode()
    assert mailoutbox == []
    assert "Traceback" not in caplog.text


def test_without_redis_pages_are_shown(client, db, redis_away):
    for page in ("/", "/vod/", "/shop/", "/search/?q=mug", "/accounts/login/"):
        assert client.get(page).status_code == 200, page
