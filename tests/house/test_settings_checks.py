"""Production starts with complete settings, and refuses every other with a sentence that says what to do."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from config import checks
from config import settings as development
from scripts import production
from tests.architecture.sources import ROOT


def run(*command: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run Python from the repository, with this environment alone."""
    own = {"PATH": os.environ["PATH"], "RUN_ENV_FILE": os.devnull, "C_FORCE_ROOT": "1", **env}
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=own, capture_output=True, text=True, check=False, timeout=120
    )


@pytest.fixture
def in_production(monkeypatch):
    """The settings that a complete production environment gives, as an object that only the checks look at."""
    example = production.example()
    values = {name: value for name, value in vars(development).items() if name.isupper()}
    values |= {name: value for name, value in example.items() if name in values}
    values |= {"PRODUCTION": True, "DEBUG": False, "ALLOWED_HOSTS": ["www.station.example"], "EMAIL_PORT": 587}
    values["EMAIL_BACKEND"] = "django.core.mail.backends.smtp.EmailBackend"
    values |= {"STRIPE_API_BASE": "", "STRIPE_JS_URL": "https://js.stripe.com/v3/", "MAIL_SANDBOX_URL": ""}
    values["DATABASES"] = {"default": {"ENGINE": "django.db.backends.postgresql"}}
    monkeypatch.setattr(checks, "settings", SimpleNamespace(**values))
    return checks.settings


def refused() -> set[str]:
    return {message.id for message in checks.production_is_no_demo(None)}


def test_complete_settings_are_accepted(in_production):
    assert refused() == set()


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("SECRET_KEY", "development-only-key-that-production-refuses", "E002"),
        ("SECRET_KEY", "short", "E002"),
        ("DEBUG", True, "E003"),
        ("DATABASES", {"default": {"ENGINE": "django.db.backends.sqlite3"}}, "E004"),
        ("ALLOWED_HOSTS", [], "E005"),
        ("ALLOWED_HOSTS", ["*"], "E005"),
        ("SITE_URL", "http://www.station.example", "E006"),
        ("SITE_URL", "https://localhost:8000", "E006"),
        ("STRIPE_API_BASE", "http://127.0.0.1:8420", "E007"),
        ("STRIPE_JS_URL", "http://localhost:8420/v3/", "E007"),
        ("WAREHOUSE_API_URL", "http://warehouse.example/", "E008"),
        ("KINTONE_URL", "", "E008"),
        ("MAIL_SANDBOX_URL", "http://localhost:8025", "E009"),
        ("EMAIL_PORT", 2525, "E009"),
        ("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend", "E009"),
        ("STRIPE_SECRET_KEY", "sk_test_hitotsu", "E010"),
        ("WAREHOUSE_WEBHOOK_SECRET", "", "E010"),
        ("PAYMENT_PROVIDER", "memory", "E011"),
        ("TRANSCODER", "fake", "E011"),
        ("STRIPE_SECRET_KEY", "sk_test_51Hstation", "E013"),
        ("STRIPE_SECRET_KEY", "rk_test_51Hstation", "E013"),
        ("STRIPE_PUBLISHABLE_KEY", "pk_test_51Hstation", "E013"),
        ("INVOICE_REGISTRATION_NUMBER", "T1234567890123", "E012"),
        ("INVOICE_REGISTRATION_NUMBER", "1234567890123", "E012"),
    ],
)
def test_each_unsafe_setting_is_refused_by_its_own_rule(in_production, name, value, code):
    setattr(in_production, name, value)
    assert refused() == {f"config.{code}"}


def test_a_staging_site_may_use_the_keys_of_stripes_test_mode_but_not_the_stand_ins(in_production):
    in_production.STRIPE_ALLOW_TEST_KEYS = True
    in_production.STRIPE_SECRET_KEY, in_production.STRIPE_PUBLISHABLE_KEY = "sk_test_51Hstation", "pk_test_51Hstation"
    assert refused() == set()
    in_production.STRIPE_SECRET_KEY = "sk_test_hitotsu"
    assert refused() == {"config.E010"}


def test_every_rule_is_covered_above_and_says_what_to_do(in_production):
    for name in ("SECRET_KEY", "SITE_URL", "INVOICE_REGISTRATION_NUMBER"):
        setattr(in_production, name, "")
    assert all(message.hint and message.msg.endswith(".") for message in checks.production_is_no_demo(None))


def test_development_asks_for_nothing(settings):
    assert not settings.PRODUCTION
    assert refused() == set()


def test_a_slip_in_the_environments_name_is_refused(settings):
    settings.DJANGO_ENV = "prod"
    [message] = checks.the_environment_is_known(None)
    assert "development or production" in message.hint


def test_the_web_server_and_commands_start_with_a_complete_environment():
    done = run("-c", "import config.asgi", **production.example())
    assert done.returncode == 0, done.stderr


def test_the_web_server_says_why_it_does_not_start():
    done = run("-c", "import config.asgi", DJANGO_ENV="production")
    assert done.returncode == 1
    for name in ("SECRET_KEY", "DATABASE_URL", "ALLOWED_HOSTS", "SITE_URL", "OIDC_PRIVATE_KEY", "KINTONE_URL"):
        assert name in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("program", ["worker", "beat"])
def test_a_worker_says_why_it_does_not_start(program, tmp_path):
    schedule = ["--schedule", str(tmp_path / "schedule"), "--pidfile", ""] if program == "beat" else []
    done = run("-m", "celery", "-A", "config", program, *schedule, DJANGO_ENV="production", VAR_DIR=str(tmp_path))
    assert done.returncode != 0
    assert "Hitotsu does not start" in done.stderr + done.stdout
