"""Hitotsu as an OpenID Connect provider: other sites and the station's apps sign in with the same account."""

from allauth.idp.oidc.adapter import DefaultOIDCAdapter
from django.conf import settings


class OIDCAdapter(DefaultOIDCAdapter):
    def get_issuer(self) -> str:
        """The configured address, never the Host header: an issuer that can be chosen by the caller is none."""
        return settings.SITE_URL

    def get_user_sub(self, client, user) -> str:  # type: ignore[no-untyped-def]
        """The member number: stable, opaque, and no count of members to guess from."""
        return user.member_number

    def get_user_by_sub(self, client, sub: str):  # type: ignore[no-untyped-def]
        from django.contrib.auth import get_user_model

        return get_user_model().objects.filter(member_number=sub, is_active=True).first()
