"""Time one ffmpeg process for all rungs against one process per rung, on the same clip in the same run.

Prints one JSON line. `ratio` is how many times faster the single process is, by wall clock; `cpu_ratio` by CPU
seconds. Usage: `python -m bench.transcode [CLIP]`; without a clip a 1080p one is drawn.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from vod.transcoding.ffmpeg import FfmpegTranscoder, find_binary
from vod.transcoding.ladder import Rung, ladder
from vod.transcoding.probe import Probe, probe

_DRAWN_S = 4
_ROUNDS = 2


def measure(master: Path, facts: Probe, groups: Sequence[Sequence[Rung]]) -> tuple[float, float]:
    """Encode each group of rungs in a process of its own, one after another; return wall and CPU seconds."""
    began, cpu = time.monotonic(), _children_cpu()
    for rungs in groups:
        with tempfile.TemporaryDirectory() as folder:
            FfmpegTranscoder().transcode(
                master=master,
                probe=facts,
                rungs=rungs,
                workdir=Path(folder),
                on_progress=lambda percent: None,
                should_stop=lambda: False,
            )
    return time.monotonic() - began, _children_cpu() - cpu


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def draw(path: Path) -> Path:
    """Draw a moving 1080p scene with grain, so that there is something to decode and to encode."""
    scene = f"testsrc2=s=1920x1080:r=30:d={_DRAWN_S},noise=alls=12:allf=t"
    sound = ("-f", "lavfi", "-i", f"sine=d={_DRAWN_S}", "-c:a", "aac")
    video = ("-c:v", "libx264", "-preset", "veryfast", "-b:v", "20M", "-pix_fmt", "yuv420p")
    subprocess.run([find_binary(), "-v", "error", "-f", "lavfi", "-i", scene, *sound, *video, path], check=True)
    return path


def main(arguments: Sequence[str]) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        master = Path(arguments[0]) if arguments else draw(Path(folder) / "drawn.mp4")
        facts = probe(master)
        rungs = ladder(facts)
        rounds = [
            (measure(master, facts, [rungs]), measure(master, facts, [[rung] for rung in rungs]))
            for _ in range(_ROUNDS)
        ]
    # The best of rounds taken in turn: what else runs on the machine can only make either slower.
    together, together_cpu = (min(values) for values in zip(*(one for one, _ in rounds), strict=True))
    apart, apart_cpu = (min(values) for values in zip(*(each for _, each in rounds), strict=True))
    figure = {
        "name": "transcode_one_process",
        "ratio": round(apart / together, 2),
        "cpu_ratio": round(apart_cpu / together_cpu, 2),
        "wall_s": round(together, 2),
        "cpu_s": round(together_cpu, 2),
        "times_realtime": round(facts.duration_s / together, 2),
        "rungs": [rung.name for rung in rungs],
        "media_s": round(facts.duration_s, 2),
    }
    print(json.dumps(figure))


if __name__ == "__main__":
    main(sys.argv[1:])
