"""Colours as the house writes them, and gradients that a shape is filled with."""

from dataclasses import dataclass
from typing import Protocol

from PIL import Image, ImageColor

Box = tuple[int, int, int, int]

# The station's own colours, found in every picture.
SNOW = "#f6f4ee"
CREAM = "#fbf0d9"
HARBOUR = "#1f4e79"
NAVY = "#14233f"
VERMILION = "#d9472b"
AMBER = "#ffc46b"
BRICK = "#a8452f"
INK = "#22283a"


class Paint(Protocol):
    """What a shape can be filled with besides a flat colour."""

    def spread(self, width: int, height: int, cut: Box) -> Image.Image:
        """The paint over a box of that size, as the RGBA picture of the part `cut`."""
        ...


Fill = str | Paint


@dataclass(frozen=True)
class Gradient:
    """Colours from top to bottom of a shape, or from left to right when `across`; stops are (0-1, colour)."""

    stops: tuple[tuple[float, str], ...]
    across: bool = False

    def spread(self, width: int, height: int, cut: Box) -> Image.Image:
        length = width if self.across else height
        first, last = (cut[0], cut[2]) if self.across else (cut[1], cut[3])
        strip = [self._colour((step + 0.5) / length) for step in range(first, last)]
        line = Image.new("RGBA", (last - first, 1) if self.across else (1, last - first))
        line.putdata(strip)
        return line.resize((cut[2] - cut[0], cut[3] - cut[1]), Image.Resampling.NEAREST)

    def _colour(self, t: float) -> tuple[int, ...]:
        before = self.stops[0]
        for after in self.stops:
            if t <= after[0]:
                span = after[0] - before[0]
                return _between(rgba(before[1]), rgba(after[1]), (t - before[0]) / span if span else 0)
            before = after
        return rgba(before[1])


def down(*colours: str) -> Gradient:
    """An even gradient from top to bottom."""
    return Gradient(_evenly(colours))


def across(*colours: str) -> Gradient:
    """An even gradient from left to right."""
    return Gradient(_evenly(colours), across=True)


def _evenly(colours: tuple[str, ...]) -> tuple[tuple[float, str], ...]:
    return tuple((place / (len(colours) - 1), colour) for place, colour in enumerate(colours))


def rgba(colour: str) -> tuple[int, int, int, int]:
    """`#rrggbb` or `#rrggbbaa` as four numbers."""
    return ImageColor.getcolor(colour, "RGBA")  # type: ignore[return-value]


def mix(one: str, other: str, t: float) -> str:
    """The colour `t` (0-1) of the way from one to the other."""
    return "#" + "".join(f"{part:02x}" for part in _between(rgba(one)[:3], rgba(other)[:3], t))


def lighter(colour: str, t: float) -> str:
    """The colour moved towards warm white."""
    return mix(colour, "#fffaf0", t)


def darker(colour: str, t: float) -> str:
    """The colour moved towards night blue, which keeps shadows alive where black would kill them."""
    return mix(colour, "#101a38", t)


def clear(colour: str, alpha: float) -> str:
    """The colour with an alpha of 0-1."""
    return colour[:7] + f"{round(255 * alpha):02x}"


def _between(one: tuple[int, ...], other: tuple[int, ...], t: float) -> tuple[int, ...]:
    return tuple(round(a + (b - a) * t) for a, b in zip(one, other, strict=True))
