"""A master comes in: under a name of our own, known by a row, and nothing of it left where it is refused."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile

from config.lib import sweeps, tasks
from tests import builders
from vod import checks
from vod.forms import MasterUploadForm
from vod.models import Asset, Title, TranscodeJob
from vod.services import film_in, jobs

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


@pytest.fixture
def title() -> Title:
    return builders.title(slug="tram")


def masters() -> list[Path]:
    return [path for path in Path(storages["masters"].path("")).rglob("*") if path.is_file()]


def test_a_master_is_stored_under_a_random_name_and_queued(title, sam):
    file = ContentFile(b"film", name="../../etc/夏の港\x00.mp4.exe")
    asset = film_in.take_in(title=title, file=file, original_name=file.name, actor=sam, now=NOON)
    assert asset.original_name == "夏の港.mp4.exe"
    assert (asset.state, asset.size, asset.uploaded_by) == (Asset.State.UPLOADED, 4, sam)
    assert len(Path(asset.file.name).name) == 32
    assert [path.read_bytes() for path in masters()] == [b"film"]
    assert asset.job.state == TranscodeJob.State.QUEUED


@pytest.mark.django_db(transaction=True)
def test_a_worker_is_woken_with_the_jobs_id_alone_once_the_row_is_there(title, monkeypatch):
    sent = []
    monkeypatch.setattr(tasks, "send", lambda name, *, queue, **ids: sent.append((name, queue, ids)))
    asset = film_in.take_in(title=title, file=ContentFile(b"film", name="a.mp4"), actor=None, now=NOON)
    assert sent == [("vod.transcode", "media", {"job_id": asset.job.pk})]


@pytest.mark.django_db(transaction=True)
def test_a_lost_message_is_made_good_within_a_minute_and_not_at_each_sweep(title, monkeypatch):
    film_in.take_in(title=title, file=ContentFile(b"film", name="a.mp4"), actor=None, now=NOON)
    sent = []
    monkeypatch.setattr(tasks, "send", lambda name, *, queue, **ids: sent.append(ids))
    for seconds in range(2, 122, 2):
        jobs.sweep_jobs(NOON + timedelta(seconds=seconds))
    assert len(sent) == 2


def test_a_series_takes_no_master(title):
    series = builders.title(kind=Title.Kind.SERIES)
    with pytest.raises(film_in.NotAFilm, match="one of its episodes"):
        film_in.take_in(title=series, file=ContentFile(b"film", name="a.mp4"), actor=None, now=NOON)
    assert not Asset.objects.exists()


def test_a_master_that_is_too_large_is_refused_before_it_is_stored(title, settings):
    settings.MASTER_MAX_BYTES = 3
    with pytest.raises(film_in.MasterTooLarge, match="4 bytes; at most 3"):
        film_in.take_in(title=title, file=ContentFile(b"film", name="a.mp4"), actor=None, now=NOON)
    assert not Asset.objects.exists()
    assert masters() == []


def test_a_storage_that_fails_leaves_no_row(title):
    class Broken(ContentFile):
        def chunks(self, chunk_size=None):
            yield b"fi"
            raise OSError("the line is down")

    with pytest.raises(OSError, match="the line is down"):
        film_in.take_in(title=title, file=Broken(b"film", name="a.mp4"), actor=None, now=NOON)
    assert not Asset.objects.exists()
    assert masters() == []


def test_ingest_finds_its_title_or_makes_a_draft(title):
    assert film_in.title_for_ingest("tram") == (title, False)
    made, is_new = film_in.title_for_ingest("new-film")
    assert is_new
    assert not made.is_published


@pytest.mark.parametrize("slug", ["", "a b", "だめ", "../x", "x" * 81])
def test_a_slug_that_cannot_be_an_address_is_refused(slug):
    with pytest.raises(film_in.BadSlug, match="slug"):
        film_in.title_for_ingest(slug)
    assert not Title.objects.exists()


def upload(title, file):
    return MasterUploadForm({"title": title.pk}, {"file": file} if file else {})


def test_the_upload_form_hands_a_file_in(title, sam):
    form = upload(title, SimpleUploadedFile("film.mov", b"film", content_type="text/plain"))
    assert form.is_valid(), form.errors
    asset = form.hand_in(actor=sam, now=NOON)
    assert form.instance == asset
    assert (asset.title, asset.original_name, asset.job.state) == (title, "film.mov", TranscodeJob.State.QUEUED)


def test_the_upload_form_refuses_nothing_an_empty_file_and_one_too_large(title, settings):
    settings.MASTER_MAX_BYTES = 3
    assert "file" in upload(title, None).errors
    assert "file" in upload(title, SimpleUploadedFile("film.mp4", b"")).errors
    assert upload(title, SimpleUploadedFile("film.mp4", b"film")).has_error("file", "too_large")


def test_the_upload_form_offers_no_series(title):
    series = builders.title(kind=Title.Kind.SERIES)
    assert "title" in upload(series, SimpleUploadedFile("film.mp4", b"film")).errors


def test_the_sweeps_of_film_are_registered():
    names = {sweep.name: sweep for sweep in sweeps.sweeps()}
    assert names["vod.jobs"].run is jobs.sweep_jobs
    assert names["vod.jobs"].every_seconds == jobs.SWEEP_EVERY_S
    assert "vod.playback_sessions" in names


def test_two_sweeps_of_one_name_are_refused():
    with pytest.raises(ValueError, match=r"two sweeps named vod\.jobs"):
        sweeps.register("vod.jobs", lambda now: None, 1)


def test_the_checks_tell_of_settings_that_cannot_work(settings, monkeypatch):
    assert checks.check_transcoder(None) == checks.check_master_size(None) == []
    settings.MASTER_MAX_BYTES = 0
    assert checks.check_master_size(None)[0].id == "vod.E003"
    monkeypatch.setenv("FFMPEG_BINARY", "/nowhere/ffmpeg")
    assert checks.check_transcoder(None)[0].id == "vod.E002"
    settings.TRANSCODER = "abacus"
    assert "ffmpeg" in checks.check_transcoder(None)[0].hint
