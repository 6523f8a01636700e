"""Every refusal is a problem document that says what was wrong, where, and what to do."""

import base64
from urllib.parse import quote

import pytest

from config.lib.api.access import Throttle
from config.lib.api.problems import PROBLEMS
from tests import builders


def _problem(response, status: int, code: str) -> dict:
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert problem["type"] == f"/api/v1/docs/#problem-{code}"
    assert problem["status"] == status
    assert problem["detail"]
    return problem


def _forged(text: str) -> str:
    return quote(base64.b64encode(text.encode()).decode())


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("color=red", "color"),
        ("hl=en", "hl"),
        ("format=xml", "format"),
        ("page=2", "page"),
        ("kind=opera", "kind"),
        ("kind=film&kind=series", "kind"),
        ("kind=", "kind"),
        ("q=", "q"),
        ("q=" + "a" * 101, "q"),
        ("q=%00", "q"),
        ("series=no%20slug", "series"),
        ("series=no-such", "series"),
        ("page_size=0", "page_size"),
        ("page_size=-1", "page_size"),
        ("page_size=101", "page_size"),
        ("page_size=many", "page_size"),
        ("page_size=9999999999999999999999", "page_size"),
        ("cursor=%25", "cursor"),
        ("cursor=" + _forged("p=abc"), "cursor"),
        ("cursor=" + _forged("o=-5"), "cursor"),
        ("cursor=" + "a" * 201, "cursor"),
    ],
)
def test_a_bad_parameter_is_named_and_nothing_is_guessed(client, query, parameter):
    problem = _problem(client.get(f"/api/v1/titles/?{query}"), 400, "invalid")
    [error] = problem["errors"]
    assert error["parameter"] == parameter
    assert error["detail"] in problem["detail"]
    assert problem["instance"] == "/api/v1/titles/"


@pytest.mark.django_db
def test_every_bad_parameter_is_named_at_once(client):
    problem = _problem(client.get("/api/v1/titles/?kind=opera&size=3&page_size=x"), 400, "invalid")
    assert {error["parameter"] for error in problem["errors"]} == {"kind", "size", "page_size"}


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/api/v1/", "/api/v1/titles/x/", "/api/v1/products/?category=no-such"])
def test_parameters_are_refused_everywhere_where_they_mean_nothing(client, address):
    joint = "&" if "?" in address else "?"
    _problem(client.get(f"{address}{joint}surprise=1"), 400, "invalid")


@pytest.mark.django_db
def test_a_category_that_is_none_is_refused(client):
    problem = _problem(client.get("/api/v1/products/?category=no-such"), 400, "invalid")
    assert problem["errors"][0]["parameter"] == "category"


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/api/v1/nothing/", "/api/v1/titles/a/b/", "/api/v1/titles/no-such/"])
def test_what_is_not_there_is_a_problem_too(client, address):
    _problem(client.get(address), 404, "not_found")


@pytest.mark.django_db
def test_a_forgotten_slash_is_mended(client):
    response = client.get("/api/v1/titles?kind=film")
    assert (response.status_code, response["Location"]) == (301, "/api/v1/titles/?kind=film")


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
@pytest.mark.parametrize("address", ["/api/v1/titles/", "/api/v1/me/", "/api/v1/schema/", "/api/v1/"])
def test_nothing_can_be_written(client, alice, method, address):
    client.force_login(alice)
    response = getattr(client, method)(address)
    _problem(response, 405, "method_not_allowed")
    assert response["Allow"] == "GET, HEAD"


@pytest.mark.django_db
def test_a_format_that_there_is_none_of_is_refused(client):
    _problem(client.get("/api/v1/titles/", headers={"Accept": "application/xml"}), 406, "not_acceptable")


@pytest.mark.django_db
def test_too_many_requests_are_told_how_long_to_wait(client, monkeypatch):
    monkeypatch.setattr(Throttle, "THROTTLE_RATES", {"anon": "2/min"})
    answers = [client.get("/api/v1/titles/") for _ in range(3)]
    assert [answer.status_code for answer in answers[:2]] == [200, 200]
    _problem(answers[2], 429, "throttled")
    assert 0 < int(answers[2]["Retry-After"]) <= 60


@pytest.mark.django_db
def test_a_header_that_anybody_may_send_makes_nobody_a_stranger_anew(client, monkeypatch):
    monkeypatch.setattr(Throttle, "THROTTLE_RATES", {"anon": "2/min"})
    answers = [client.get("/api/v1/titles/", headers={"X-Forwarded-For": f"192.0.2.{last}"}) for last in range(3)]
    _problem(answers[2], 429, "throttled")


@pytest.mark.django_db
def test_a_lost_cache_turns_nobody_away(client, settings, caplog):
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}
    }
    assert client.get("/api/v1/titles/").status_code == 200
    assert "not counted" in caplog.text


@pytest.mark.django_db
def test_a_mistake_of_ours_is_a_problem_that_tells_nothing_and_is_logged(client, monkeypatch, caplog):
    builders.title()
    client.raise_request_exception = False
    monkeypatch.setattr("vod.queries.offers_for", lambda *args: 1 / 0)
    response = client.get("/api/v1/titles/")
    problem = _problem(response, 500, "error")
    assert "division" not in str(problem)
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.django_db
def test_the_sentences_are_in_the_readers_language(client):
    english = client.get("/api/v1/titles/?kind=opera", headers={"Accept-Language": "en"}).json()
    japanese = client.get("/api/v1/titles/?kind=opera", headers={"Accept-Language": "ja"}).json()
    assert english["type"] == japanese["type"]
    assert english["detail"] != japanese["detail"]


@pytest.mark.django_db
def test_every_type_of_problem_is_explained_where_its_address_leads(client):
    page = client.get("/api/v1/docs/").content.decode()
    for problem in PROBLEMS.values():
        assert problem.uri.startswith("/api/v1/docs/#")
        assert f'id="{problem.uri.partition("#")[2]}"' in page
