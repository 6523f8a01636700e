"""Films of the tests: masters, work folders and packages in folders of their own."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.files.storage import storages

from vod.models import Asset


@pytest.fixture(autouse=True)
def _own_folders(_an_own_world, settings, tmp_path_factory, monkeypatch):
    """The model's field holds the storage it was given at start-up, so it is given this test's one."""
    settings.VAR_DIR = tmp_path_factory.mktemp("var")
    monkeypatch.setattr(Asset._meta.get_field("file"), "storage", storages["masters"])


@pytest.fixture
def anonymous() -> AnonymousUser:
    """A guest."""
    return AnonymousUser()
