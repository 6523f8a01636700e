"""Sky: light, weather, mountains and the long rounded mist of old picture scrolls."""

import math
from collections.abc import Sequence

from cms.demo.art.canvas import Canvas, Point, ring
from cms.demo.art.colour import Fill, clear, down, lighter
from cms.demo.art.dice import dice


def sky(c: Canvas, *colours: str, until: float | None = None) -> None:
    """A sky from its zenith to the horizon at `until` (the whole height when left out)."""
    c.box(0, 0, c.width, c.height if until is None else until, down(*colours))


def stars(c: Canvas, count: int, *, until: float, seed: int, colour: str = "#fff6dd") -> None:
    """Stars that thin out towards the horizon; a few large ones have a halo."""
    throw = dice(seed)
    for _ in range(count):
        x, y = throw.uniform(0, c.width), until * throw.random() ** 1.5
        size = throw.choice((0.7, 0.9, 0.9, 1.2, 1.9))
        if size > 1.5:
            c.glow(x, y, size * 7, colour, 0.5)
        c.ellipse(x, y, size, fill=clear(colour, throw.uniform(0.55, 1)))


def sun(c: Canvas, x: float, y: float, radius: float, *, core: str, halo: str, strength: float = 0.8) -> None:
    """A flat disc in a wide light."""
    c.glow(x, y, radius * 5, halo, strength)
    c.glow(x, y, radius * 2.2, lighter(halo, 0.4), strength)
    c.ellipse(x, y, radius, fill=core)


def moon(c: Canvas, x: float, y: float, radius: float, *, colour: str = "#fff3cf", night: str = "#2a3a6b") -> None:
    """A crescent in a soft light."""
    c.glow(x, y, radius * 6, colour, 0.4)
    outer = ring(x, y, radius, radius, start=50, end=290)
    inner = ring(x + radius * 0.42, y - radius * 0.12, radius * 0.8, radius * 0.8, start=272, end=66)
    c.polygon([*outer, *inner], colour)


def rays(c: Canvas, x: float, y: float, *, count: int, length: float, colour: str, turn: float = 0) -> None:
    """Broad rays around a rising sun, thinning out to nothing at `length`; `colour` carries the alpha."""
    with c.layer(fade=(x, y, length)) as light:
        for ray in range(count):
            middle = math.tau * ray / count + math.radians(turn)
            half = math.pi / count / 2
            ends = [
                (x + length * math.cos(middle + s * half), y + length * math.sin(middle + s * half)) for s in (-1, 1)
            ]
            light.polygon([(x, y), *ends], colour)


def mist(c: Canvas, x: float, y: float, width: float, fill: Fill, *, bars: int = 3, seed: int = 1) -> None:
    """Stacked long bars with round ends, the mist that parts the scenes of a picture scroll."""
    throw = dice(seed)
    tall = width * 0.045
    for bar in range(bars):
        long = width * throw.uniform(0.45, 0.8)
        left = x + throw.uniform(0, width - long)
        c.box(left, y + bar * tall * 0.98, long, tall, fill, radius=tall / 2)


def cloud(c: Canvas, x: float, y: float, width: float, fill: Fill) -> None:
    """A flat-bottomed picture-book cloud whose foot stands at y, drawn as one outline."""
    humps = ((0.0, 0.10), (0.18, 0.17), (0.42, 0.27), (0.66, 0.2), (0.84, 0.13))
    outline: list[Point] = [(x, y)]
    for start, tall in humps:
        middle = x + (start + 0.09) * width
        outline += ring(middle, y - tall * width * 0.45, width * 0.14, width * tall * 0.55, start=185, end=355)
    c.polygon([*outline, (x + width, y)], fill)


def mountains(
    c: Canvas, ridge: Sequence[Point], *, foot: float, fill: Fill, cap: str | None = None, snow_line: float = 0.42
) -> None:
    """A mountain chain along its ridge; `cap` puts snow on the peaks, down to a share of each peak's height."""
    c.polygon([(ridge[0][0], foot), *ridge, (ridge[-1][0], foot)], fill)
    for left, peak, right in zip(ridge, ridge[1:], ridge[2:], strict=False):
        if cap and peak[1] < left[1] and peak[1] < right[1]:
            _snow_cap(c, left, peak, right, cap, snow_line)


def _snow_cap(c: Canvas, left: Point, peak: Point, right: Point, cap: str, share: float) -> None:
    west = _along(peak, left, share)
    east = _along(peak, right, share)
    fringe = [
        (west[0] + (east[0] - west[0]) * t, west[1] + (east[1] - west[1]) * t + drop * (foot_drop(west, east)))
        for t, drop in ((0.14, -0.05), (0.3, 0.2), (0.45, -0.1), (0.6, 0.26), (0.78, -0.04))
    ]
    c.polygon([peak, west, *fringe, east], cap)


def foot_drop(west: Point, east: Point) -> float:
    """How far the fringe of a snow cap hangs down, from the width of the cap."""
    return (east[0] - west[0]) * 0.3


def _along(start: Point, end: Point, t: float) -> Point:
    return start[0] + (end[0] - start[0]) * t, start[1] + (end[1] - start[1]) * t


def hills(c: Canvas, *, foot: float, top: float, waves: float, fill: Fill, seed: int) -> None:
    """A soft rolling ridge across the whole canvas."""
    throw = dice(seed)
    shifts = [throw.uniform(0, math.tau) for _ in range(3)]
    ridge = []
    for x in range(-10, int(c.width) + 20, 10):
        turn = x / c.width * math.tau * waves
        lift = sum(math.sin(turn * (n + 1) + shift) / (n + 1.3) for n, shift in enumerate(shifts))
        ridge.append((x, top + (foot - top) * (0.45 - 0.25 * lift)))
    c.polygon([(-10, foot), *ridge, (c.width + 10, foot)], fill)


def snowfall(c: Canvas, count: int, *, seed: int, sizes: tuple[float, float] = (1.2, 4), strength: float = 0.9) -> None:
    """Loose flakes over the whole canvas, small ones fainter."""
    throw = dice(seed)
    for _ in range(count):
        size = sizes[0] + (sizes[1] - sizes[0]) * throw.random() ** 3
        faint = strength * (0.45 + 0.55 * size / sizes[1])
        c.ellipse(throw.uniform(0, c.width), throw.uniform(0, c.height), size, fill=clear("#ffffff", faint))


def shooting_star(c: Canvas, x: float, y: float, length: float, *, colour: str = "#fff4cf", turn: float = 155) -> None:
    """A star whose tail fades away from its head at (x, y); `turn` is the way the tail points."""
    view = c.at(x, y, turn=turn)
    steps = 14
    for step in range(steps):
        near = step / steps
        wide = 3.2 * (1 - near) + 0.5
        start, end = length * near, length * (near + 1.0 / steps)
        view.line([(start, 0), (end, 0)], clear(colour, (1 - near) ** 1.6), wide)
    c.glow(x, y, 26, colour, 0.9)
    c.ellipse(x, y, 3.4, fill="#fffdf2")
