"""What holds for every transcoder that is found in the house."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

import vod.transcoding
from tests.vod.transcoding import clips
from tests.vod.transcoding.processes import at_work_in
from vod.transcoding.base import Encoded, TranscodeFailed, Transcoder, TranscodeStopped
from vod.transcoding.packaging import Packaged, package
from vod.transcoding.posters import spread
from vod.transcoding.probe import probe

pytestmark = pytest.mark.media

RUNGS = (clips.rung("180p", 320, 180), clips.rung("90p", 160, 90))


def _found() -> Iterator[type[Transcoder]]:
    for module in pkgutil.iter_modules(vod.transcoding.__path__, "vod.transcoding."):
        for _, kind in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if kind.__module__ == module.name and hasattr(kind, "transcode") and kind is not Transcoder:
                yield kind


@pytest.fixture(params=sorted(_found(), key=lambda kind: kind.name), ids=lambda kind: kind.name)
def transcoder(request: pytest.FixtureRequest) -> Transcoder:
    return request.param()


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Black for a second, then 6.5 s of a scene with sound, 7.5 s in all."""
    path = tmp_path_factory.mktemp("masters") / "film.mp4"
    return clips.film(path, seconds=7.5, other=("-vf", "fade=in:st=0.9:d=0.2"))


@pytest.fixture(scope="module")
def silent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clips.film(tmp_path_factory.mktemp("masters") / "silent.mp4", sound=None)


def transcode(
    transcoder: Transcoder,
    master: Path,
    workdir: Path,
    *,
    on_progress: Callable[[float], None] = lambda percent: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Encoded:
    return transcoder.transcode(
        master=master,
        probe=probe(master),
        rungs=RUNGS,
        workdir=workdir,
        on_progress=on_progress,
        should_stop=should_stop,
    )


def packaged(encoded: Encoded, folder: Path) -> Packaged:
    return package(encoded, folder / "package")


def test_both_rungs_come_out_whole_and_cut_at_the_same_pictures(transcoder, master, tmp_path):
    encoded = transcode(transcoder, master, tmp_path)

    result = packaged(encoded, tmp_path)

    assert [rendition.rung for rendition in encoded.renditions] == list(RUNGS)
    assert [[segment.duration_s for segment in r.segments] for r in result.renditions] == [[6.0, 1.5], [6.0, 1.5]]
    assert all(r.codecs.startswith("avc1.") and r.codecs.endswith(",mp4a.40.2") for r in result.renditions)
    assert encoded.has_audio


def test_progress_never_falls_and_ends_at_one_hundred(transcoder, master, tmp_path):
    seen: list[float] = []
    transcode(transcoder, master, tmp_path, on_progress=seen.append)
    assert all(before <= after for before, after in pairwise(seen))
    assert seen[0] == 0
    assert seen[-1] == 100
    assert seen.count(100) == 1


def test_the_poster_is_a_jpeg_that_shows_something(transcoder, master, tmp_path):
    posters = transcode(transcoder, master, tmp_path).posters
    assert posters[0].read_bytes().startswith(b"\xff\xd8\xff")
    assert spread(posters[0]) > 20
    assert spread(posters[0]) >= spread(posters[-1])


def test_a_film_without_sound_has_none_and_says_so(transcoder, silent, tmp_path):
    encoded = transcode(transcoder, silent, tmp_path)
    assert not encoded.has_audio
    assert {"," in rendition.codecs for rendition in packaged(encoded, tmp_path).renditions} == {False}


def test_a_stop_ends_the_work_and_every_process_of_it(transcoder, master, tmp_path):
    with pytest.raises(TranscodeStopped):
        transcode(transcoder, master, tmp_path, should_stop=lambda: True)
    assert at_work_in(tmp_path) == []


def test_a_caller_that_fails_leaves_no_process_behind(transcoder, master, tmp_path):
    def lease_lost(percent: float) -> None:
        raise LookupError(f"The lease was lost at {percent} %.")

    with pytest.raises(LookupError, match="lease was lost"):
        transcode(transcoder, master, tmp_path, on_progress=lease_lost)
    assert at_work_in(tmp_path) == []


def test_what_an_earlier_run_left_is_not_taken_for_a_result(transcoder, silent, tmp_path):
    before = transcode(transcoder, silent, tmp_path)
    left = before.renditions[0].segments[0].with_name("00001.ts")
    left.write_bytes(b"rubbish")

    after = transcode(transcoder, silent, tmp_path)

    assert [len(rendition.segments) for rendition in after.renditions] == [1, 1]


def test_a_master_that_is_gone_is_a_failure_for_good(transcoder, silent, tmp_path):
    facts = probe(silent)
    with pytest.raises(TranscodeFailed) as caught:
        transcoder.transcode(
            master=tmp_path / "gone.mp4",
            probe=facts,
            rungs=RUNGS,
            workdir=tmp_path,
            on_progress=lambda percent: None,
            should_stop=lambda: False,
        )
    assert (caught.value.code, caught.value.is_transient) == ("missing_master", False)
