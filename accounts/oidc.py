"""Hitotsu as an OpenID Connect provider: other sites and the station's apps sign in with the same account."""

from collections.abc import Iterable
from typing import Any, Literal
from urllib.parse import urlsplit

from allauth.idp.oidc import app_settings
from allauth.idp.oidc.adapter import DefaultOIDCAdapter
from allauth.idp.oidc.internal.private_keys import filter_keys
from allauth.idp.oidc.models import Client, PrivateKey
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.keys import development_key
from accounts.models import User


class OIDCAdapter(DefaultOIDCAdapter):
    scope_display = {
        "openid": _("That you have an account here (a number that stands for you)"),
        "email": _("Your e-mail address"),
        "profile": _("Your name and language"),
    }

    def get_issuer(self) -> str:
        """The configured address, never the Host header: an issuer that can be chosen by the caller is none."""
        return settings.SITE_URL

    def populate_server_metadata(self, data: dict[str, Any]) -> None:
        """Every endpoint under the issuer's own address, whatever name the page was asked for by."""
        for name, value in data.items():
            if name.endswith(("_endpoint", "_uri")):
                data[name] = settings.SITE_URL + urlsplit(value).path
        data["ui_locales_supported"] = [code for code, _name in settings.LANGUAGES]
        data["claims_supported"] = ["sub", "name", "locale", "email", "email_verified"]

    def get_user_sub(self, client: Client, user: Any) -> str:
        """The member number: stable, opaque, and no count of members to guess from."""
        return user.member_number

    def get_user_by_sub(self, client: Client, sub: str) -> User | None:
        return User.objects.filter(member_number=sub, is_active=True).first()

    def get_claims(
        self,
        purpose: Literal["id_token", "userinfo"],
        user: Any,
        client: Client,
        scopes: Iterable[str],
        email: str | None = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        claims = super().get_claims(purpose, user, client, scopes, email=email, **kwargs)
        return claims | {"locale": user.language} if "profile" in scopes else claims

    def list_private_keys(
        self, *, did_activate: Literal[True] | None = None, is_active: Literal[True] | None = None
    ) -> list[PrivateKey]:
        """The configured keys; in development, where none is, one that is made once and kept under `VAR_DIR`."""
        keys = app_settings.PRIVATE_KEYS
        if not keys and not settings.PRODUCTION:
            keys = [PrivateKey(pem=development_key(settings.VAR_DIR / "run" / "oidc.pem"))]
        return filter_keys(keys, did_activate=did_activate, is_active=is_active)
