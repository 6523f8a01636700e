"""Films of the tests: masters, work folders and packages in folders of their own."""

from pathlib import Path

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.files.storage import storages

from tests.vod.station import DEADLINE_S, Station
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


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    station = Station(tmp_path_factory.mktemp("migrated"))
    process = station.start("migrate", "-v0")
    _, err = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 0, err
    station.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    return (station.folder / "db.sqlite3").read_bytes()


@pytest.fixture
def station(migrated: bytes, tmp_path: Path) -> Station:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "db.sqlite3").write_bytes(migrated)
    return Station(tmp_path / "var")
