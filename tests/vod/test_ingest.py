"""`manage.py ingest` as staff run it: a process of its own on a database of its own."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings

from tests.vod.transcoding import clips

pytestmark = [pytest.mark.media, pytest.mark.chaos]
DEADLINE_S = 90


class Station:
    """A folder with a migrated database, in which commands run as they do beside `make run`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        left_out = ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "MEDIA_ROOT", "RUN_ENV_FILE")
        kept = {name: value for name, value in os.environ.items() if name not in left_out}
        self.env = kept | {"VAR_DIR": str(folder), "REDIS_URL": "redis://127.0.0.1:1/0", "LOG_LEVEL": "ERROR"}

    def start(self, *arguments: object) -> "subprocess.Popen[str]":
        command = [sys.executable, "manage.py", *map(str, arguments)]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, cwd=settings.BASE_DIR, env=self.env, stdout=pipe, stderr=pipe, text=True)

    def ingest(self, file: object, slug: str) -> tuple[int, str, str]:
        process = self.start("ingest", file, "--title", slug)
        out, err = process.communicate(timeout=DEADLINE_S)
        return process.returncode, out, err

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with contextlib.closing(sqlite3.connect(self.folder / "db.sqlite3", timeout=30)) as database:
            return database.execute(query).fetchall()

    def files(self, area: str = "") -> list[Path]:
        return [path for path in (self.folder / area).rglob("*") if path.is_file() and "sqlite" not in path.name]


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


def until(happened: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not happened():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.05)


def assert_nothing_left(station: Station) -> None:
    assert station.rows("SELECT count(*) FROM vod_asset") == [(0,)]
    assert station.rows("SELECT count(*) FROM vod_title") == [(0,)]
    assert station.files() == []


def assert_one_sentence(err: str) -> None:
    assert "Traceback" not in err
    assert len(err.strip().splitlines()) == 1


def test_a_film_without_sound_is_ready_at_the_end_with_its_address(station, tmp_path):
    film = clips.film(tmp_path / "無音.mp4", seconds=3, sound=None)
    code, out, err = station.ingest(film, "silent-film")
    assert code == 0, err
    assert "100 %" in out
    assert "/vod/silent-film/" in out
    assert "draft" in out
    assert station.rows("SELECT slug, is_published FROM vod_title") == [("silent-film", 0)]
    assert station.rows("SELECT state FROM vod_asset") == [("ready",)]
    assert station.rows("SELECT codecs FROM vod_rendition") != []
    assert station.files("work") == []


@pytest.mark.parametrize("name", ["rabbit.mp4", "crystal.mp4"])
def test_a_real_clip_is_taken_in(station, name):
    code, _, err = station.ingest(clips.sample(name), "sample")
    assert code == 0, err
    assert station.rows("SELECT state FROM vod_asset") == [("ready",)]


def bad_files(folder: Path) -> dict[str, Path]:
    whole = clips.film(folder / "whole.mp4", seconds=3)
    made = {name: folder / f"{name}.mp4" for name in ("text", "cut", "empty")}
    made["text"].write_text("plain words")
    made["cut"].write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    made["empty"].write_bytes(b"")
    return made


@pytest.mark.parametrize(
    ("kind", "says"), [("text", "not a video"), ("cut", "cut off"), ("empty", "The file is empty (0 bytes)")]
)
def test_what_is_no_film_ends_in_one_sentence_and_leaves_nothing(station, tmp_path, kind, says):
    code, out, err = station.ingest(bad_files(tmp_path)[kind], "no-film")
    assert code == 2
    assert out == ""
    assert says in err
    assert_one_sentence(err)
    assert_nothing_left(station)


@pytest.mark.parametrize(
    ("file", "slug", "says"),
    [("/nowhere/film.mp4", "film", "There is no file"), ("/tmp", "film", "is a folder"), ("/tmp", "だめ", "The slug")],
)
def test_a_wrong_path_or_slug_ends_in_one_sentence(station, file, slug, says):
    code, _, err = station.ingest(file, slug)
    assert code == 2
    assert says in err
    assert_one_sentence(err)
    assert_nothing_left(station)


@pytest.fixture
def long_film(tmp_path: Path) -> Path:
    return clips.film(tmp_path / "long.mp4", size="960x540", seconds=20)


def encoding_has_begun(station: Station) -> bool:
    return bool(list((station.folder / "work").glob("*/encoded/*/*.ts*")))


def test_a_command_that_is_killed_leaves_no_half_package_and_the_next_one_starts_clean(station, long_film):
    process = station.start("ingest", long_film, "--title", "film")
    until(lambda: encoding_has_begun(station), "the encoder has begun")
    process.kill()
    process.communicate(timeout=DEADLINE_S)
    assert process.returncode == -signal.SIGKILL
    assert station.rows("SELECT state FROM vod_asset") == [("transcoding",)]
    assert station.rows("SELECT count(*) FROM vod_package") == [(0,)]

    code, out, err = station.ingest(long_film, "film")
    assert code == 0, err
    assert "here already" in out
    assert station.rows("SELECT state FROM vod_asset") == [("ready",)]
    assert station.rows("SELECT is_current FROM vod_package") == [(1,)]
    assert station.rows("SELECT state, attempts, lease_owner FROM vod_transcodejob") == [("succeeded", 2, "")]
    assert station.files("work") == []
    folders = {path.parent for path in station.files("media/packages") if path.suffix == ".jpg"}
    assert len(folders) == 1
    assert len(station.files("media/masters")) == 1


def test_ctrl_c_leaves_the_job_in_the_queue_and_no_work_folder(station, long_film):
    process = station.start("ingest", long_film, "--title", "film")
    until(lambda: encoding_has_begun(station), "the encoder has begun")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 130
    assert "Interrupted" in err
    assert "Traceback" not in err
    assert station.rows("SELECT state, attempts, lease_owner FROM vod_transcodejob") == [("queued", 0, "")]
    assert station.files("work") == []
    assert station.rows("SELECT count(*) FROM vod_package") == [(0,)]
