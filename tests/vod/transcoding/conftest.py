"""Films drawn once for all tests of transcoding."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.vod.transcoding import clips
from vod.transcoding.base import Encoded
from vod.transcoding.fake import FakeTranscoder
from vod.transcoding.probe import Probe, probe


@dataclass(frozen=True)
class Clip:
    """A master on disk and what the probe says of it."""

    path: Path
    probe: Probe


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    """13 s, 320×180, 30 pictures a second, with sound: three segments."""
    path = clips.film(tmp_path_factory.mktemp("clip") / "film.mp4", seconds=13, other=("-movflags", "+faststart"))
    return Clip(path, probe(path))


@pytest.fixture(scope="session")
def encoded(clip: Clip, tmp_path_factory: pytest.TempPathFactory) -> Encoded:
    """The clip in two renditions of three segments each."""
    return FakeTranscoder().transcode(
        master=clip.path,
        probe=clip.probe,
        rungs=[clips.rung("180p", 320, 180), clips.rung("90p", 160, 90)],
        workdir=tmp_path_factory.mktemp("work"),
        on_progress=lambda percent: None,
        should_stop=lambda: False,
    )
