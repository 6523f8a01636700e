"""Keepsakes: the acrylic key ring, the DVD box, the plush seal."""

import math
from itertools import pairwise

from PIL import Image

from cms.demo.art.canvas import Canvas, Point, ring, smooth
from cms.demo.art.colour import SNOW, VERMILION, Gradient, across, clear, darker, down, lighter
from cms.demo.art.dice import dice
from cms.demo.art.goods.studio import flat_shadow, shadow, sweep
from cms.demo.art.posters import strolls
from cms.demo.art.scenery import creatures, sea, town

_PLATE: list[Point] = [
    (0, -424), (58, -392), (84, -300), (92, -120), (112, 60), (196, 120), (240, 210), (206, 300), (60, 330), (-80, 330),
    (-214, 304), (-240, 210), (-190, 110), (-112, 60), (-92, -120), (-84, -300), (-58, -392),
]  # fmt: skip


def key_ring(c: Canvas) -> None:
    """The clear acrylic key ring with the lighthouse."""
    sweep(c, "#f3b7a6", table=1400)
    view = c.at(590, 716, 1.0, turn=5)
    outline = smooth(_PLATE)
    flat_shadow(view, outline, drop=34, blur=20, strength=0.3)
    view.polygon([(x + 7, y + 8) for x, y in outline], "#8fb9cfb0")
    view.polygon(outline, "#ffffffd8")
    view.polygon(outline, Gradient(((0, "#e9f6fb90"), (0.5, "#ffffff20"), (1, "#a9d3e690"))))
    _plate_picture(view)
    view.line([*outline, outline[0]], "#ffffff", 4)
    view.polygon([(-150, 330), (-20, -30), (40, -30), (-90, 330)], "#ffffff2c")
    _hardware(view)


def _plate_picture(c: Canvas) -> None:
    picture = smooth([(x * 0.9, y * 0.93 + 2) for x, y in _PLATE])
    with c.layer(clip=picture) as art:
        art.box(-260, -440, 520, 800, down("#2f6fa0", "#7fc0cf", "#fbe0b4"))
        art.ellipse(30, 150, 120, fill="#ffb26b")
        town.lighthouse(art.at(0, 208, 1.33))
        for y, tone in ((214, "#3f93ab"), (250, "#2a739a"), (288, "#1d567f")):
            surface = [(x, y - 12 * sea.crest(x, wavelength=120, phase=y / 90)) for x in range(-260, 261, 5)]
            art.polygon([(-260, 360), *surface, (260, 360)], tone)
            art.line(surface, SNOW, 5)
        creatures.goma(art.at(104, 300, 0.66), happy=True, shade="#b4c8e0")


def _hardware(c: Canvas) -> None:
    metal = across("#f6f7fa", "#aab4c6", "#6f7a92")
    c.ellipse(0, -398, 17, fill="#e9a899")
    for place in range(3):
        y = -424 - place * 44
        link = ring(0, y, 13 if place % 2 else 19, 27)
        c.line([*link, link[0]], metal, 8)
    loop = ring(26, -590, 92, 92)
    with c.layer(blur=10) as soft:
        soft.line([(x + 16, y + 26) for x, y in loop], "#4a1f2850", 15)
    c.line(loop, metal, 16)
    c.line(ring(26, -590, 92, 92, start=190, end=280), "#ffffff", 4)


def dvd_box(c: Canvas) -> None:
    """The first volume of the strolls: a box with its disc."""
    sweep(c, "#9cc7b8")
    shadow(c, 590, 1006, 420, 60)
    _disc(c.at(800, 640))
    front = _slanted(_cover(), -0.06)
    left, top, wide = 300, 214, 540
    tall = wide * 1.42
    spine: list[Point] = [(left - 62, top - 14), (left, top + 4), (left, top + tall + 4), (left - 62, top + tall - 40)]
    c.polygon(spine, across("#14233f", "#24487a"))
    c.box(left - 44, top + 60, 24, 200, clear("#f0b640", 0.9), radius=12)
    creatures.goma(c.at(left - 32, top + tall - 90, 0.2), scarf=VERMILION)
    c.stamp(front, left, top + 4 - wide * 0.06, wide)
    shine: list[Point] = [
        (left, top + 4),
        (left + wide * 0.34, top + 4 - wide * 0.02),
        (left + wide * 0.1, top + tall),
        (left, top + tall + 4),
    ]
    c.polygon(shine, Gradient(((0, "#ffffff48"), (1, "#ffffff00")), across=True))


def _cover() -> Image.Image:
    """The front of the box: the poster under a band with the station's mark."""
    art = Canvas.blank(800, 1136)
    strolls.series(art)
    art.box(0, 0, 800, 84, "#14233f")
    art.box(0, 84, 800, 8, "#f0b640")
    for place in range(3):
        art.ellipse(60 + place * 44, 42, 13, fill=(VERMILION, "#f0b640", SNOW)[place])
    art.box(560, 30, 190, 24, clear(SNOW, 0.9), radius=12)
    return art.finish()


def _slanted(picture: Image.Image, rise: float) -> Image.Image:
    """Lean the picture's horizontals by `rise` (run over width), as a box turned a little to the side shows them."""
    lift = round(abs(rise) * picture.width)
    size = (picture.width, picture.height + lift)
    offset = -lift if rise < 0 else 0
    return picture.transform(size, Image.Transform.AFFINE, (1, 0, 0, -rise, 1, offset), Image.Resampling.BICUBIC)


def _disc(c: Canvas) -> None:
    with c.layer(blur=16) as soft:
        soft.ellipse(20, 26, 276, fill="#1b244466")
    c.ellipse(0, 0, 276, fill=across("#fbfcff", "#c3cbdc", "#f3f5fa", "#a9b3c9"))
    with c.layer(clip=ring(0, 0, 262, 262)) as art:
        art.box(-280, -280, 560, 560, down("#2b3a86", "#c75f8c", "#ffb08a"))
        art.ellipse(70, -20, 120, fill="#ffe9bd")
        town.street(
            art.at(-280, 150),
            start=0,
            end=560,
            slope=0.12,
            walls=("#b4606f", "#5a8d99", "#cb9a58"),
            lit=0.8,
            seed=5,
            tall=84,
        )
        art.polygon([(-280, 150), (280, 84), (280, 300), (-280, 300)], down(SNOW, "#b9c6e8"))
    c.ellipse(0, 0, 74, fill="#dfe5f0")
    c.ellipse(0, 0, 36, fill="#9cc7b8")
    sheen = [(0, 0), *ring(0, 0, 276, 276, start=-64, end=-38)]
    c.polygon(sheen, "#ffffff50")


def plush(c: Canvas) -> None:
    """The plush Goma-kun, sitting."""
    sweep(c, "#f2c6cf")
    shadow(c, 600, 978, 390, 62, tone="#5a2438")
    view = c.at(590, 980, 3.55)
    body = smooth(
        [
            (0, -206),
            (58, -190),
            (88, -140),
            (97, -72),
            (84, -18),
            (42, 2),
            (0, 4),
            (-42, 2),
            (-84, -18),
            (-97, -72),
            (-88, -140),
            (-58, -190),
        ]
    )
    fuzz(view, body, tone="#e9e6ea", seed=2)
    creatures.goma(view, shade="#d3cde0", happy=True)
    fuzz(view, body, tone="#ffffff", seed=3, inward=True)
    _tag(view.at(-96, -40, 1))


def plush_lying(c: Canvas) -> None:
    """The plush Goma-kun on his belly, from the side."""
    sweep(c, "#a9c9d9")
    shadow(c, 620, 882, 440, 60)
    view = c.at(540, 884, 2.6)
    body = smooth(
        [
            (-100, -60),
            (-86, -118),
            (-30, -146),
            (40, -132),
            (110, -92),
            (170, -42),
            (176, -14),
            (120, 0),
            (0, 4),
            (-80, -6),
        ]
    )
    fuzz(view, body, tone="#e6ebf0", seed=4)
    creatures.goma_lying(view, shade="#c9d0e2")
    fuzz(view, body, tone="#ffffff", seed=5, inward=True)
    _stitches(view, [(-20, -144), (30, -128), (80, -100), (130, -64)])
    _tag(view.at(150, -20, 0.8))


def fuzz(c: Canvas, outline: list[Point], *, tone: str, seed: int, inward: bool = False) -> None:
    """Short soft hairs along an outline, standing out of it or lying on it."""
    throw = dice(seed)
    for (x, y), (nx, ny) in zip(outline, [*outline[1:], outline[0]], strict=True):
        span = math.hypot(nx - x, ny - y) or 1
        across_x, across_y = (ny - y) / span, -(nx - x) / span
        # What lies on the table is pressed flat, so nothing stands out below.
        for _ in range(0 if across_y > 0.6 else int(span / 1.1) + 1):
            t, long = throw.random(), throw.uniform(1.4, 3.6)
            px, py = x + (nx - x) * t, y + (ny - y) * t
            lean = throw.uniform(-0.6, 0.6)
            depth = -throw.uniform(2, 9) if inward else -0.6
            start = (px + across_x * depth, py + across_y * depth)
            end = (start[0] + (across_x - across_y * lean) * long, start[1] + (across_y + across_x * lean) * long)
            c.line([start, end], clear(tone, 0.55 if inward else 0.95), 0.7)


def _stitches(c: Canvas, path: list[Point]) -> None:
    curve = smooth(path, closed=False, steps=8)
    for first, second in list(pairwise(curve))[::2]:
        c.line([first, second], clear("#8f86a3", 0.6), 1.1)


def _tag(c: Canvas) -> None:
    """The cloth label sewn into the seam."""
    c.polygon([(-2, -10), (-30, -16), (-34, 8), (0, 10)], down(lighter(VERMILION, 0.1), darker(VERMILION, 0.1)))
    c.line([(-5, -7), (-4, 7)], "#f6f4ee", 1)
    c.ellipse(-19, -3, 6, fill="#f6f4ee")
