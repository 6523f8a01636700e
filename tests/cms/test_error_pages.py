"""Error pages: the right status, a way on, the number of the request, and no need of anything that may be down."""

import re

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.utils import translation

from cms import errors


@pytest.mark.django_db
def test_a_wrong_address_says_so_and_helps_on(client):
    response = client.get("/no/such/page/")
    assert response.status_code == 404
    page = response.content.decode()
    assert 'role="search"' in page
    assert response["X-Request-Id"] in page


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize(("answer", "status"), [(errors.server_error, 500), (errors.unavailable, 503)])
def test_the_gravest_pages_need_no_database_no_cache_and_no_session(answer, status, language):
    request = RequestFactory().get("/")
    request.id = "abc123"
    with translation.override(language):  # the database is blocked in this test, which has no mark for it
        response = answer(request)
    page = response.content.decode()
    assert response.status_code == status
    assert f'<html lang="{language}">' in page
    assert "abc123" in page
    assert "Traceback" not in page


def test_while_the_service_is_down_clients_are_told_when_to_come_again():
    response = errors.unavailable(RequestFactory().get("/"), retry_after=300)
    assert response["Retry-After"] == "300"


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["//elsewhere.example/", "//elsewhere.example/sign-in", "///elsewhere.example"])
def test_a_wrong_address_that_looks_like_another_site_leads_to_none(client, path):
    response = client.generic("GET", f"http://testserver{path}")
    assert response.status_code == 404
    assert not re.search(r'(href|action)="(https?:)?/+elsewhere', response.content.decode())


@pytest.mark.django_db
def test_a_form_without_its_token_is_refused_in_words(alice):
    strict = Client(enforce_csrf_checks=True)
    response = strict.post("/accounts/login/", {"login": "alice@example.com"}, headers={"Accept-Language": "en"})
    assert response.status_code == 403
    assert "could not be sent" in response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["403", "404", "410", "429", "500", "503", "403_csrf"])
def test_every_error_page_can_be_rendered_with_and_without_a_request(name):
    request = RequestFactory().get("/")
    request.user, request.session = AnonymousUser(), {}
    assert "<h1>" in render_to_string(f"{name}.html", request=request)
    assert "<h1>" in render_to_string(f"{name}.html")
