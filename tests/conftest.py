"""What every test gets: a cast of people, and a world in which nothing outside this machine can be reached."""

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache

from accounts.models import User
from orders.pipeline.engine import gates
from tests.builders import member, unique
from tests.sizes import IS_SAMPLE


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is too long for a sample is left to the larger sizes."""
    if not IS_SAMPLE:
        return
    proofs = [item for item in items if item.get_closest_marker("proof")]
    config.hook.pytest_deselected(items=proofs)
    items[:] = [item for item in items if item not in set(proofs)]


@pytest.fixture(autouse=True)
def _an_own_world(settings, tmp_path_factory, socket_enabled):
    """Files of their own, the cache in memory, and no service of a demo that may be running beside the tests."""
    media = tmp_path_factory.mktemp("media")
    settings.MEDIA_ROOT = media
    settings.STORAGES = {
        name: {**options, "OPTIONS": {**options.get("OPTIONS", {}), "location": media / name}}
        if options["BACKEND"].endswith("FileSystemStorage")
        else options
        for name, options in django_settings.STORAGES.items()
    }
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    settings.REDIS_URL = "redis://127.0.0.1:1/0"  # nobody listens there: live updates and wake-ups are lost
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # slow hashes prove nothing here
    cache.clear()
    return media


@pytest.fixture(autouse=True)
def open_gates() -> None:
    """What was paused or away in another test is not remembered."""
    gates.forget()


@pytest.fixture
def alice(db) -> User:
    """A customer."""
    return member("alice@example.com", "青木 アリス")


@pytest.fixture
def bob(db) -> User:
    """Another customer."""
    return member("bob@example.com", "馬場 ボブ")


@pytest.fixture
def sam(db) -> User:
    """Runs the shop; may see everything in these tests."""
    return member("sam@example.com", "佐野 サム", is_staff=True, is_superuser=True)


@pytest.fixture(scope="session")
def service(tmp_path_factory):
    """The whole service as processes, one for all stories that look from outside; each person in it is a new one."""
    from tests.service import Service

    running = Service(tmp_path_factory.mktemp("service"))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def address() -> str:
    """An e-mail address nobody has used."""
    return f"visitor-{unique()}@example.com"
