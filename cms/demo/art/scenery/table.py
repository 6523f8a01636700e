"""Breakfast: bowls, pancakes, steam."""

import math
from collections.abc import Sequence

from cms.demo.art.canvas import Canvas, Point, ring, smooth
from cms.demo.art.colour import Fill, Gradient, across, clear, darker, down, lighter, mix
from cms.demo.art.dice import dice


def bowl(c: Canvas, *, glaze: str = "#2f6f86", inside: str = "#f3e7cf", soup: str = "#f2a64a") -> None:
    """A bowl of chowder, 300 wide and 165 high, standing on the origin; its steam starts at (0, -150)."""
    c.blob([(-64, -2), (-54, -16), (54, -16), (64, -2), (40, 4), (-40, 4)], darker(glaze, 0.3))
    c.polygon(ring(0, -132, 150, 124, start=0, end=180), across(lighter(glaze, 0.28), glaze, darker(glaze, 0.35)))
    c.line([(-139, -84), (-70, -52), (0, -44), (70, -52), (139, -84)], clear("#f7efdc", 0.9), 7, curved=True)
    c.line([(-128, -66), (-64, -37), (0, -30), (64, -37), (128, -66)], clear("#f7efdc", 0.55), 3, curved=True)
    c.ellipse(0, -132, 150, 34, fill=across(lighter(inside, 0.5), inside, darker(inside, 0.12)))
    c.ellipse(0, -129, 134, 27, fill=darker(inside, 0.22))
    c.ellipse(0, -126, 130, 24, fill=across(lighter(soup, 0.35), soup, darker(soup, 0.05)))
    _chowder(c, soup)


def _chowder(c: Canvas, soup: str) -> None:
    for x, y, rx, colour in (
        (-70, -130, 17, "#f6d58a"),
        (48, -134, 15, "#f6d58a"),
        (84, -122, 13, "#e2603a"),
        (-24, -120, 13, "#e2603a"),
    ):
        c.ellipse(x, y + 3, rx, rx * 0.42, fill=clear(darker(soup, 0.4), 0.4))
        c.ellipse(x, y, rx, rx * 0.45, fill=down(lighter(colour, 0.35), colour))
    for x, y in ((-44, -138), (10, -129), (22, -118), (-88, -121), (66, -130), (-6, -139), (102, -129)):
        c.ellipse(x, y, 6, 3, fill="#5f9a52")
    c.glow(-30, -128, 70, "#fff3cf", 0.5)


def spoon(c: Canvas, *, colour: str = "#a86b3f") -> None:
    """A wooden spoon, 220 long, lying from the origin to the right."""
    c.line([(40, 0), (215, -8)], down(lighter(colour, 0.2), darker(colour, 0.1)), 11)
    c.ellipse(28, 1, 36, 17, fill=across(lighter(colour, 0.3), darker(colour, 0.1)))
    c.ellipse(26, -1, 26, 10, fill=darker(colour, 0.28))


def steam(
    c: Canvas, *, height: float, phase: float = 0, width: float = 130, strength: float = 0.8, colour: str = "#ffffff"
) -> None:
    """Three curls of steam over the origin, drifting with the phase (turns)."""
    with c.layer(blur=width * 0.022, opacity=strength) as sheet:
        _strands(sheet, height, phase, width, colour)


def _strands(c: Canvas, height: float, phase: float, width: float, colour: str) -> None:
    for strand, start in enumerate((-0.5, 0.02, 0.5)):
        spine = []
        for step in range(25):
            t = step / 24
            sway = math.sin(math.tau * (t * 1.15 - phase + strand * 0.31)) * width * 0.16 * (0.25 + t)
            spine.append((start * width * (1 - 0.25 * t) + sway, -height * t * (0.82 + 0.12 * strand)))
        _strand(c, spine, width * 0.085, colour)


def _strand(c: Canvas, spine: list[Point], wide: float, colour: str) -> None:
    """One curl as a single outline, so that no overlap shows, fading upwards."""
    bulge = [wide * math.sin(math.pi * (step + 0.5) / len(spine)) ** 0.7 for step in range(len(spine))]
    left = [(x - half, y) for (x, y), half in zip(spine, bulge, strict=True)]
    right = [(x + half, y) for (x, y), half in zip(spine, bulge, strict=True)]
    c.polygon(
        [*left, *reversed(right)],
        Gradient(((0, clear(colour, 0)), (0.35, clear(colour, 0.7)), (0.8, colour), (1, clear(colour, 0)))),
    )


def cup(c: Canvas, *, colour: str = "#d9472b", drink: str = "#5b3524") -> None:
    """A coffee cup, 120 wide with its handle and 100 high, standing on the origin."""
    c.line([(44, -76), (70, -72), (70, -36), (38, -26)], darker(colour, 0.12), 10, curved=True)
    c.blob(
        [(-50, -92), (-48, -40), (-34, -6), (0, 0), (34, -6), (48, -40), (50, -92), (0, -86)],
        across(lighter(colour, 0.3), colour, darker(colour, 0.25)),
    )
    c.ellipse(0, -92, 50, 13, fill=lighter(colour, 0.45))
    c.ellipse(0, -90, 43, 9, fill=drink)


def pancakes(c: Canvas, *, layers: int = 5, seed: int = 4, plate: bool = True) -> None:
    """A stack of pancakes with butter and honey on a plate, about 460 wide, standing on the origin."""
    throw = dice(seed)
    if plate:
        c.ellipse(0, -8, 250, 44, fill=down("#bcd0e6", "#6f8bb5"))
        c.ellipse(0, -18, 250, 44, fill=across("#fdfaf2", "#e9edf4", "#b9c6dd"))
        c.ellipse(0, -16, 190, 30, fill="#cfd8e8")
    for layer in range(layers):
        shift, wide = throw.uniform(-9, 9), 180 - layer * 5 + throw.uniform(-5, 5)
        pancake(c.at(shift, -26 - layer * 37), wide)
    top = -26 - (layers - 1) * 37
    _honey(c.at(0, top), 150)
    _butter(c.at(-4, top - 46))


def pancake(c: Canvas, wide: float) -> None:
    """One pancake with half width `wide`, standing on the origin, 38 thick."""
    rim = wide + 3
    side = [
        *ring(0, -23, wide, wide * 0.185, start=180, end=360),
        (rim, -10),
        *ring(0, -6, rim - 4, wide * 0.185, start=0, end=180),
        (-rim, -10),
    ]
    c.polygon(side, across("#fbdc94", "#f3c26a", "#b8742f"))
    c.line(ring(0, -14, wide - 4, wide * 0.18, start=14, end=166), clear("#fff3cf", 0.5), 5)
    c.ellipse(0, -23, wide, wide * 0.185, fill=across("#e9a650", "#cf8237", "#9c5a24"))
    c.ellipse(0, -25, wide * 0.9, wide * 0.155, fill=across("#d98f3d", "#c0702b", "#9a551f"))


def _honey(c: Canvas, wide: float) -> None:
    gold = across("#ffd866", "#f5a91f", "#d17d10")
    c.ellipse(0, -27, wide * 0.86, wide * 0.15, fill=gold)
    for x, drop in ((-118, 58), (-66, 96), (-8, 66), (62, 118), (116, 52)):
        edge = -27 + wide * 0.15 * math.sqrt(max(0, 1 - (x / (wide * 0.9)) ** 2))
        wide_here = 13 + drop * 0.05
        run = [(x - wide_here * 1.5, edge - 5), (x - wide_here * 0.7, edge + drop * 0.5), (x - wide_here, edge + drop)]
        run += [
            (x, edge + drop + wide_here),
            (x + wide_here, edge + drop),
            (x + wide_here * 0.7, edge + drop * 0.5),
            (x + wide_here * 1.5, edge - 5),
        ]
        c.blob(run, down("#f7b52e", "#e08f17"))
        c.line([(x - wide_here * 0.35, edge + 8), (x - wide_here * 0.4, edge + drop * 0.8)], clear("#fff3c0", 0.8), 3.4)


def _butter(c: Canvas) -> None:
    c.polygon([(-40, 14), (-40, -12), (8, 2), (8, 30)], "#ffe79a")
    c.polygon([(8, 30), (8, 2), (50, -10), (50, 16)], "#efc658")
    c.polygon([(-40, -12), (4, -24), (50, -10), (8, 2)], "#fff4c4")


def plank_table(c: Canvas, y: float, *, colour: str = "#8a5636", edge: float = 26) -> None:
    """A wooden table top from y to the bottom of the canvas, planks running across."""
    c.box(0, y, c.width, c.height - y, down(lighter(colour, 0.16), colour, darker(colour, 0.4)))
    c.box(0, y, c.width, edge * 0.18, clear("#ffe2b0", 0.55))
    throw = dice(9)
    row = y + edge
    while row < c.height:
        c.box(0, row, c.width, 2, clear(darker(colour, 0.7), 0.5))
        for _ in range(5):
            x = throw.uniform(0, c.width)
            grain = [(x, row + edge * 0.4), (x + 60, row + edge * 0.5), (x + 150, row + edge * 0.35)]
            c.line(grain, clear(darker(colour, 0.5), 0.28), 1.6, curved=True)
        row += edge
        edge *= 1.35


def cloth(c: Canvas, points: Sequence[Point], fill: Fill, check: str) -> None:
    """A checked cloth with a curved outline; `check` carries the alpha."""
    outline = smooth(points)
    c.polygon(outline, fill)
    left, right = min(x for x, _ in outline), max(x for x, _ in outline)
    top, bottom = min(y for _, y in outline), max(y for _, y in outline)
    with c.layer(clip=outline) as weave:
        step = (right - left) / 14
        for place in range(0, 15, 2):
            weave.box(left + place * step, top, step, bottom - top, check)
        for place in range(0, int((bottom - top) / step) + 1, 2):
            weave.box(left, top + place * step, right - left, step, check)


def egg(c: Canvas, *, plate: str = "#eef2f5") -> None:
    """A fried egg on a small plate, 200 wide, lying on the origin."""
    c.ellipse(0, 0, 100, 24, fill=mix(plate, "#6f8bb5", 0.5))
    c.ellipse(0, -5, 100, 24, fill=plate)
    c.blob([(-60, -6), (-40, -18), (0, -22), (44, -18), (62, -6), (30, 6), (-30, 6)], "#fffdf6")
    c.ellipse(4, -13, 22, 9, fill=down("#ffc94f", "#f39a1f"))
    c.ellipse(-3, -16, 6, 2.4, fill=clear("#ffffff", 0.8))
