"""Settings of the account, each with a sentence that says what to do."""

from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from accounts.models import Consent

MAKE_ONE = "Make one with `openssl genrsa 2048` and put the whole PEM, line breaks included, into OIDC_PRIVATE_KEY."


@register("accounts")
def the_signing_key_is_usable(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    pem = settings.IDP_OIDC_PRIVATE_KEY
    if not pem:
        missing = Error("OIDC_PRIVATE_KEY is not set: no site can sign in with this one.", MAKE_ONE, id="accounts.E001")
        return [missing] if settings.PRODUCTION else []
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError) as reason:
        return [Error(f"OIDC_PRIVATE_KEY is no private key in PEM form: {reason}.", MAKE_ONE, id="accounts.E002")]
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < 2048:
        return [Error("OIDC_PRIVATE_KEY is no RSA key of 2048 bits or more.", MAKE_ONE, id="accounts.E003")]
    return []


@register("accounts")
def consents_have_versions(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    needed = (Consent.Kind.TERMS.value, Consent.Kind.PRIVACY.value)
    missing = [kind for kind in needed if not settings.CONSENT_VERSIONS.get(kind)]
    return [
        Error(
            f"The version of {kind} that members agree to is not known.",
            f"Set {kind.upper()}_VERSION to the date of its text, for example 2026-04-01.",
            id="accounts.E004",
        )
        for kind in missing
    ]
