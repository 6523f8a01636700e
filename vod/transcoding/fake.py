"""A transcoder for tests: it keeps the whole contract, and spends no time on the master."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from vod.transcoding.base import Encoded, OnProgress, ShouldStop
from vod.transcoding.command import Source
from vod.transcoding.ffmpeg import FfmpegTranscoder
from vod.transcoding.ladder import Rung, output_rate
from vod.transcoding.probe import Probe

_DRAWN_SIZE = "64x36"


class FakeTranscoder(FfmpegTranscoder):
    """Draws a moving pattern with a tone for the probed length, encoded at each rung's real size and rate.

    The master must exist and is not read. `failures` are raised first, one a call, after a first sign of progress;
    `masters` remembers what was asked for.
    """

    name = "fake"

    def __init__(self, *, failures: Iterable[Exception] = ()) -> None:
        super().__init__(preset="ultrafast")
        self.failures = list(failures)
        self.masters: list[Path] = []

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
        """Fail as told, else leave a real result. See Transcoder.transcode."""
        self.masters.append(Path(master))
        if self.failures:
            on_progress(0.0)
            raise self.failures.pop(0)
        # What is drawn is progressive and of standard range, whatever the master is.
        drawn = replace(probe, frame_rate=output_rate(probe), is_interlaced=False, is_hdr=False)
        return super().transcode(
            master=master,
            probe=drawn,
            rungs=rungs,
            workdir=workdir,
            on_progress=on_progress,
            should_stop=should_stop,
        )

    def _source(self, master: Path, probe: Probe) -> Source:
        picture = f"testsrc2=s={_DRAWN_SIZE}:r={probe.frame_rate}:d={probe.duration_s}"
        arguments: tuple[str, ...] = ("-f", "lavfi", "-i", picture)
        if probe.has_audio:
            arguments += ("-f", "lavfi", "-i", f"sine=f=440:r=48000:d={probe.duration_s}")
        return Source(arguments=arguments, video="0:0", audio="1:0" if probe.has_audio else None)
