"""What the settings must be before anybody may rely on the service, each refusal with a sentence that says what to do.

Development takes every default. Production takes none that would cost money or trust: it does not start with a
stand-in, a known secret, a database that is a file, or without the names under which it answers. `manage.py` refuses by
Django's own system checks; the web server and the workers call `refuse_to_start`.
"""

import re
import sys
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, register, run_checks

ENVIRONMENTS = ("development", "production")
LOOPBACK = ("localhost", "127.0.0.1", "::1", "")
KEY_LENGTH = 50  # what `manage.py startproject` makes, and Django's own deployment check asks for
INVOICE_NUMBER = re.compile(r"T[1-9][0-9]{12}")
DEMO_INVOICE_NUMBER = "T1234567890123"
# Secrets that stand in this repository, by the variable that replaces them.
KNOWN_SECRETS = {
    "STRIPE_SECRET_KEY": "sk_test_hitotsu",
    "STRIPE_PUBLISHABLE_KEY": "pk_test_hitotsu",
    "STRIPE_WEBHOOK_SECRET": "whsec_hitotsu",
    "WAREHOUSE_API_KEY": "warehouse-key",
    "WAREHOUSE_WEBHOOK_SECRET": "warehouse-secret",
    "KINTONE_API_TOKEN": "kintone-token",
}
TEST_KEYS = ("sk_test_", "rk_test_", "pk_test_")
# Providers that exist for tests alone.
FAKES = {"PAYMENT_PROVIDER": "memory", "WAREHOUSE_SYSTEM": "memory", "BACKOFFICE": "memory", "TRANSCODER": "fake"}
# Backends of Django that keep or drop what they are given.
KEPT_MAIL = {f"django.core.mail.backends.{kind}.EmailBackend" for kind in ("console", "dummy", "filebased", "locmem")}

Refusal = tuple[str, str]  # what is wrong, what to do


@register("settings")
def the_environment_is_known(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A slip in DJANGO_ENV must not quietly make a production server a development one."""
    if settings.DJANGO_ENV in ENVIRONMENTS:
        return []
    hint = f"Set DJANGO_ENV to {' or '.join(ENVIRONMENTS)}."
    return [Error(f"DJANGO_ENV is {settings.DJANGO_ENV!r}, which is neither.", hint, id="config.E001")]


@register("settings")
def production_is_no_demo(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Every rule of production, all broken ones at once, so that one reading suffices."""
    if not settings.PRODUCTION:
        return []
    return [Error(what, hint, id=f"config.{code}") for code, rule in RULES.items() for what, hint in rule()]


def refuse_to_start(*databases: str) -> None:
    """End this process with the refusals as text when it must not serve; called by web server and workers.

    Workers name the databases whose rows they depend on, too.
    """
    serious = [message for message in run_checks(databases=databases) if message.is_serious()]
    if serious:
        sys.exit(
            "Hitotsu does not start:\n" + "\n".join(f"- {message.msg} {message.hint or ''}" for message in serious)
        )


def _key() -> Iterator[Refusal]:
    if settings.SECRET_KEY == settings.INSECURE_KEY or len(settings.SECRET_KEY) < KEY_LENGTH:
        make = 'python3 -c "import secrets; print(secrets.token_urlsafe(50))"'
        yield "SECRET_KEY is the development key or too short.", f"Set SECRET_KEY to what `{make}` prints."


def _debug() -> Iterator[Refusal]:
    if settings.DEBUG:
        yield "DJANGO_DEBUG is on: error pages would show settings and data.", "Unset DJANGO_DEBUG."


def _database() -> Iterator[Refusal]:
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        yield (
            "The database is SQLite, which one machine alone can write to.",
            "Set DATABASE_URL to a PostgreSQL server, as in postgres://user:password@host:5432/name.",
        )


def _hosts() -> Iterator[Refusal]:
    if not settings.ALLOWED_HOSTS or "*" in settings.ALLOWED_HOSTS:
        yield (
            "ALLOWED_HOSTS names no host, or every host.",
            "Set ALLOWED_HOSTS to the names under which the site answers, separated by commas.",
        )


def _site_url() -> Iterator[Refusal]:
    parts = urlsplit(settings.SITE_URL)
    if parts.scheme != "https" or parts.hostname in LOOPBACK:
        yield (
            f"SITE_URL is {settings.SITE_URL}: mails and payment returns would lead there.",
            "Set SITE_URL to the public address, as in https://www.example.jp.",
        )


def _payment() -> Iterator[Refusal]:
    if settings.STRIPE_API_BASE:
        yield f"STRIPE_API_BASE is {settings.STRIPE_API_BASE}, which is not Stripe.", "Unset STRIPE_API_BASE."
    if urlsplit(settings.STRIPE_JS_URL).netloc != "js.stripe.com":
        yield f"STRIPE_JS_URL is {settings.STRIPE_JS_URL}, which is not Stripe.", "Unset STRIPE_JS_URL."


def _connectors() -> Iterator[Refusal]:
    used = {"WAREHOUSE_API_URL": settings.WAREHOUSE_SYSTEM == "http", "KINTONE_URL": settings.BACKOFFICE == "kintone"}
    for name in filter(used.get, used):
        parts = urlsplit(getattr(settings, name))
        if parts.scheme != "https" or parts.hostname in LOOPBACK:
            yield (
                f"{name} is {getattr(settings, name) or 'not set'}: orders would go to a stand-in, or nowhere.",
                f"Set {name} to the https address of the real system.",
            )


def _mail() -> Iterator[Refusal]:
    if settings.EMAIL_BACKEND in KEPT_MAIL:
        yield (
            f"EMAIL_URL leads to {settings.EMAIL_BACKEND}: no mail reaches anybody, and codes stand where it is kept.",
            "Set EMAIL_URL to your mail server, as in smtp+tls://user:password@host:587.",
        )
    if settings.MAIL_SANDBOX_URL or settings.EMAIL_PORT == 2525:
        yield (
            "Mail goes to the mail sandbox, which delivers nothing.",
            "Set EMAIL_URL to your mail server, as in smtp+tls://user:password@host:587, and unset MAIL_SANDBOX_URL.",
        )


def _secrets() -> Iterator[Refusal]:
    for name, known in KNOWN_SECRETS.items():
        if getattr(settings, name) in ("", known):
            yield f"{name} is the one of the stand-in, which everybody knows.", f"Set {name} to your own."


def _test_keys() -> Iterator[Refusal]:
    """Stripe's own test keys: goods would be sent for payments that move no money."""
    for name in ("STRIPE_SECRET_KEY", "STRIPE_PUBLISHABLE_KEY"):
        key = getattr(settings, name)
        is_of_test_mode = key.startswith(TEST_KEYS) and key != KNOWN_SECRETS[name]
        if is_of_test_mode and not settings.STRIPE_ALLOW_TEST_KEYS:
            yield (
                f"{name} is a key of Stripe's test mode: goods would go out for payments that move no money.",
                f"Set {name} to the live key; a staging site that is to use it sets STRIPE_ALLOW_TEST_KEYS=1.",
            )


def _fakes() -> Iterator[Refusal]:
    for name, fake in FAKES.items():
        if getattr(settings, name, "") == fake:
            yield f"{name} is {fake!r}, which is for tests.", f"Set {name} to a real provider, or unset it."


def _invoice() -> Iterator[Refusal]:
    number = settings.INVOICE_REGISTRATION_NUMBER
    if number == DEMO_INVOICE_NUMBER or not INVOICE_NUMBER.fullmatch(number):
        yield (
            f"INVOICE_REGISTRATION_NUMBER is {number!r}: every invoice would carry a number that is not yours.",
            "Set it to the T and 13 digits under which the tax office registered the issuer.",
        )


RULES: dict[str, Callable[[], Iterator[Refusal]]] = {
    "E002": _key,
    "E003": _debug,
    "E004": _database,
    "E005": _hosts,
    "E006": _site_url,
    "E007": _payment,
    "E008": _connectors,
    "E009": _mail,
    "E010": _secrets,
    "E011": _fakes,
    "E012": _invoice,
    "E013": _test_keys,
}
