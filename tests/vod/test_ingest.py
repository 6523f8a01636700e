"""`manage.py ingest` as staff run it: a process of its own on a database of its own."""

import signal
from pathlib import Path

import pytest

from tests.vod.station import DEADLINE_S, Station, until
from tests.vod.transcoding import clips

pytestmark = [pytest.mark.media, pytest.mark.chaos]


def assert_nothing_left(station: Station) -> None:
    assert station.rows("SELECT count(*) FROM vod_asset") == [(0,)]
    assert station.rows("SELECT count(*) FROM vod_title") == [(0,)]
    assert station.files() == []


def assert_one_sentence(err: str) -> None:
    assert "Traceback" not in err
    assert "Error" not in err
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
    assert "Error" not in err
    assert station.rows("SELECT state, attempts, lease_owner FROM vod_transcodejob") == [("queued", 0, "")]
    assert station.files("work") == []
    assert station.rows("SELECT count(*) FROM vod_package") == [(0,)]
