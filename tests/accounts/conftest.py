"""A mailbox one can read codes from, and browsers of their own."""

import re

import pytest
from django.core import mail
from django.test import Client


@pytest.fixture(autouse=True)
def _english(settings):
    """Pages in English, so that a test reads as what a person sees; the Japanese has tests of its own."""
    settings.LANGUAGE_CODE = "en"


@pytest.fixture(autouse=True)
def _quick_passwords(settings):
    """A hash that is slow on purpose protects a real password and costs these tests most of their time."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def newest_code():
    """Read the six digits in the newest mail to an address."""

    def read(email: str) -> str:
        letters = [letter for letter in mail.outbox if letter.to == [email]]
        assert letters, f"no mail to {email}"
        return re.search(r"(?<!\d)\d{6}(?!\d)", letters[-1].body)[0]

    return read


@pytest.fixture
def phone() -> Client:
    """A second browser."""
    return Client()


def another(code: str) -> str:
    """Six digits that are not `code`."""
    return "000000" if code != "000000" else "111111"
