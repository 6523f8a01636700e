"""The signing key, and what the system says of settings that will not do."""

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from accounts import checks
from accounts.keys import development_key, new_key
from accounts.oidc import OIDCAdapter


def test_the_development_key_is_made_once_and_for_its_owner_alone(tmp_path):
    path = tmp_path / "run" / "oidc.pem"
    made = development_key(path)
    assert made.startswith("-----BEGIN PRIVATE KEY-----")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert development_key(path) == made
    assert [file.name for file in path.parent.iterdir()] == ["oidc.pem"]


def test_processes_that_start_together_get_the_same_key(tmp_path):
    path = tmp_path / "oidc.pem"
    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(lambda _: development_key(path), range(4)))) == 1


def test_development_signs_without_a_configured_key_and_production_does_not(settings, tmp_path):
    settings.IDP_OIDC_PRIVATE_KEY, settings.VAR_DIR, settings.PRODUCTION = "", tmp_path, False
    assert [key.pem for key in OIDCAdapter().list_private_keys()] == [(tmp_path / "run" / "oidc.pem").read_text()]
    settings.PRODUCTION = True
    assert OIDCAdapter().list_private_keys() == []


def small_key() -> str:
    return _pem(rsa.generate_private_key(public_exponent=65537, key_size=1024))


def curve_key() -> str:
    return _pem(ec.generate_private_key(ec.SECP256R1()))


def _pem(key) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: "", ["accounts.E001"]),
        (lambda: "not a key", ["accounts.E002"]),
        (small_key, ["accounts.E003"]),
        (curve_key, ["accounts.E003"]),
        (new_key, []),
    ],
)
def test_production_refuses_a_signing_key_that_will_not_do_and_says_how_to_make_one(settings, make, expected):
    settings.PRODUCTION, settings.IDP_OIDC_PRIVATE_KEY = True, make()
    found = checks.the_signing_key_is_usable(None)
    assert [error.id for error in found] == expected
    assert all("openssl genrsa 2048" in error.hint for error in found)


def test_development_needs_no_configured_key(settings):
    settings.PRODUCTION, settings.IDP_OIDC_PRIVATE_KEY = False, ""
    assert checks.the_signing_key_is_usable(None) == []


def test_a_text_to_agree_to_needs_a_version(settings):
    settings.CONSENT_VERSIONS = {"terms": "2026-04-01", "privacy": ""}
    [error] = checks.consents_have_versions(None)
    assert error.id == "accounts.E004"
    assert "PRIVACY_VERSION" in error.hint
