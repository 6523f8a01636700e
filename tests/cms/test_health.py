"""What supervisors and load balancers are told."""

import asyncio
import socket
import threading
import time

import pytest
import redis
from django.core.files.storage import storages
from django.test import AsyncClient
from django.urls import reverse

from cms import health
from scripts.redis import redis_url


@pytest.fixture(scope="module")
def _redis():
    with redis_url() as address:
        yield address


@pytest.fixture
def redis_answers(_redis, settings) -> None:
    settings.REDIS_URL = _redis


def _parts(response) -> dict[str, str]:
    return {name: part["state"] for name, part in response.json()["parts"].items()}


def test_the_process_says_that_it_lives_without_asking_the_database(client):
    # No mark for the database: a query would fail this test.
    response = client.get(reverse("cms:healthz"))
    assert (response.status_code, response.content) == (200, b"ok")
    assert response["Cache-Control"] == "no-store"
    assert response["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
@pytest.mark.django_db
def test_a_probe_by_any_name_is_answered_and_gets_no_cookie(client, address):
    for host in ("10.0.12.7", "127.0.0.1:8000", "not-a-name-of-the-site.example"):
        response = client.get(address, headers={"Host": host}, cookies={"sessionid": "forged"})
        assert response.status_code in (200, 503)
        assert "parts" in response.json() if address == "/readyz" else response.content == b"ok"
        assert not response.cookies


def test_no_other_page_is_given_under_a_foreign_name(client):
    assert client.get("/pages/terms/", headers={"Host": "not-a-name-of-the-site.example"}).status_code == 400


@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_probes_only_ask(client, address):
    assert client.post(address).status_code == 405


@pytest.mark.django_db
def test_ready_is_said_when_every_part_answers(client, redis_answers):
    response = client.get(reverse("cms:readyz"))
    assert _parts(response) == {"database": "ok", "redis": "ok", "storage": "ok"}
    assert response.json()["status"] == "ready"
    assert response.status_code == 200
    assert "Retry-After" not in response


@pytest.mark.django_db
def test_a_lost_redis_is_named_and_when_to_ask_again(client, caplog):
    response = client.get("/readyz")
    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
    assert _parts(response) == {"database": "ok", "redis": "failed", "storage": "ok"}
    assert response.json()["parts"]["redis"]["reason"] == "ConnectionError"
    assert "127.0.0.1" not in response.content.decode(), "where our parts are is nobody's business"
    assert "redis failed" in caplog.text, "the log says more"


@pytest.mark.django_db
def test_a_folder_that_cannot_be_written_to_is_named(client, redis_answers, tmp_path, settings):
    (tmp_path / "full").write_text("a file where the folder should be")
    packages = {**settings.STORAGES["packages"], "OPTIONS": {"location": tmp_path / "full" / "packages"}}
    settings.STORAGES = settings.STORAGES | {"packages": packages}
    assert storages["packages"].location == str(tmp_path / "full" / "packages")
    response = client.get("/readyz")
    assert response.status_code == 503
    assert _parts(response) == {"database": "ok", "redis": "ok", "storage": "failed"}


@pytest.mark.django_db
def test_a_lost_database_is_named(client, redis_answers, monkeypatch, django_db_blocker):
    with django_db_blocker.block():
        response = client.get("/readyz")
    assert response.status_code == 503
    assert _parts(response)["database"] == "failed"


@pytest.mark.django_db
def test_a_silent_part_is_not_waited_for_and_costs_one_thread_in_all(client, settings, monkeypatch):
    monkeypatch.setattr(health, "PART_SECONDS", 0.2)
    listener = socket.create_server(("127.0.0.1", 0))  # takes the connection and never says a word
    settings.REDIS_URL = f"redis://127.0.0.1:{listener.getsockname()[1]}/0"
    monkeypatch.setitem(health.CHECKS, "redis", lambda: _ping_patiently(settings.REDIS_URL))
    try:
        began = time.monotonic()
        answers = [client.get("/readyz") for _ in range(3)]
        assert time.monotonic() - began < 3
        assert [_parts(answer)["redis"] for answer in answers] == ["silent"] * 3
        assert sum(thread.name == "readyz-redis" for thread in threading.enumerate()) == 1
    finally:
        listener.close()
        health._asked["redis"].result(timeout=10)


def _ping_patiently(url: str) -> None:
    with redis.Redis.from_url(url, socket_timeout=2, retry=None) as client:
        client.ping()


@pytest.mark.django_db
def test_probes_are_answered_by_the_asynchronous_chain_too():
    async def ask() -> list[int]:
        client = AsyncClient()
        return [(await client.get(address)).status_code for address in ("/healthz", "/readyz")]

    assert asyncio.run(ask()) == [200, 503]
