"""Let a browser follow a sign-in to the site it was for.

`form-action` in our content security policy holds for the redirects after a form too (Chromium applies it so), and
signing in with this account ends in a redirect to another site. So the pages on that way, and only they, name the
addresses that the site has registered.
"""

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from allauth.idp.oidc.forms import RPInitiatedLogoutForm
from allauth.idp.oidc.models import Client
from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse


class ClientFormActionMiddleware:
    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_template_response(self, request: HttpRequest, response: TemplateResponse) -> TemplateResponse:
        uris = _uris_ahead(response.context_data or {})
        if uris:
            response._csp_update = {"form-action": sorted(_origins(uris))}  # type: ignore[attr-defined]
        return response


def _uris_ahead(context: dict[str, Any]) -> list[str]:
    """Where the form on this page may end: at the site that asks, or at the one that somebody signs out of."""
    if isinstance(context.get("client"), Client):
        return context["client"].get_redirect_uris()
    if isinstance(context.get("form"), RPInitiatedLogoutForm):
        client = getattr(context["form"], "cleaned_data", {}).get("client")
        return client.get_post_logout_redirect_uris() if client else []
    return _uris_of_request(context.get("redirect_field_value"))


def _uris_of_request(target: object) -> list[str]:
    """Those of the site to whose request a sign-in returns, where no page of consent stands in between."""
    try:
        parts = urlsplit(target if isinstance(target, str) else "")
    except ValueError:  # no address at all, such as http://[
        return []
    if parts.path != reverse("idp:oidc:authorization"):
        return []
    client_id = parse_qs(parts.query).get("client_id", [""])[0].replace("\0", "")  # PostgreSQL's text holds no NUL
    client = Client.objects.filter(pk=client_id, skip_consent=True).first()
    return client.get_redirect_uris() if client else []


def _origins(uris: Iterable[str]) -> set[str]:
    """What `form-action` calls them: an origin on the web, the bare scheme of an app."""
    parts = [urlsplit(uri) for uri in uris]
    return {
        f"{part.scheme}://{part.netloc}" if part.scheme in ("http", "https") else f"{part.scheme}:" for part in parts
    }
