"""Choose the still that shows most."""

from pathlib import Path

import av
from av.video.frame import VideoFrame

_SAMPLE_WIDTH, _SAMPLE_HEIGHT = 64, 36


def best_first(folder: Path) -> tuple[Path, ...]:
    """Return the JPEG files of a folder, the one with the widest spread of light first.

    Black, white and faded pictures have a narrow spread, so they come last.
    """
    return tuple(sorted(sorted(folder.glob("*.jpg")), key=spread, reverse=True))


def spread(picture: Path) -> float:
    """Return the standard deviation of brightness, 0 (one flat colour) to 127.5."""
    light = _brightness(picture)
    mean = sum(light) / len(light)
    return float((sum((value - mean) ** 2 for value in light) / len(light)) ** 0.5)


def _brightness(picture: Path) -> bytes:
    with av.open(str(picture)) as container:
        frame: VideoFrame = next(container.decode(video=0))
    grey = frame.reformat(width=_SAMPLE_WIDTH, height=_SAMPLE_HEIGHT, format="gray")
    plane = grey.planes[0]
    rows = bytes(plane)
    return b"".join(rows[y * plane.line_size : y * plane.line_size + grey.width] for y in range(grey.height))
