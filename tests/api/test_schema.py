"""The description of the API: valid, complete, and true of every answer."""

import json
import re

import pytest
import yaml
from django.core.management import call_command
from django.utils import timezone
from drf_spectacular.validation import validate_schema

from cms.templatetags.reference import inline_code
from tests import builders

OPERATIONS = {
    "/api/v1/",
    "/api/v1/titles/",
    "/api/v1/titles/{slug}/",
    "/api/v1/products/",
    "/api/v1/products/{slug}/",
    "/api/v1/me/",
    "/api/v1/me/orders/",
    "/api/v1/me/orders/{number}/",
    "/api/v1/me/entitlements/",
}


def test_the_document_is_valid_openapi_3_1_and_made_without_a_warning(tmp_path, description):
    assert description.document["openapi"].startswith("3.1")
    validate_schema(description.document)
    call_command("spectacular", "--fail-on-warn", "--file", str(tmp_path / "schema.yaml"))


def test_every_address_is_described_with_its_refusals(description):
    paths = description.document["paths"]
    assert set(paths) == OPERATIONS
    for path, methods in paths.items():
        assert set(methods) == {"get"}, "it can only be read"
        operation = methods["get"]
        assert all(operation[part] for part in ("summary", "description")), path
        expected = {"200", "400", "429"} | ({"404"} if "{" in path else set()) | ({"401"} if "/me/" in path else set())
        assert set(operation["responses"]) == expected, path
        assert operation["security"] == ([{"session": []}] if "/me/" in path else [{}]), path
    operations = [methods["get"]["operationId"] for methods in paths.values()]
    assert len(set(operations)) == len(operations)


def test_the_session_is_named_by_the_cookie_that_the_site_sets(description, settings):
    scheme = description.document["components"]["securitySchemes"]["session"]
    assert scheme == {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}


@pytest.mark.parametrize(
    ("query", "accept", "media"),
    [
        ("", "*/*", "application/json"),
        ("", "text/html,application/xhtml+xml,*/*;q=0.8", "application/json"),
        ("?format=json", "*/*", "application/json"),
        ("", "application/vnd.oai.openapi+json", "application/vnd.oai.openapi+json"),
        ("?format=yaml", "*/*", "application/yaml"),
        ("", "application/yaml", "application/yaml"),
        ("", "application/vnd.oai.openapi", "application/vnd.oai.openapi"),
    ],
)
def test_the_document_comes_as_json_and_as_yaml(client, query, accept, media):
    response = client.get(f"/api/v1/schema/{query}", headers={"Accept": accept})
    assert response.status_code == 200
    assert response["Content-Type"].split(";")[0] == media
    read = json.loads if "json" in media else yaml.safe_load
    assert set(read(response.content)["paths"]) == OPERATIONS


def test_the_document_speaks_the_readers_language(client):
    english = client.get("/api/v1/schema/", headers={"Accept-Language": "en"}).content.decode()
    assert "Films, series and episodes" in english
    assert client.get("/api/v1/schema/", headers={"Accept-Language": "ja"})["Content-Language"] == "ja"


@pytest.mark.parametrize("query", ["?format=xml", "?version=2", "?format=json&format=yaml"])
def test_the_document_refuses_what_it_does_not_know_as_json_always(client, query):
    response = client.get(f"/api/v1/schema/{query}", headers={"Accept": "application/yaml"})
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert json.loads(response.content)["type"].endswith("#problem-invalid")


def test_every_answer_is_as_described(client, alice, bob, catalogue, world, description):
    """A walk over every address, along its links, in every state that the rows here can have."""
    builders.address(user=alice)
    builders.shipping_rates()
    builders.video_handler()
    ordered = world.bought(alice, catalogue["colours"][0], catalogue["episode"].offers.get())
    _send_all(ordered)
    pending = world.order(alice, catalogue["colours"][1])
    client.force_login(alice)
    asked = {
        "/api/v1/": ["/api/v1/"],
        "/api/v1/titles/": ["/api/v1/titles/", "/api/v1/titles/?page_size=1", "/api/v1/titles/?q=港"],
        "/api/v1/titles/{slug}/": [
            f"/api/v1/titles/{slug}/" for slug in ("minato-no-asa", "first-ferry", "tram", "coming")
        ],
        "/api/v1/products/": ["/api/v1/products/"],
        "/api/v1/products/{slug}/": ["/api/v1/products/mug/"],
        "/api/v1/me/": ["/api/v1/me/"],
        "/api/v1/me/orders/": ["/api/v1/me/orders/"],
        "/api/v1/me/orders/{number}/": [f"/api/v1/me/orders/{order.number}/" for order in (ordered, pending)],
        "/api/v1/me/entitlements/": ["/api/v1/me/entitlements/"],
    }
    assert set(asked) == set(description.document["paths"])
    for path, addresses in asked.items():
        for address in addresses:
            response = client.get(address)
            assert response.status_code == 200, address
            assert not description.misfits(response, path, 200), address
            if isinstance(response.json(), dict) and "results" in response.json():
                assert response.json()["results"], f"{address}: an empty list shows nothing"


def _send_all(order) -> None:
    for number, made in enumerate(order.fulfillment_orders.all()):
        made.shipments.create(
            external_id=f"P{number}", carrier="yamato", tracking_number="1234", shipped_at=timezone.now()
        )


def test_every_refusal_is_as_described(client, alice, catalogue, description):
    asked = [
        ("/api/v1/titles/", "/api/v1/titles/?kind=opera", 400),
        ("/api/v1/titles/{slug}/", "/api/v1/titles/no-such/", 404),
        ("/api/v1/products/{slug}/", "/api/v1/products/draft/", 404),
        ("/api/v1/me/", "/api/v1/me/", 401),
        ("/api/v1/me/orders/{number}/", "/api/v1/me/orders/HAAA-AAA-AAA/", 401),
    ]
    for path, address, status in asked:
        response = client.get(address)
        assert response.status_code == status, address
        assert not description.misfits(response, path, status), address


# --- The documentation ----------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_documentation_shows_every_address_and_every_shape(client, description, language):
    page = client.get(f"/api/v1/docs/?hl={language}").content.decode()
    assert f'<html lang="{language}">' in page
    for path, methods in description.document["paths"].items():
        assert f'id="{methods["get"]["operationId"]}"' in page
        assert path in page
    for name in description.document["components"]["schemas"]:
        assert f'id="shape-{name}"' in page
    assert page.count("curl ") == len(OPERATIONS)
    assert page.count("curl --cookie") == sum("/me/" in path for path in OPERATIONS)


@pytest.mark.django_db
def test_every_link_within_the_documentation_leads_somewhere(client):
    page = client.get("/api/v1/docs/").content.decode()
    anchors = set(re.findall(r'id="([^"]+)"', page))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= anchors
    assert len(anchors) == len(re.findall(r'id="([^"]+)"', page)), "an anchor is there once"


@pytest.mark.django_db
def test_code_in_a_sentence_is_shown_as_code_and_nothing_as_markup(client):
    page = client.get("/api/v1/docs/?hl=en").content.decode()
    assert "as given in <code>next</code> and <code>previous</code>" in page
    assert "`" not in page
    assert inline_code("<b>`a`</b>") == "&lt;b&gt;<code>a</code>&lt;/b&gt;"


@pytest.mark.django_db
def test_the_documentation_meets_the_policy_without_a_script_of_its_own(client):
    response = client.get("/api/v1/docs/")
    assert "unsafe" not in response["Content-Security-Policy"]
    page = response.content.decode()
    assert [src.rpartition("/")[2] for src in re.findall(r'<script[^>]*src="([^"]+)"', page)] == ["site.js"]
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", page)
