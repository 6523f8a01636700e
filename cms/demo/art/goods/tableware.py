"""Mugs and the cracker tin."""

import math

from cms.demo.art.canvas import Canvas, Point, ring
from cms.demo.art.colour import HARBOUR, NAVY, SNOW, VERMILION, Gradient, across, clear, darker, down, lighter
from cms.demo.art.dice import dice
from cms.demo.art.goods.studio import ROUND, shadow, sweep
from cms.demo.art.scenery import creatures, sea, town, vessels

WHITE_GLAZE, BLUE_GLAZE = "#f8f5ee", "#2b6499"


def mug_in_snow_white(c: Canvas) -> None:
    """Goma-kun's mug in white on a harbour-blue paper."""
    sweep(c, "#8fb9d3")
    shadow(c, 580, 958, 330, 56)
    mug(c.at(560, 960), glaze=WHITE_GLAZE, trim=HARBOUR)


def mug_in_harbour_blue(c: Canvas) -> None:
    """Goma-kun's mug in blue on a sand-coloured paper."""
    sweep(c, "#f0d8b4")
    shadow(c, 580, 958, 330, 56, tone="#4a2c1c")
    mug(c.at(560, 960), glaze=BLUE_GLAZE, trim=SNOW)


def mugs_together(c: Canvas) -> None:
    """Both mugs by a window sill's light, with cocoa."""
    sweep(c, "#f2b9a2", table=800)
    shadow(c, 400, 900, 236, 40, tone="#4a1f28")
    mug(c.at(390, 900, 0.72), glaze=BLUE_GLAZE, trim=SNOW, drink="#6b3f28")
    shadow(c, 790, 1010, 250, 44, tone="#4a1f28")
    mug(c.at(770, 1012, 0.78), glaze=WHITE_GLAZE, trim=HARBOUR, drink="#6b3f28")


def mug(c: Canvas, *, glaze: str, trim: str, drink: str | None = None) -> None:
    """A mug 560 wide without its handle and 640 high, standing on the origin."""
    _handle(c, glaze)
    wall = [(-272.0, -600.0), *reversed(ring(0, -44, 246, 46, start=0, end=180)), (272, -600)]
    c.polygon(wall, glaze)
    with c.layer(clip=wall) as print_:
        if trim == HARBOUR:
            print_.ellipse(0, -300, 196, fill="#bfd9e8")
        _mug_print(print_, trim)
    c.polygon(wall, ROUND)
    c.ellipse(0, -600, 272, 58, fill=across(lighter(glaze, 0.5), lighter(glaze, 0.2), darker(glaze, 0.14)))
    c.ellipse(0, -597, 250, 47, fill=across(darker(glaze, 0.34), darker(glaze, 0.12), lighter(glaze, 0.2)))
    if drink:
        c.ellipse(0, -585, 236, 35, fill=across(darker(drink, 0.2), drink, lighter(drink, 0.22)))
        c.glow(60, -585, 90, "#ffffff", 0.25)


def _handle(c: Canvas, glaze: str) -> None:
    loop = [(232, -500), (330, -520), (404, -462), (412, -340), (368, -220), (288, -150), (222, -140)]
    c.line(loop, darker(glaze, 0.26), 66, curved=True)
    c.line([(x - 5, y - 5) for x, y in loop], darker(glaze, 0.07), 52, curved=True)
    c.line([(x - 14, y - 12) for x, y in loop[1:5]], lighter(glaze, 0.45), 13, curved=True)


def _mug_print(c: Canvas, trim: str) -> None:
    for lift in (0, 22):
        points = [
            (x, -92 + lift + 9 * math.sin(x / 30) + 42 * math.sqrt(max(0, 1 - (x / 262) ** 2)) - 34)
            for x in range(-262, 263, 6)
        ]
        c.line(points, trim, 9 if lift == 0 else 5)
    creatures.goma(c.at(0, -152, 1.62), happy=True, wave=0.85, scarf=VERMILION, shade="#bccbe4")
    for x, y, size in (
        (-176, -430, 10),
        (-196, -250, 7),
        (176, -470, 8),
        (196, -330, 11),
        (-120, -520, 7),
        (104, -530, 9),
    ):
        c.ellipse(x, y, size, fill=clear(trim, 0.75))


def cracker_tin(c: Canvas) -> None:
    """The tin of squid-ink crackers, closed, some crackers before it."""
    sweep(c, "#f4c86f")
    shadow(c, 600, 850, 420, 120, tone="#5a3410")
    _tin_body(c.at(600, 800))
    _lid(c.at(600, 560))
    for x, y, size, turn in ((330, 1010, 1.0, 0), (478, 1050, 1.04, 1), (830, 1030, 1.02, 2)):
        shadow(c, x, y + 14, 90 * size, 30, tone="#5a3410")
        cracker(c.at(x, y, size), seed=turn)


def cracker_tin_open(c: Canvas) -> None:
    """The tin with its lid off, full of crackers."""
    sweep(c, "#7fb7b4")
    shadow(c, 560, 910, 400, 116)
    view = c.at(540, 870, 0.94)
    _tin_body(view)
    view.ellipse(0, -240, 400, 168, fill="#e9dcc0")
    view.ellipse(0, -234, 382, 156, fill=darker("#c9a86a", 0.45))
    with view.layer(clip=[*ring(0, -234, 382, 156, start=0, end=180), (-382, -420), (382, -420)]) as inside:
        for row, (y, count, reach) in enumerate(
            ((-330, 4, 230), (-290, 5, 280), (-238, 5, 300), (-186, 4, 250), (-142, 3, 170))
        ):
            for place in range(count):
                x = (place - (count - 1) / 2) * reach * 2 / max(1, count - 0.6)
                cracker(inside.at(x, y, 0.92), seed=row * 7 + place)
    shadow(c, 905, 1010, 190, 40)
    _leaning_lid(c.at(880, 820))
    cracker(c.at(300, 1050, 1.1), seed=91)


def _tin_body(c: Canvas) -> None:
    wall: list[Point] = [(-400, -240), *reversed(ring(0, 0, 400, 168, start=0, end=180)), (400, -240)]
    c.polygon(wall, NAVY)
    with c.layer(clip=wall) as band:
        for row in range(3):
            points = [
                (x, -40 + row * 44 + 164 * math.sqrt(max(0, 1 - (x / 402) ** 2)) - 60 + 10 * math.sin(x / 24 + row))
                for x in range(-400, 401, 5)
            ]
            band.line(points, ("#e9b84a", "#f6f0de", "#3f7fa8")[row], (5, 8, 8)[row])
    c.polygon(wall, ROUND)


def _lid(c: Canvas) -> None:
    rim: list[Point] = [(-408, 0), *reversed(ring(0, 40, 408, 172, start=0, end=180)), (408, 0)]
    c.polygon(rim, "#24406e")
    c.polygon(rim, ROUND)
    c.ellipse(0, 0, 408, 172, fill=across("#f3d58a", "#d9a840", "#a87824"))
    _lid_picture(c.at(0, 0, 0.97, tall=172 / 408))


def _lid_picture(c: Canvas) -> None:
    """The picture on the lid, a circle of radius 400: a squid over the waves before the sun."""
    disc = ring(0, 0, 396, 396)
    with c.layer(clip=disc) as art:
        art.box(-400, -400, 800, 800, down("#173a63", "#24618c", "#2f86a6"))
        for place in range(12):
            angle, half = math.tau * place / 12, 0.13
            spread = [(620 * math.cos(angle + s * half), -40 + 620 * math.sin(angle + s * half)) for s in (-1, 1)]
            art.polygon([(0, -40), *spread], "#2c6f98")
        art.ellipse(0, -40, 236, fill=down("#f0643c", "#d63f2a"))
        sea.scales(art, -420, 190, 840, 300, size=74, colour="#bfe4ea")
        creatures.squid(art.at(0, -20, 1.55))
        vessels.squid_boat(art.at(-226, 196, 0.5))
        town.lighthouse(art.at(268, 206, 0.5))
        for x, y, size in (
            (-190, -220, 9),
            (180, -250, 11),
            (-280, -60, 8),
            (290, -90, 9),
            (-90, -310, 7),
            (70, -330, 8),
        ):
            art.ellipse(x, y, size, fill="#f6f0de")
    c.line(ring(0, 0, 372, 372), "#e9c66a", 7)


def _leaning_lid(c: Canvas) -> None:
    view = c.at(0, 0, 0.47, turn=9)
    view.ellipse(14, 10, 408, fill="#7d5a1e")
    view.ellipse(0, 0, 408, fill=across("#f3d58a", "#d9a840", "#a87824"))
    _lid_picture(view.at(0, 0, 0.97))
    view.ellipse(0, 0, 396, fill=Gradient(((0, "#ffffff44"), (0.4, "#ffffff08"), (1, "#0f1a3a44")), across=True))


def cracker(c: Canvas, *, seed: int) -> None:
    """A round cracker black with squid ink, 180 wide, lying on the table."""
    throw = dice(seed)
    c.ellipse(0, 13, 90, 40, fill="#1d1a22")
    c.ellipse(0, 0, 90, 40, fill=across("#6a6270", "#453f4c", "#2c2833"))
    c.ellipse(-6, -3, 72, 29, fill=clear("#57505e", 0.9))
    for _ in range(26):
        angle, far = throw.uniform(0, math.tau), throw.random() ** 0.5
        x, y = 76 * far * math.cos(angle), 31 * far * math.sin(angle)
        c.ellipse(x, y, 4.2, 2.4, fill=throw.choice(("#f1e2b8", "#e0c88c", "#2a2630", "#fff4d6")))
    c.line(ring(0, -2, 84, 35, start=190, end=300), clear("#ffffff", 0.28), 4)
