"""The staff as they are: carol edits programmes, sam runs the shop, and one may do all."""

import pytest
from django.test import Client

from accounts.models import User
from cms.demo.load import _group as role
from tests.builders import member
from tests.orders.conftest import begin, film, in_english, log, mug, order, world

__all__ = ["begin", "film", "in_english", "log", "mug", "order", "world"]


@pytest.fixture
def carol(db) -> User:
    """Edits programmes and the station's pages."""
    user = member("carol@example.com", "加賀 かろる", is_staff=True)
    user.groups.add(role("programming"))
    return user


@pytest.fixture
def sam(db) -> User:
    """Runs the shop, and nothing else."""
    user = member("sam@example.com", "佐野 さむ", is_staff=True)
    user.groups.add(role("shop"))
    return user


@pytest.fixture
def chief(db) -> User:
    """May do all."""
    return member("chief@example.com", "千葉 ちよ", is_staff=True, is_superuser=True)


@pytest.fixture
def visit(db):
    """A browser of somebody's own: `visit(sam)`; nobody's without a name."""

    def open_browser(user: User | None = None) -> Client:
        client = Client()
        if user:
            client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return open_browser
