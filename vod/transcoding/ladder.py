"""Which sizes a film is encoded in. Pure arithmetic over a probe."""

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from vod.transcoding.probe import Probe

MAX_FRAME_RATE = 60
GOP_S = 2
GOPS_PER_SEGMENT = 3

# Height of the 16:9 box and its cap in kb/s up to 30 frames a second.
_CAPS = ((1080, 6000), (720, 3000), (540, 1800), (360, 800), (240, 350))
_MOBILE_HEIGHT = 240
_FAST_FACTOR = Fraction(3, 2)
# A rung this near in area to the source's own would cost an encode and show nothing.
_TOO_NEAR = Fraction(85, 100)
_MIN_SIDE = 16
_STANDARD_RATES = tuple(
    Fraction(*rate)
    for rate in ((24000, 1001), (24, 1), (25, 1), (30000, 1001), (30, 1), (50, 1), (60000, 1001), (60, 1))
)


@dataclass(frozen=True, kw_only=True)
class Rung:
    """One size to encode: pixels, peak cap in kb/s, frames a second, frames between keyframes."""

    name: str
    width: int
    height: int
    max_kbps: int
    frame_rate: Fraction
    gop: int

    @property
    def segment_s(self) -> Fraction:
        """Length of a segment in seconds: a whole number of GOPs, 6 s or as near as the frame rate allows."""
        return GOPS_PER_SEGMENT * self.gop / self.frame_rate


def ladder(probe: Probe) -> tuple[Rung, ...]:
    """Return the rungs from the largest to the smallest; at least one, never larger than the source.

    Boxes are 16:9, turned for a portrait film, so that a wide 1920×804 counts as 1080p. A source between two boxes
    becomes the top rung itself. The 240 rung is made only where there would be a single one without it.
    """
    rate = output_rate(probe)
    sizes = _sizes(probe.width, probe.height)
    return tuple(
        Rung(
            name=f"{_box_height(width, height)}p",
            width=width,
            height=height,
            max_kbps=_cap(width * height, rate),
            frame_rate=rate,
            gop=max(1, round(GOP_S * rate)),
        )
        for width, height in sizes
    )


def output_rate(probe: Probe) -> Fraction:
    """Return the constant frame rate of the output: the source's, fields as frames, at most 60.

    A rate within 1 % of a broadcast rate becomes that rate, so that phones' 29.98 gets whole GOPs of 2 s.
    """
    rate = max(Fraction(1), probe.frame_rate * (2 if probe.is_interlaced else 1))
    nearest = min(_STANDARD_RATES, key=lambda standard: abs(standard - rate))
    if abs(nearest - rate) <= nearest / 100:
        return nearest
    divisor = -(-rate // MAX_FRAME_RATE)
    return max(Fraction(1), (rate / divisor).limit_denominator(1001))


def _sizes(width: int, height: int) -> list[tuple[int, int]]:
    top = _fit(width, height, _CAPS[0][0])
    sizes = [top]
    for box, _ in _CAPS[1:]:
        size = _fit(width, height, box)
        if box == _MOBILE_HEIGHT and len(sizes) > 1:
            break
        if size[0] * size[1] < _TOO_NEAR * (sizes[-1][0] * sizes[-1][1]) and min(size) >= _MIN_SIDE:
            sizes.append(size)
    return sizes


def _fit(width: int, height: int, box: int) -> tuple[int, int]:
    """Scale into the box of that height, never up, to even sides."""
    long, short = Fraction(box * 16, 9), box
    room = (short, long) if height > width else (long, short)
    scale = min(Fraction(1), room[0] / width, room[1] / height)
    return _even(width * scale, width), _even(height * scale, height)


def _even(side: Fraction | float, most: int) -> int:
    return max(2, min(2 * round(side / 2), most // 2 * 2))


def _box_height(width: int, height: int) -> int:
    """Name a size by the height of the smallest 16:9 box that holds it, as people do."""
    return max(min(width, height), round(max(width, height) * 9 / 16))


def _cap(pixels: int, rate: Fraction) -> int:
    """Read the cap off the line through the ladder's own points, by area, so that no shape of picture is favoured."""
    points = [(_area(box), cap) for box, cap in reversed(_CAPS)]
    kbps = Fraction(points[0][1])
    for (low, low_cap), (high, high_cap) in pairwise(points):
        share = min(Fraction(1), max(Fraction(0), Fraction(pixels - low, high - low)))
        kbps += share * (high_cap - low_cap)
    return round(kbps * (_FAST_FACTOR if rate > 30 else 1))


def _area(box: int) -> int:
    return box * box * 16 // 9
