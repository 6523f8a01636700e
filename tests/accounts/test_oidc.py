"""Another site signs people in with their account here: the whole way, as a client would go it."""

import base64
import hashlib
import re
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
from allauth.idp.oidc.models import Client as Site
from django.contrib.auth.hashers import make_password

from accounts.keys import new_key
from accounts.models import User

pytestmark = pytest.mark.django_db
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
CALLBACK = "https://baseball.example/callback"
VERIFIER = "a-verifier-of-more-than-forty-three-characters-in-all"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture(scope="module")
def key() -> str:
    return new_key()


@pytest.fixture(autouse=True)
def _issuer(settings, key):
    settings.SITE_URL = "https://minato.example"
    settings.IDP_OIDC_PRIVATE_KEY = key


@pytest.fixture
def site(db) -> Site:
    made = Site(id="baseball", name="野球中継", type=Site.Type.PUBLIC, secret=make_password(None))
    made.set_redirect_uris([CALLBACK])
    made.set_scopes(["openid", "profile", "email"])
    made.set_grant_types(["authorization_code", "refresh_token"])
    made.set_post_logout_redirect_uris(["https://scores.example/bye"])
    made.save()
    return made


def request_of(site: Site, **changes: str) -> dict[str, str]:
    return {
        "response_type": "code",
        "client_id": site.pk,
        "redirect_uri": CALLBACK,
        "scope": "openid profile email",
        "state": "a-state",
        "nonce": "a-nonce",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    } | changes


def grant(client, site: Site, **changes: str) -> dict[str, list[str]]:
    page = client.get("/identity/o/authorize", request_of(site))
    signed = page.context["form"].initial["request"]
    answer = client.post(
        "/identity/o/authorize",
        {"request": signed, "scopes": ["openid", "profile", "email"], "action": "grant"} | changes,
    )
    assert answer["Location"].startswith(CALLBACK)
    return parse_qs(urlsplit(answer["Location"]).query)


def exchange(client, site: Site, code: str, **changes: str):
    return client.post(
        "/identity/o/api/token",
        {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": site.pk,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
        }
        | changes,
    )


def test_discovery_names_the_configured_issuer_whatever_host_was_asked(client, settings):
    settings.ALLOWED_HOSTS = ["*"]
    found = client.get("/.well-known/openid-configuration", headers={"host": "evil.example"}).json()
    assert found["issuer"] == "https://minato.example"
    for name in ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "end_session_endpoint"):
        assert found[name].startswith("https://minato.example/"), name
    assert found["code_challenge_methods_supported"] == ["S256"]


def test_a_site_learns_who_alice_is_by_code_with_pkce(client, phone, alice, site):
    client.force_login(alice)
    returned = grant(client, site)
    assert returned["state"] == ["a-state"]

    tokens = exchange(phone, site, returned["code"][0])
    assert tokens.status_code == 200, tokens.content

    published = jwt.PyJWKSet.from_dict(phone.get("/.well-known/jwks.json").json())
    id_token = tokens.json()["id_token"]
    signed_with = published[jwt.get_unverified_header(id_token)["kid"]]
    claims = jwt.decode(
        id_token, signed_with, algorithms=["RS256"], audience="baseball", issuer="https://minato.example"
    )
    assert claims["sub"] == alice.member_number
    assert claims["nonce"] == "a-nonce"

    seen = phone.get("/identity/o/api/userinfo", headers={"authorization": f"Bearer {tokens.json()['access_token']}"})
    assert seen.json() == {
        "sub": alice.member_number,
        "name": "青木 アリス",
        "locale": "ja",
        "email": "alice@example.com",
        "email_verified": True,
    }


def test_a_token_signed_by_somebody_else_does_not_pass(client, phone, alice, site):
    client.force_login(alice)
    id_token = exchange(phone, site, grant(client, site)["code"][0]).json()["id_token"]
    body = jwt.decode(id_token, options={"verify_signature": False})
    forged = jwt.encode(body | {"sub": "somebody"}, new_key(), algorithm="RS256")
    published = jwt.PyJWKSet.from_dict(phone.get("/.well-known/jwks.json").json())
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(forged, published.keys[0], algorithms=["RS256"], audience="baseball")


def test_a_code_without_the_verifier_or_used_twice_gives_nothing(client, phone, alice, site):
    client.force_login(alice)
    code = grant(client, site)["code"][0]
    assert exchange(phone, site, code, code_verifier="x" * 43).status_code == 400
    code = grant(client, site)["code"][0]
    assert exchange(phone, site, code).status_code == 200
    assert exchange(phone, site, code).json()["error"] == "invalid_grant"


def test_a_public_site_without_pkce_is_refused(client, alice, site):
    client.force_login(alice)
    asked = {name: value for name, value in request_of(site).items() if not name.startswith("code_challenge")}
    answer = client.get("/identity/o/authorize", asked)
    assert answer.status_code == 302
    assert "error=invalid_request" in answer["Location"]


def test_who_is_signed_out_signs_in_first_and_returns_to_the_request(client, site):
    answer = client.get("/identity/o/authorize", request_of(site))
    assert answer["Location"].startswith("/accounts/login/?next=/identity/o/authorize")


def test_alice_can_say_no(client, alice, site):
    client.force_login(alice)
    assert grant(client, site, action="cancel")["error"] == ["access_denied"]


def test_the_consent_page_names_the_site_and_what_it_will_see(client, alice, site):
    client.force_login(alice)
    page = client.get("/identity/o/authorize", request_of(site)).content.decode()
    assert "Sign in to 野球中継" in page
    assert "Your e-mail address" in page
    assert "Your name and language" in page
    assert alice.email in page


def test_the_browser_may_follow_the_consent_form_to_that_site_and_to_no_other(client, alice, site):
    """Chromium holds `form-action` against the redirect after the form as well."""
    client.force_login(alice)
    policy = client.get("/identity/o/authorize", request_of(site))["Content-Security-Policy"]
    assert "https://baseball.example" in _directive(policy, "form-action")
    signing_out = client.get("/identity/o/logout", {"client_id": site.pk})["Content-Security-Policy"]
    assert "https://scores.example" in _directive(signing_out, "form-action")
    elsewhere = client.get("/account/addresses/")["Content-Security-Policy"]
    assert "baseball" not in elsewhere
    assert "scores" not in elsewhere


def test_signing_in_for_a_site_without_a_consent_page_may_be_followed_there_too(client, site):
    site.skip_consent = True
    site.save()
    sign_in = client.get("/identity/o/authorize", request_of(site))["Location"]
    assert "https://baseball.example" in _directive(client.get(sign_in)["Content-Security-Policy"], "form-action")


@pytest.mark.parametrize("target", ["http://[", "/identity/o/authorize?client_id=%00"])
def test_a_target_that_is_no_request_of_a_site_leaves_the_sign_in_page_as_it_is(client, db, target):
    assert client.get("/accounts/login/", {"next": target}).status_code == 200


def _directive(policy: str, name: str) -> list[str]:
    return next(part.split()[1:] for part in policy.split("; ") if part.startswith(f"{name} "))


def test_an_address_that_is_not_registered_is_shown_and_not_followed(client, alice, site):
    client.force_login(alice)
    answer = client.get("/identity/o/authorize", request_of(site, redirect_uri="https://evil.example/"))
    assert "Location" not in answer
    assert "This sign-in cannot go on" in answer.content.decode()


def test_a_closed_account_is_nobody_to_other_sites(client, phone, alice, site):
    client.force_login(alice)
    access = exchange(phone, site, grant(client, site)["code"][0]).json()["access_token"]
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert phone.get("/identity/o/api/userinfo", headers={"authorization": f"Bearer {access}"}).status_code == 401


def test_signing_out_of_the_other_site_asks_whether_to_stay_signed_in_here(client, alice, site):
    client.force_login(alice)
    page = client.get("/identity/o/logout", {"client_id": site.pk}).content.decode()
    assert "Stay signed in" in page
    pressed = {"client_id": site.pk, "csrfmiddlewaretoken": re.search(r'csrfmiddlewaretoken" value="(\w+)"', page)[1]}
    client.post("/identity/o/logout", pressed | {"action": "stay"})
    assert "_auth_user_id" in client.session
    client.post("/identity/o/logout", pressed | {"action": "logout"})
    assert "_auth_user_id" not in client.session


def test_a_television_is_connected_by_a_code_typed_here(client, phone, alice, site):
    site.set_grant_types([DEVICE])
    site.save()
    answer = _post_form(phone, "/identity/o/api/device/code", {"client_id": site.pk, "scope": "openid profile"})
    assert answer.status_code == 200, answer.content
    shown = answer.json()
    client.force_login(alice)
    assert "Type the code" in client.get("/identity/o/device").content.decode()
    page = client.get("/identity/o/device", {"code": shown["user_code"]}).content.decode()
    assert shown["user_code"] in page
    assert (
        "Connected"
        in client.post(f"/identity/o/device?code={shown['user_code']}", {"action": "confirm"}).content.decode()
    )
    asked = {"grant_type": DEVICE, "device_code": shown["device_code"], "client_id": site.pk}
    tokens = _post_form(phone, "/identity/o/api/token", asked)
    assert tokens.status_code == 200, tokens.content
    assert tokens.json()["access_token"]


def _post_form(browser, path: str, fields: dict[str, str]):
    return browser.post(path, urlencode(fields), content_type="application/x-www-form-urlencoded")


def test_a_wrong_device_code_is_refused_in_words(client, alice):
    client.force_login(alice)
    page = client.get("/identity/o/device", {"code": "XXXX-XXXX"}).content.decode()
    assert "data-error-summary" in page
