"""Alice comes back: by a code from a mail, or with her password; and goes."""

import re

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import translation

from tests.accounts.conftest import another
from tests.builders import PASSWORD

pytestmark = pytest.mark.django_db
SIGN_IN = "/accounts/login/"
CONFIRM = "/accounts/login/code/confirm/"


def test_the_form_asks_for_the_address_first_and_folds_the_password_away(client):
    page = client.get(SIGN_IN).content.decode()
    assert page.index('name="login"') < page.index("<details") < page.index('name="password"')
    assert '<details class="account-details">' in page
    assert 'autocomplete="email"' in page
    assert 'autocomplete="current-password"' in page


def test_a_code_from_the_mail_signs_in(client, alice, newest_code):
    answer = client.post(SIGN_IN, {"login": alice.email, "way": "code"})
    assert answer["Location"] == CONFIRM
    assert client.post(CONFIRM, {"code": newest_code(alice.email)})["Location"] == "/account/"


def test_a_code_typed_in_full_width_digits_with_a_space_signs_in(client, alice, newest_code):
    client.post(SIGN_IN, {"login": alice.email, "way": "code"})
    code = newest_code(alice.email)
    wide = code.translate({ord("0") + n: 0xFF10 + n for n in range(10)})
    assert client.post(CONFIRM, {"code": f"{wide[:3]}\u3000{wide[3:]}"})["Location"] == "/account/"


def test_a_password_signs_in(client, alice):
    answer = client.post(SIGN_IN, {"login": "ALICE@example.com", "password": PASSWORD, "way": "password"})
    assert answer["Location"] == "/account/"


def test_enter_in_the_form_takes_the_password_where_one_is_typed_and_else_sends_a_code(client, phone, alice):
    assert client.post(SIGN_IN, {"login": alice.email, "password": PASSWORD})["Location"] == "/account/"
    assert phone.post(SIGN_IN, {"login": alice.email})["Location"] == CONFIRM


def test_asking_for_a_code_sends_one_though_the_browser_filled_in_an_old_password(client, alice):
    answer = client.post(SIGN_IN, {"login": alice.email, "password": "an-old-one", "way": "code"})
    assert answer["Location"] == CONFIRM


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(client, alice):
    """A4."""
    wrong = client.post(SIGN_IN, {"login": alice.email, "password": "not-this-one", "way": "password"})
    unknown = client.post(SIGN_IN, {"login": "nobody@example.com", "password": "not-this-one", "way": "password"})
    assert wrong.status_code == unknown.status_code == 200
    for answer in (wrong, unknown):
        assert "The e-mail address or the password is not right." in answer.content.decode()


def test_a_code_for_an_unknown_address_gets_the_same_answer_and_a_letter(client, phone, alice):
    """A4."""
    known = client.post(SIGN_IN, {"login": alice.email, "way": "code"})
    unknown = phone.post(SIGN_IN, {"login": "nobody@example.com", "way": "code"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert client.get(CONFIRM).status_code == phone.get(CONFIRM).status_code == 200
    assert [letter.to for letter in mail.outbox] == [[alice.email], ["nobody@example.com"]]
    assert "/accounts/signup/" in mail.outbox[1].body


def test_the_password_button_without_a_password_asks_for_it(client, alice):
    page = client.post(SIGN_IN, {"login": alice.email, "password": "", "way": "password"}).content.decode()
    assert "Type the password." in page
    assert '<details class="account-details" open>' in page
    assert f'value="{alice.email}"' in page


def test_three_wrong_codes_end_the_attempt(client, alice, newest_code):
    client.post(SIGN_IN, {"login": alice.email, "way": "code"})
    right = newest_code(alice.email)
    for _ in range(2):
        assert "This code is not right" in client.post(CONFIRM, {"code": another(right)}).content.decode()
    assert client.post(CONFIRM, {"code": another(right)}).status_code == 302
    client.post(CONFIRM, {"code": right})
    assert "_auth_user_id" not in client.session


def test_a_code_signs_in_once(client, phone, alice, newest_code):
    client.post(SIGN_IN, {"login": alice.email, "way": "code"})
    code = newest_code(alice.email)
    client.post(CONFIRM, {"code": code})
    client.post("/accounts/logout/")
    assert client.post(CONFIRM, {"code": code}).status_code == 302
    assert "_auth_user_id" not in client.session
    phone.post(CONFIRM, {"code": code})
    assert "_auth_user_id" not in phone.session


@pytest.mark.parametrize("way", ["code", "password"])
def test_the_page_that_asked_for_signing_in_is_returned_to(client, alice, newest_code, way):
    """A7."""
    wanted = "/account/addresses/add/?next=/checkout/"
    page = client.get(wanted)
    assert page["Location"].startswith(SIGN_IN)
    sign_in = client.get(page["Location"]).content.decode()
    assert 'name="next"' in sign_in
    answer = client.post(SIGN_IN, {"login": alice.email, "password": PASSWORD, "way": way, "next": wanted})
    if way == "code":
        answer = client.post(answer["Location"], {"code": newest_code(alice.email), "next": wanted})
    assert answer["Location"] == wanted


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "http:///evil"]
)
def test_a_target_on_another_site_is_not_followed(client, alice, target):
    """A7."""
    answer = client.post(SIGN_IN, {"login": alice.email, "password": PASSWORD, "way": "password", "next": target})
    assert answer["Location"] == "/account/"


def test_too_many_wrong_passwords_for_one_address_are_slowed_down(client, alice):
    for _ in range(5):
        client.post(SIGN_IN, {"login": alice.email, "password": "not-this-one", "way": "password"})
    page = client.post(SIGN_IN, {"login": alice.email, "password": PASSWORD, "way": "password"}).content.decode()
    assert "Wait a little" in page
    assert "_auth_user_id" not in client.session


def test_signing_out_needs_a_press_of_the_button(client, alice):
    client.force_login(alice)
    assert "Sign out of this device?" in client.get("/accounts/logout/").content.decode()
    assert "_auth_user_id" in client.session
    assert client.post("/accounts/logout/")["Location"] == "/"
    assert "_auth_user_id" not in client.session


def test_a_member_who_was_closed_out_is_told_so_and_not_signed_in(client, alice):
    alice.is_active = False
    alice.save()
    answer = client.post(SIGN_IN, {"login": alice.email, "password": PASSWORD, "way": "password"}, follow=True)
    assert "_auth_user_id" not in client.session
    assert answer.status_code == 200


def test_mails_go_out_in_the_members_language_whatever_the_page_speaks(client, alice, bob):
    """E2."""
    alice.language, bob.language = "ja", "en"
    alice.save()
    bob.save()
    for person in (alice, bob):
        Client().post(f"{SIGN_IN}?hl=en", {"login": person.email, "way": "code"})
    for letter, language in zip(mail.outbox, ("ja", "en"), strict=True):
        with translation.override(language):
            assert translation.gettext("Type this code into the page on which you are signing in.") in letter.body
        html = letter.alternatives[0].content
        assert f'<html lang="{language}">' in html
    assert "みなと放送" in mail.outbox[0].subject
    assert "Minato Broadcasting" in mail.outbox[1].subject


def test_the_mail_shows_the_code_large_in_both_parts(client, alice, newest_code):
    """E2."""
    client.post(SIGN_IN, {"login": alice.email, "way": "code"})
    letter = mail.outbox[0]
    code = newest_code(alice.email)
    assert f"\n    {code}\n" in letter.body
    assert re.search(rf'font-size:34px[^>]*">{code}</p>', letter.alternatives[0].content)
    assert "<img" not in letter.alternatives[0].content
    assert code not in letter.subject


def test_the_login_page_is_offered_by_every_page_of_the_account_to_who_is_signed_out(client):
    for name in ("cms:my_page", "cms:orders", "accounts:addresses", "accounts:add_address", "accounts:edit_profile"):
        path = reverse(name)
        assert client.get(path)["Location"] == f"{SIGN_IN}?next={path}"


def test_beginning_again_with_another_address_loses_neither_the_target_nor_what_a_guest_has(client, alice, newest_code):
    """K4, A7: the button on the code page ends the attempt, not the visit."""
    visit = client.session
    visit["kept_for_a_guest"] = "a cart"
    visit.save()
    client.post(SIGN_IN, {"login": "alcie@example.com", "way": "code", "next": "/checkout/"})
    page = client.get(f"{CONFIRM}?next=/checkout/").content.decode()
    again = re.search(r'action="/accounts/logout/">.*?name="next" value="([^"]+)"', page, re.S)[1]
    assert client.post("/accounts/logout/", {"next": again})["Location"] == again
    assert client.get(again).status_code == 200
    client.post(SIGN_IN, {"login": alice.email, "way": "code", "next": "/checkout/"})
    answer = client.post(CONFIRM, {"code": newest_code(alice.email), "next": "/checkout/"})
    assert answer["Location"] == "/checkout/"
    assert client.session["kept_for_a_guest"] == "a cart"
