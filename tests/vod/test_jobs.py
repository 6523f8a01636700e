"""The work on a master: one process at a time, all or nothing, taken up again wherever it was cut off."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.db import connection
from django.utils import timezone
from django.utils.translation import override

from config.lib import leases
from tests import builders
from tests.vod.transcoding import clips
from vod.models import Asset, Package, PackageKey, Title, TranscodeJob
from vod.services import encoding, failures, film_in, jobs, packages, workfolders
from vod.tasks import transcode
from vod.transcoding.base import TranscodeFailed
from vod.transcoding.fake import FakeTranscoder

pytestmark = [pytest.mark.django_db, pytest.mark.media]

NOON = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
TRANSIENT = TranscodeFailed("killed", "The encoder was ended by SIGKILL.", is_transient=True)


@pytest.fixture(scope="session")
def clip(tmp_path_factory) -> Path:
    return clips.film(tmp_path_factory.mktemp("clip") / "夏の港.mp4", seconds=7)


@pytest.fixture
def title() -> Title:
    return builders.title(slug="tram")


@pytest.fixture
def asset(clip, title) -> Asset:
    return film_in.take_in(title=title, file=clip, actor=None, now=NOON)


class Clock:
    """A clock that the test sets."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def run(asset, *, transcoder=None, at=NOON):
    return jobs.run_job(asset.job.pk, clock=Clock(at), transcoder=transcoder or FakeTranscoder())


def stored(folder="") -> set[str]:
    """Every file in the storage of packages."""
    root = Path(storages["packages"].path(folder))
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()} if root.exists() else set()


def work_folders(settings) -> list[Path]:
    return list((Path(settings.VAR_DIR) / "work").glob("*"))


def test_a_master_becomes_a_film(asset, title, settings):
    job = run(asset)
    asset.refresh_from_db()
    title.refresh_from_db()
    package = title.packages.get(is_current=True)
    assert (job.state, job.percent, job.attempts, job.lease_until) == (TranscodeJob.State.SUCCEEDED, 100, 1, None)
    assert asset.state == Asset.State.READY
    assert asset.probe["width"] == 320
    assert package.duration_s == pytest.approx(7, abs=0.1)
    assert package.folder.startswith("tram/")
    assert [key.first_sequence for key in package.keys.all()] == [0]
    assert all(len(key.secret) == 16 for key in package.keys.all())
    for rendition in package.renditions.all():
        for number in range(len(rendition.segments)):
            assert storages["packages"].exists(packages.segment_path(package, rendition.name, number))
    assert title.artwork_wide.name == "titles/tram.jpg"
    assert title.artwork_wide.size > 0
    assert work_folders(settings) == []


def test_the_state_and_the_percent_can_be_followed(asset):
    seen = []
    job = TranscodeJob.objects.get()
    clock = Clock()

    def listen(percent):
        clock.now += timedelta(seconds=2)
        seen.append((percent, Asset.objects.get().state, TranscodeJob.objects.get().percent))

    assert jobs.claim(job, now=NOON)
    jobs.work(job, clock=clock, transcoder=FakeTranscoder(), on_progress=listen)
    percents = [percent for percent, _, _ in seen]
    assert percents == sorted(percents)
    assert percents[-1] == 100
    assert all(written in (percent, 100) for percent, _, written in seen)
    assert Asset.State.TRANSCODING in {state for _, state, _ in seen}


def test_the_lease_is_written_at_most_once_a_second(asset, django_assert_num_queries):
    job = TranscodeJob.objects.get()
    jobs.claim(job, now=NOON)
    clock = Clock()
    hand = encoding.Hand(job=job, clock=clock, listener=lambda percent: None)
    with django_assert_num_queries(1):
        for percent in range(50):
            hand.reach(percent)
    clock.now += timedelta(seconds=1)
    with django_assert_num_queries(1):
        hand.keep()
    job.refresh_from_db()
    assert (job.percent, job.lease_until) == (49, clock.now + encoding.LEASE)


def test_artwork_that_an_editor_chose_stays(asset, title):
    Title.objects.update(artwork_wide="titles/chosen.jpg")
    run(asset)
    title.refresh_from_db()
    assert title.artwork_wide.name == "titles/chosen.jpg"


def test_a_second_process_does_not_get_the_job(asset):
    first, second = TranscodeJob.objects.get(), TranscodeJob.objects.get()
    assert jobs.claim(first, now=NOON)
    assert not jobs.claim(second, now=NOON)
    assert run(asset) is None


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_many_processes_at_once_one_gets_the_job(asset):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets one writer in at a time by itself.")
    at_once = threading.Barrier(8)

    def claim(_number):
        try:
            job = TranscodeJob.objects.get()
            at_once.wait()
            return jobs.claim(job, now=NOON)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(claim, range(8))) == 1
    assert TranscodeJob.objects.get().fence == 1


def test_a_new_film_replaces_the_old_one_which_is_kept(asset, clip, title):
    run(asset)
    old = title.packages.get()
    second = film_in.take_in(title=title, file=clip, actor=None, now=NOON)
    run(second)
    old.refresh_from_db()
    assert not old.is_current
    assert title.packages.get(is_current=True).asset == second
    assert stored(old.folder)


def test_an_older_master_that_comes_late_does_not_replace_the_newer(asset, clip, title):
    newer = film_in.take_in(title=title, file=clip, actor=None, now=NOON)
    run(newer)
    run(asset)
    assert title.packages.count() == 2
    assert title.packages.get(is_current=True).asset == newer


def test_a_transient_failure_is_tried_again_later_and_then_works(asset):
    transcoder = FakeTranscoder(failures=[TRANSIENT])
    failed = run(asset, transcoder=transcoder)
    assert (failed.state, failed.attempts) == (TranscodeJob.State.QUEUED, 1)
    assert failed.available_at == NOON + timedelta(seconds=30)
    assert "SIGKILL" in failed.error
    assert run(asset, transcoder=transcoder, at=NOON + timedelta(seconds=29)) is None
    done = run(asset, transcoder=transcoder, at=NOON + timedelta(seconds=30))
    assert (done.state, done.attempts, done.error) == (TranscodeJob.State.SUCCEEDED, 2, "")


def test_after_four_attempts_the_asset_has_failed_and_keeps_its_file_for_a_retry(asset):
    transcoder = FakeTranscoder(failures=[TRANSIENT] * 4)
    now = NOON
    for _ in range(4):
        job = run(asset, transcoder=transcoder, at=now)
        now += timedelta(minutes=10)
    asset.refresh_from_db()
    assert job.state == TranscodeJob.State.FAILED
    assert (asset.state, asset.failure_code) == (Asset.State.FAILED, "killed")
    assert asset.file.storage.exists(asset.file.name)
    assert not Package.objects.exists()
    assert stored() == set()

    assert jobs.retry(asset, now=now)
    assert run(asset, transcoder=transcoder, at=now).state == TranscodeJob.State.SUCCEEDED
    asset.refresh_from_db()
    assert (asset.state, asset.failure_code, asset.failure_reason) == (Asset.State.READY, "", "")


def test_a_permanent_failure_is_not_tried_again(asset):
    failure = TranscodeFailed("bad_encoding", "It did not pass its check.", is_transient=False)
    job = run(asset, transcoder=FakeTranscoder(failures=[failure]))
    asset.refresh_from_db()
    assert (job.state, job.attempts) == (TranscodeJob.State.FAILED, 1)
    assert asset.failure_reason == "It did not pass its check."


def test_an_error_nobody_foresaw_is_recorded_and_tried_again(asset):
    job = run(asset, transcoder=FakeTranscoder(failures=[RuntimeError("odd")]))
    assert job.state == TranscodeJob.State.QUEUED
    assert job.error == "RuntimeError: odd"


def test_an_upload_that_is_no_video_fails_with_its_reason_and_its_file_is_deleted(title, tmp_path):
    text = tmp_path / "film.mp4"
    text.write_text("これは動画ではありません")
    asset = film_in.take_in(title=title, file=text, actor=None, now=NOON)
    name = asset.file.name
    job = run(asset)
    asset.refresh_from_db()
    assert job.state == TranscodeJob.State.FAILED
    assert (asset.state, asset.failure_code) == (Asset.State.FAILED, "not_a_video")
    assert "not a video" in asset.failure_reason
    with override("en"):
        assert "not a video" in failures.explain(asset)
    assert not asset.file
    assert not storages["masters"].exists(name)
    assert not jobs.retry(asset, now=NOON)


def test_ctrl_c_gives_the_job_back_and_leaves_nothing_half_done(asset, settings):
    with pytest.raises(KeyboardInterrupt):
        run(asset, transcoder=FakeTranscoder(failures=[KeyboardInterrupt()]))
    job = TranscodeJob.objects.get()
    assert (job.state, job.attempts) == (TranscodeJob.State.QUEUED, 0)
    assert work_folders(settings) == []
    assert run(asset).state == TranscodeJob.State.SUCCEEDED


def test_a_process_that_lost_its_lease_writes_nothing_more(asset):
    """It publishes in the moment in which another one has taken the job over: no row, no file, no change of state."""
    clock = Clock()
    job = TranscodeJob.objects.get()
    jobs.claim(job, now=NOON)

    def lose_it(percent):
        clock.now += timedelta(seconds=2)
        if percent >= 95:
            TranscodeJob.objects.update(fence=99)

    left = jobs.work(job, clock=clock, transcoder=FakeTranscoder(), on_progress=lose_it)
    assert (left.state, left.fence) == (TranscodeJob.State.RUNNING, 99)
    assert Asset.objects.get().state == Asset.State.TRANSCODING
    assert not Package.objects.exists()
    assert not PackageKey.objects.exists()
    assert stored() == set()


def dead_owner() -> str:
    """The name of a process of this host that has ended: host, id, and when it had started."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    host = leases.this_process().partition("|")[0]
    return f"{host}|{process.pid}|1"


def test_the_job_of_a_dead_process_is_taken_back_at_once_and_starts_clean(asset, title, settings):
    """As after SIGKILL: the row says running, a work folder and files in the storage are left."""
    job = TranscodeJob.objects.get()
    jobs.claim(job, now=NOON)
    asset.move_to(Asset.State.PROBING)
    owner = dead_owner()
    TranscodeJob.objects.update(lease_owner=owner)
    folder = Path(settings.VAR_DIR) / "work" / f"{asset.pk}-1"
    folder.mkdir(parents=True)
    (folder / "owner").write_text(owner)
    left = f"{packages.folder_for(asset, 1)}/720p/00000.ts"
    storages["packages"].save(left, asset.file.storage.open(asset.file.name))

    assert jobs.sweep_jobs(NOON + timedelta(seconds=1)) == 1
    job.refresh_from_db()
    assert (job.state, job.attempts, job.lease_owner) == (TranscodeJob.State.QUEUED, 1, "")
    assert work_folders(settings) == []
    assert run(asset, at=NOON + timedelta(seconds=1)).state == TranscodeJob.State.SUCCEEDED
    assert not storages["packages"].exists(left)
    assert stored() == {f"{title.packages.get().folder}/{name}" for name in stored(title.packages.get().folder)}


def test_a_process_killed_after_publishing_only_has_to_be_finished(asset, title):
    run(asset)
    Asset.objects.update(state=Asset.State.PLAYABLE)
    Title.objects.update(artwork_wide="")
    TranscodeJob.objects.update(
        state=TranscodeJob.State.RUNNING, lease_owner=dead_owner(), lease_until=NOON + timedelta(minutes=2)
    )
    jobs.sweep_jobs(NOON)
    assert run(asset).state == TranscodeJob.State.SUCCEEDED
    title.refresh_from_db()
    assert title.packages.count() == 1
    assert title.artwork_wide
    assert Asset.objects.get().state == Asset.State.READY


def test_the_job_of_a_living_process_is_left_alone_until_its_lease_runs_out(asset):
    job = TranscodeJob.objects.get()
    jobs.claim(job, now=NOON)
    assert jobs.sweep_jobs(NOON + timedelta(seconds=1)) == 0
    assert jobs.sweep_jobs(NOON + encoding.LEASE + timedelta(seconds=1)) == 1


def test_a_master_that_kills_its_process_each_time_is_given_up(asset):
    owner = dead_owner()
    for _ in range(4):
        job = TranscodeJob.objects.get()
        assert jobs.claim(job, now=NOON)
        TranscodeJob.objects.update(lease_owner=owner)
        jobs.sweep_jobs(NOON)
    asset.refresh_from_db()
    assert asset.state == Asset.State.FAILED
    assert "4 times" in asset.failure_reason


def test_the_sweep_keeps_the_folder_of_a_living_process(settings):
    with workfolders.work_folder("7-1") as folder:
        jobs.sweep_jobs(NOON)
        assert (folder / "owner").read_text() == leases.this_process()
    assert not folder.exists()


def test_an_upload_that_was_cut_off_is_cleared_after_a_day(title, clip):
    asset = film_in.store_master(title=title, file=clip, actor=None, now=NOON)
    name = asset.file.name
    jobs.sweep_jobs(NOON + timedelta(hours=23))
    assert Asset.objects.exists()
    jobs.sweep_jobs(NOON + timedelta(hours=25))
    assert not Asset.objects.exists()
    assert not storages["masters"].exists(name)


def test_the_oldest_due_job_comes_first(asset, clip):
    late = film_in.take_in(title=builders.title(), file=clip, actor=None, now=NOON + timedelta(hours=1))
    early = film_in.take_in(title=builders.title(), file=clip, actor=None, now=NOON - timedelta(hours=1))
    done = jobs.run_next(clock=Clock(), transcoder=FakeTranscoder())
    assert done.asset == early
    assert TranscodeJob.objects.get(asset=late).state == TranscodeJob.State.QUEUED


def test_the_task_works_on_its_job_and_else_on_the_one_that_waits(asset):
    TranscodeJob.objects.update(available_at=timezone.now())
    transcode.run(job_id=asset.job.pk + 1000)
    assert TranscodeJob.objects.get().state == TranscodeJob.State.SUCCEEDED
