"""Alice changes how she signs in."""

import pytest
from django.core import mail

from accounts.models import User
from tests.builders import PASSWORD

pytestmark = pytest.mark.django_db
NEW = "harbour-lamp-2041"


def sign_in(client, user):
    client.post("/accounts/login/", {"login": user.email, "password": PASSWORD, "way": "password"})


def test_changing_the_password_keeps_this_browser_and_everybody_else_signed_in(client, phone, alice, bob):
    User.objects.filter(pk=alice.pk).update(language="en")
    sign_in(client, alice)
    sign_in(phone, bob)
    answer = client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": NEW})
    assert answer.status_code == 302
    assert client.get("/account/addresses/").status_code == 200
    assert phone.get("/account/addresses/").status_code == 200
    alice.refresh_from_db()
    assert alice.check_password(NEW)
    assert "The password of your account was changed." in mail.outbox[-1].body


def test_changing_the_password_signs_out_alices_other_devices(client, phone, alice):
    """Whoever knew the old one must not stay in."""
    sign_in(client, alice)
    sign_in(phone, alice)
    client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": NEW})
    assert phone.get("/account/addresses/").status_code == 302


def test_a_wrong_present_password_changes_nothing(client, alice):
    sign_in(client, alice)
    page = client.post("/accounts/password/change/", {"oldpassword": "not-this-one", "password1": NEW})
    assert "The current password is not right." in page.content.decode()
    assert User.objects.get(pk=alice.pk).check_password(PASSWORD)


def test_a_weak_new_password_is_refused_with_the_reason(client, alice):
    sign_in(client, alice)
    page = client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": "12345678"})
    assert "too common" in page.content.decode()


def test_a_member_without_a_password_can_set_one(client, alice):
    alice.set_unusable_password()
    alice.save()
    client.force_login(alice)
    assert client.get("/accounts/password/change/")["Location"] == "/accounts/password/set/"
    client.post("/accounts/password/set/", {"password1": NEW})
    assert User.objects.get(pk=alice.pk).check_password(NEW)
    assert client.get("/account/addresses/").status_code == 200


def test_a_forgotten_password_is_chosen_anew_with_a_code(client, alice, newest_code):
    client.post("/accounts/password/reset/", {"email": alice.email})
    code = newest_code(alice.email)
    assert (
        client.post("/accounts/password/reset/confirm/", {"code": code})["Location"]
        == "/accounts/password/reset/complete/"
    )
    assert client.get("/accounts/password/reset/complete/").status_code == 200
    client.post("/accounts/password/reset/complete/", {"password1": NEW})
    assert User.objects.get(pk=alice.pk).check_password(NEW)
    assert client.get("/account/addresses/").status_code == 200


def test_resetting_the_password_of_an_unknown_address_gets_the_same_answer(client, phone, alice):
    """A4."""
    known = client.post("/accounts/password/reset/", {"email": alice.email})
    unknown = phone.post("/accounts/password/reset/", {"email": "nobody@example.com"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert client.get(known["Location"]).status_code == phone.get(unknown["Location"]).status_code == 200


def test_changing_the_address_needs_the_password_and_a_code_and_tells_the_old_address(client, alice, newest_code):
    """A6."""
    old, new = alice.email, "alice.new@example.com"
    sign_in(client, alice)
    answer = client.post("/accounts/email/", {"email": new, "action_add": "1"})
    assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert "Is it you?" in client.get(answer["Location"]).content.decode()
    answer = client.post(answer["Location"], {"password": PASSWORD})
    assert answer["Location"] == "/accounts/confirm-email/"
    assert User.objects.get(pk=alice.pk).email == old

    client.post("/accounts/confirm-email/", {"code": newest_code(new)})

    alice.refresh_from_db()
    assert alice.email == new
    assert [address.email for address in alice.emailaddress_set.all()] == [new]
    assert new in next(letter for letter in mail.outbox if letter.to == [old]).body


def test_a_wrong_password_does_not_prove_that_it_is_alice(client, alice):
    sign_in(client, alice)
    client.post("/accounts/email/", {"email": "alice.new@example.com", "action_add": "1"})
    page = client.post("/accounts/reauthenticate/?next=/accounts/email/", {"password": "not-this-one"})
    assert "The password is not right." in page.content.decode()
    assert not mail.outbox


def test_the_name_and_the_language_are_changed_in_the_profile(client, alice):
    client.force_login(alice)
    answer = client.post("/account/profile/", {"name": "髙橋 𠮷乃", "language": "en"})
    assert answer["Location"] == "/account/"
    alice.refresh_from_db()
    assert (alice.name, alice.language) == ("髙橋 𠮷乃", "en")
    assert answer.cookies["django_language"].value == "en"


def test_a_name_with_a_line_break_is_refused_and_kept_in_the_box(client, alice):
    client.force_login(alice)
    page = client.post("/account/profile/", {"name": "Alice\nAoki", "language": "ja"}).content.decode()
    assert "on one line" in page
    assert User.objects.get(pk=alice.pk).name == alice.name
