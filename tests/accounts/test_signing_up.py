"""Alice makes an account with nothing but her e-mail address."""

import re

import pytest
from django.core import mail
from django.core.cache import cache
from django.urls import reverse

from accounts.models import Consent, User
from tests.accounts.conftest import another

pytestmark = pytest.mark.django_db
SIGN_UP = "/accounts/signup/"
CONFIRM = "/accounts/confirm-email/"
EMAIL = "alice@example.com"


def test_an_address_and_the_code_from_the_mail_make_an_account(client, newest_code):
    answer = client.post(SIGN_UP, {"email": "Alice@Example.com", "password1": ""})
    assert answer.status_code == 302
    assert answer["Location"] == CONFIRM
    page = client.get(CONFIRM).content.decode()
    assert EMAIL in page
    assert 'autocomplete="one-time-code"' in page
    assert 'inputmode="numeric"' in page

    answer = client.post(CONFIRM, {"code": newest_code(EMAIL)})

    assert answer["Location"] == "/account/"
    alice = User.objects.get(email=EMAIL)
    assert not alice.has_usable_password()
    assert alice.emailaddress_set.get().verified
    assert client.get("/account/addresses/").status_code == 200


def test_who_signed_up_without_a_password_signs_in_again_with_a_code(client, phone, newest_code):
    client.post(SIGN_UP, {"email": EMAIL})
    client.post(CONFIRM, {"code": newest_code(EMAIL)})

    phone.post("/accounts/login/", {"login": EMAIL, "way": "code"})
    answer = phone.post("/accounts/login/code/confirm/", {"code": newest_code(EMAIL)})

    assert answer["Location"] == "/account/"
    assert phone.get("/account/addresses/").status_code == 200


def test_a_password_given_at_sign_up_signs_in_afterwards(client, phone, newest_code):
    client.post(SIGN_UP, {"email": EMAIL, "password1": "tidal-lantern-42"})
    client.post(CONFIRM, {"code": newest_code(EMAIL)})
    answer = phone.post("/accounts/login/", {"login": EMAIL, "password": "tidal-lantern-42", "way": "password"})
    assert answer["Location"] == "/account/"


@pytest.mark.parametrize(
    ("password", "words"),
    [("short", "at least 8"), ("password123", "too common"), ("x" * 129, "at most 128 characters")],
)
def test_a_bad_password_is_refused_with_the_reason_and_no_account(client, password, words):
    answer = client.post(SIGN_UP, {"email": EMAIL, "password1": password})
    assert words in answer.content.decode()
    assert f'value="{EMAIL}"' in answer.content.decode()
    assert not User.objects.exists()
    assert not mail.outbox


@pytest.mark.parametrize(
    ("typed", "words"),
    [("", "Type your e-mail address."), ("alice", "looks like name@example.com"), ("a" * 250 + "@x.jp", "at most 254")],
)
def test_each_mistake_in_the_address_has_its_own_words(client, typed, words):
    page = client.post(SIGN_UP, {"email": typed}).content.decode()
    assert words in page
    assert "data-error-summary" in page
    assert "<title>Error:" in page


def test_full_width_letters_of_an_input_method_are_understood(client):
    client.post(SIGN_UP, {"email": "ａｌｉｃｅ＠ｅｘａｍｐｌｅ．ｃｏｍ"})
    assert User.objects.get().email == EMAIL


def test_signing_up_keeps_the_versions_agreed_to_and_the_language(client, settings):
    settings.CONSENT_VERSIONS = {"terms": "2026-04-01", "privacy": "2026-05-01"}
    client.post(f"{SIGN_UP}?hl=en", {"email": EMAIL})
    alice = User.objects.get(email=EMAIL)
    kept = set(alice.consents.values_list("kind", "version", "is_given"))
    assert kept == {(Consent.Kind.TERMS, "2026-04-01", True), (Consent.Kind.PRIVACY, "2026-05-01", True)}
    assert alice.language == "en"


def test_signing_up_on_a_japanese_page_makes_a_japanese_member(client):
    client.post(f"{SIGN_UP}?hl=ja", {"email": EMAIL})
    assert User.objects.get(email=EMAIL).language == "ja"


def test_an_address_that_has_an_account_gets_the_same_answer_and_a_letter(client, phone, bob):
    """A4: nobody learns from the page who is a member."""
    known = client.post(SIGN_UP, {"email": bob.email})
    unknown = phone.post(SIGN_UP, {"email": "nobody@example.com"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    page_for_known = client.get(CONFIRM).content.decode()
    page_for_unknown = phone.get(CONFIRM).content.decode()
    assert _words(page_for_known, bob.email) == _words(page_for_unknown, "nobody@example.com")
    assert User.objects.filter(email=bob.email).count() == 1
    letter = next(letter for letter in mail.outbox if letter.to == [bob.email])
    assert "/accounts/login/" in letter.body


def _words(page: str, email: str) -> str:
    """The page's main part without what must differ: the address, tokens, and the correction of a new address."""
    main = page[page.index("<main") : page.index("</main>")].replace(email, "…")
    main = re.sub(r'<input type="hidden" name="csrfmiddlewaretoken"[^>]*>', "", main)
    return re.sub(r'<details class="account-details">.*?</details>', "", main, flags=re.S).replace("\n", "")


def test_a_mistyped_address_can_be_replaced_before_the_code(client, newest_code):
    client.post(SIGN_UP, {"email": "alcie@example.com"})
    client.post(CONFIRM, {"action": "change", "email": EMAIL})
    client.post(CONFIRM, {"code": newest_code(EMAIL)})
    assert User.objects.get().email == EMAIL


def test_a_new_code_replaces_the_old_one(client, newest_code):
    client.post(SIGN_UP, {"email": EMAIL})
    first = newest_code(EMAIL)
    cache.clear()  # the pause of ten seconds between two mails
    client.post(CONFIRM, {"action": "resend"})
    second = newest_code(EMAIL)
    assert len(mail.outbox) == 2
    if first != second:
        assert client.post(CONFIRM, {"code": first}).status_code == 200
    assert client.post(CONFIRM, {"code": second})["Location"] == "/account/"


def test_three_wrong_codes_end_the_attempt(client, newest_code):
    client.post(SIGN_UP, {"email": EMAIL})
    right = newest_code(EMAIL)
    for _ in range(2):
        page = client.post(CONFIRM, {"code": another(right)})
        assert "This code is not right" in page.content.decode()
    assert client.post(CONFIRM, {"code": another(right)})["Location"] == reverse("account_login")
    assert client.post(CONFIRM, {"code": right})["Location"] == reverse("account_login")
    assert "_auth_user_id" not in client.session


def test_signing_up_returns_to_where_it_was_needed(client, newest_code):
    """A7."""
    client.post(SIGN_UP, {"email": EMAIL, "next": "/checkout/"})
    assert client.post(CONFIRM, {"code": newest_code(EMAIL)})["Location"] == "/checkout/"


def test_when_the_mail_cannot_be_handed_over_the_page_says_so(client, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", 9, 1
    answer = client.post(SIGN_UP, {"email": EMAIL})
    assert answer.status_code == 503
    assert answer["Retry-After"] == "60"
    assert "The mail could not be sent" in answer.content.decode()


def test_signing_up_ends_in_one_notice(client, newest_code):
    client.post(SIGN_UP, {"email": EMAIL})
    client.get(CONFIRM)  # shows that a code was sent
    page = client.post(CONFIRM, {"code": newest_code(EMAIL)}, follow=True).content.decode()
    assert re.findall(r'<p class="message[^>]*><span>([^<]*)', page) == [f"{EMAIL} is confirmed."]
