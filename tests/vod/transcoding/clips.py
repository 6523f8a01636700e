"""Small films drawn by ffmpeg, each with one property that masters in the wild have."""

import os
import subprocess
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import pytest

from vod.transcoding.ffmpeg import find_binary
from vod.transcoding.ladder import Rung
from vod.transcoding.probe import Probe

FAST = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")

HDR = (
    *("-c:v", "libx264", "-preset", "ultrafast", "-vf"),
    "format=yuv420p10le,setparams=color_trc=smpte2084:color_primaries=bt2020:colorspace=bt2020nc:range=tv",
)
FIELDS = ("-vf", "interlace", "-flags", "+ilme+ildct", "-x264-params", "tff=1")


def ffmpeg(*arguments: str | Path) -> str:
    """Run ffmpeg and return what it printed; a failure shows what it said."""
    command = [find_binary(), "-nostdin", "-y", "-loglevel", "error", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def film(
    path: Path,
    *,
    size: str = "320x180",
    rate: str = "30",
    seconds: float = 3,
    sound: str | None = "sine=f=330",
    video: Sequence[str] = FAST,
    other: Sequence[str] = (),
) -> Path:
    """Draw a moving test scene, with a tone unless `sound` is None."""
    heard = ("-f", "lavfi", "-i", f"{sound}:d={seconds}") if sound else ()
    drawn = f"testsrc2=s={size}:r={rate}:d={seconds}"
    ffmpeg("-f", "lavfi", "-i", drawn, *heard, *video, "-g", "30", "-c:a", "aac", *other, path)
    return path


def probed(**changes: object) -> Probe:
    """Return a probe of an ordinary film, without a file."""
    values: dict[str, object] = {
        "container": "mov",
        "size_bytes": 1,
        "duration_s": 60.0,
        "video_index": 0,
        "video_codec": "h264",
        "pixel_format": "yuv420p",
        "width": 1920,
        "height": 1080,
        "sample_aspect_ratio": Fraction(1),
        "rotation": 0,
        "frame_rate": Fraction(30),
        "is_interlaced": False,
        "is_hdr": False,
        "audio_index": 1,
        "audio_codec": "aac",
        "audio_channels": 2,
    }
    return Probe(**(values | changes))


def rung(name: str, width: int, height: int) -> Rung:
    return Rung(name=name, width=width, height=height, max_kbps=400, frame_rate=Fraction(30), gop=60)


def sample(name: str) -> Path:
    """Return a real clip from the folder SAMPLE_MEDIA names; leave the test out, and say so, where it is missing."""
    folder = os.environ.get("SAMPLE_MEDIA")
    if not folder or not (path := Path(folder) / name).is_file():
        pytest.skip(f"Left out: SAMPLE_MEDIA names no folder with {name}.")
    return path
