"""Write HLS playlists from stored numbers. Made anew for each viewer, since the addresses carry the session.

RFC 8216, and Apple's HLS authoring specification for what it asks beyond that.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Protocol, TypeVar

CONTENT_TYPE = "application/vnd.apple.mpegurl"
_VERSION = 3  # Fractions of a second in EXTINF; nothing here needs more.
# The variant listed first is what players begin with before they know the line.
_START_BANDWIDTH = 2_500_000


class Variant(Protocol):
    """What a multivariant playlist says of one rendition: bandwidths, peak and average, in bits a second."""

    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def frame_rate(self) -> float | Fraction: ...
    @property
    def codecs(self) -> str: ...
    @property
    def bandwidth(self) -> int: ...
    @property
    def average_bandwidth(self) -> int: ...


V = TypeVar("V", bound=Variant)


def multivariant(renditions: Sequence[V], *, uri_for: Callable[[V], str]) -> str:
    """Return the playlist that lists all renditions: first the one to begin with, then from large to small.

    Raises ValueError when there is none, or when a value would break the playlist.
    """
    if not renditions:
        raise ValueError("A film without renditions has no playlist.")
    lines = ["#EXTM3U", f"#EXT-X-VERSION:{_VERSION}", "#EXT-X-INDEPENDENT-SEGMENTS"]
    for rendition in _start_first(renditions):
        lines += [f"#EXT-X-STREAM-INF:{_attributes(rendition)}", _safe(uri_for(rendition))]
    return "\n".join(lines) + "\n"


def _start_first(renditions: Sequence[V]) -> list[V]:
    falling = sorted(renditions, key=lambda rendition: rendition.bandwidth, reverse=True)
    start = next((r for r in falling if r.bandwidth <= _START_BANDWIDTH), falling[-1])
    return [start, *(rendition for rendition in falling if rendition is not start)]


def _attributes(rendition: Variant) -> str:
    return ",".join(
        (
            f"BANDWIDTH={rendition.bandwidth}",
            f"AVERAGE-BANDWIDTH={rendition.average_bandwidth}",
            f'CODECS="{_safe(rendition.codecs)}"',
            f"RESOLUTION={rendition.width}x{rendition.height}",
            f"FRAME-RATE={float(rendition.frame_rate):.3f}",
            "VIDEO-RANGE=SDR",
            "CLOSED-CAPTIONS=NONE",
        )
    )


def media_playlist(
    durations_s: Sequence[float],
    *,
    uri_for_segment: Callable[[int], str],
    key_starts: Sequence[int],
    uri_for_key: Callable[[int], str],
) -> str:
    """Return the playlist of one rendition.

    `durations_s` holds the seconds of each segment, `key_starts` the media sequence number with which each key
    begins; `uri_for_segment` gets a media sequence number, `uri_for_key` the number of the key, both from 0.
    Raises ValueError when nothing is there to play, or a segment would be without a key.
    """
    _check_keys(len(durations_s), key_starts)
    number_of = {start: number for number, start in enumerate(key_starts)}
    lines = [
        "#EXTM3U",
        f"#EXT-X-VERSION:{_VERSION}",
        f"#EXT-X-TARGETDURATION:{target_duration(durations_s)}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
    ]
    for sequence, duration in enumerate(durations_s):
        if sequence in number_of:
            lines.append(f'#EXT-X-KEY:METHOD=AES-128,URI="{_safe(uri_for_key(number_of[sequence]))}"')
        lines += [f"#EXTINF:{duration:.6f},", _safe(uri_for_segment(sequence))]
    lines += ["#EXT-X-ENDLIST", ""]
    return "\n".join(lines)


def target_duration(durations_s: Sequence[float]) -> int:
    """Return the least whole number of seconds that no segment, rounded, exceeds (RFC 8216 §4.3.3.1)."""
    return max(1, int(max(durations_s) + 0.5))


def _check_keys(count: int, key_starts: Sequence[int]) -> None:
    if not count:
        raise ValueError("A rendition without segments has no playlist.")
    if list(key_starts) != sorted(set(key_starts)) or list(key_starts[:1]) != [0]:
        raise ValueError(f"Keys must begin with segment 0 and rise: {list(key_starts)}.")
    if key_starts[-1] >= count:
        raise ValueError(f"A key begins with segment {key_starts[-1]}, but there are {count} segments.")


def _safe(value: str) -> str:
    """Refuse what would end a line or a quoted string early, and so add tags of its own."""
    if not value or any(sign in value for sign in '"\r\n') or value.startswith("#"):
        raise ValueError(f"This cannot stand in a playlist: {value!r}.")
    return value
