"""The default transcoder: the ffmpeg binary of the imageio-ffmpeg wheel, or the one FFMPEG_BINARY names."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import imageio_ffmpeg

from vod.transcoding import process
from vod.transcoding.base import Encoded, EncodedRendition, OnProgress, ShouldStop, TranscodeFailed
from vod.transcoding.command import TS_OFFSET_S, Source, command, source_of
from vod.transcoding.ladder import Rung
from vod.transcoding.posters import best_first
from vod.transcoding.probe import Probe


class FfmpegTranscoder:
    """Encodes all rungs in one local ffmpeg process."""

    name = "ffmpeg"

    def __init__(self, *, binary: str | None = None, stall_after_s: float = 120.0, preset: str = "veryfast") -> None:
        self._binary = binary
        self._stall_after_s = stall_after_s
        self._preset = preset

    def transcode(
        self,
        *,
        master: Path,
        probe: Probe,
        rungs: Sequence[Rung],
        workdir: Path,
        on_progress: OnProgress,
        should_stop: ShouldStop,
    ) -> Encoded:
        """Encode as the port says. See Transcoder.transcode."""
        if not Path(master).is_file():
            raise TranscodeFailed(
                "missing_master", f"The master file {master} is gone. Upload it again.", is_transient=False
            )
        source = self._source(Path(master), probe)
        folder = _fresh_folder(workdir, rungs)
        argv = command(binary=find_binary(self._binary), source=source, probe=probe, rungs=rungs, preset=self._preset)
        progress = process.Progress(duration_s=probe.duration_s, offset_s=TS_OFFSET_S, report=on_progress)
        process.run(argv, cwd=folder, progress=progress, should_stop=should_stop, stall_after_s=self._stall_after_s)
        return _collect(folder, probe, rungs)

    def _source(self, master: Path, probe: Probe) -> Source:
        return source_of(master, probe)


def find_binary(binary: str | None = None) -> str:
    """Return the path of ffmpeg: the one given, else FFMPEG_BINARY, else the wheel's; or raise TranscodeFailed."""
    wanted = binary or os.environ.get("FFMPEG_BINARY")
    try:
        found = shutil.which(wanted) if wanted else imageio_ffmpeg.get_ffmpeg_exe()
    except RuntimeError:
        found = None
    if not found:
        raise TranscodeFailed(
            "no_encoder",
            f"No ffmpeg at {wanted or 'the imageio-ffmpeg package'}. Set FFMPEG_BINARY to the path of one.",
            is_transient=False,
        )
    return found


def _fresh_folder(workdir: Path, rungs: Sequence[Rung]) -> Path:
    folder = workdir / "encoded"
    if folder.exists():
        shutil.rmtree(folder)
    for name in ("posters", *(rung.name for rung in rungs)):
        (folder / name).mkdir(parents=True)
    return folder


def _collect(folder: Path, probe: Probe, rungs: Sequence[Rung]) -> Encoded:
    renditions = tuple(
        EncodedRendition(rung=rung, segments=tuple(sorted((folder / rung.name).glob("*.ts")))) for rung in rungs
    )
    return Encoded(
        renditions=renditions,
        posters=best_first(folder / "posters"),
        has_audio=probe.has_audio,
        duration_s=probe.duration_s,
    )
