"""Things of cloth: the T-shirt, the hand towel, the tote bag."""

import math

from cms.demo.art.canvas import Canvas, Point, smooth
from cms.demo.art.colour import NAVY, SNOW, VERMILION, across, clear, darker, down, lighter
from cms.demo.art.goods.studio import CLOTH, SIDE, flat_shadow, folds, shadow, sweep
from cms.demo.art.scenery import creatures, sea, sky, town, vessels

_SHIRT = [
    (-128, -400), (-70, -356), (0, -340), (70, -356), (128, -400), (236, -362), (424, -196), (330, -74), (246, -132),
    (250, 100), (258, 410), (0, 424), (-258, 410), (-250, 100), (-246, -132), (-330, -74), (-424, -196), (-236, -362),
]  # fmt: skip


def t_shirt(c: Canvas) -> None:
    """The navy T-shirt laid flat."""
    sweep(c, "#e7e2d6", table=1400)
    _shirt(c.at(600, 608, 1.12))


def t_shirt_print(c: Canvas) -> None:
    """The print from near."""
    _shirt(c.at(600, 640, 2.9))


def _shirt(c: Canvas) -> None:
    outline = _cut()
    flat_shadow(c, outline)
    c.polygon(outline, across(lighter(NAVY, 0.1), NAVY, darker("#1c3157", 0.1)))
    back = smooth([(-122, -398), (-60, -420), (0, -426), (60, -420), (122, -398), (70, -344), (0, -326), (-70, -344)])
    c.polygon(back, down("#0b1428", "#182a4c"))
    collar = [(-126, -398), (-74, -352), (0, -334), (74, -352), (126, -398)]
    c.line(collar, "#24395f", 17, curved=True)
    c.line([(x, y + 11) for x, y in collar], clear("#6f88b5", 0.5), 1.6, curved=True)
    _shirt_print(c.at(0, 10))
    creases = [
        [(-190, -330), (-206, -220), (-216, -110)],
        [(200, -320), (212, -220), (220, -120)],
        [(-150, 410), (-120, 260), (-150, 140)],
    ]
    creases += [
        [(160, 410), (132, 280), (160, 180)],
        [(20, 420), (34, 330), (16, 260)],
        [(-246, -120), (-190, -60), (-170, 10)],
        [(246, -120), (196, -70), (180, -10)],
    ]
    folds(c, creases, outline, width=22, light=0.07)
    for side in (-1, 1):
        cuff = [(side * 412, -186), (side * 322, -84)]
        c.line(cuff, clear("#6f88b5", 0.45), 1.8)
    c.line([(-248, 396), (0, 410), (248, 396)], clear("#6f88b5", 0.45), 1.8, curved=True)


def _cut() -> list[Point]:
    neck = smooth(_SHIRT[:5], closed=False)
    return [*neck, *smooth(_SHIRT[4:8], closed=False), *_SHIRT[8:16], *smooth([*_SHIRT[15:], _SHIRT[0]], closed=False)]


def _shirt_print(c: Canvas) -> None:
    """The tram on its slope before a round evening sun."""
    disc = [(190 * math.cos(a / 30 * math.pi), -60 + 190 * math.sin(a / 30 * math.pi)) for a in range(60)]
    c.polygon(disc, down("#f0b640", "#ec7a4a", "#d9472b"))
    with c.layer(clip=disc) as art:
        sky.mist(art, -170, -190, 240, "#f6d59a", seed=3)
        sky.mountains(
            art,
            [(-200, 10), (-110, -60), (-40, -10), (60, -90), (150, -20), (210, 0)],
            foot=140,
            fill="#2f5f8a",
            cap=SNOW,
        )
        town.street(
            art.at(-190, 66),
            start=0,
            end=400,
            slope=0.13,
            walls=("#e8cfa0", "#9fc4c4", "#e39a80"),
            lit=0.8,
            seed=4,
            tall=62,
        )
        art.polygon([(-200, 70), (200, 18), (200, 200), (-200, 200)], down(SNOW, "#c9d6ea"))
    vessels.tram(c.at(-146, 62, 0.62, turn=-7.4))
    c.line([(-214, 82), (214, 26)], SNOW, 5)
    c.line([(-196, 94), (196, 43)], clear(SNOW, 0.6), 3)
    for x, y, size in (
        (-150, -230, 5),
        (-210, -120, 4),
        (190, -210, 5),
        (226, -60, 4),
        (-60, -270, 4),
        (90, -268, 5),
        (232, -140, 3),
    ):
        c.ellipse(x, y, size, fill=SNOW)


def hand_towel(c: Canvas) -> None:
    """The big-catch hand towel hanging from a rod."""
    sweep(c, "#bcd6cf", table=1400)
    outline = [
        (-282.0, -430.0),
        (282, -430),
        *smooth([(286, 440), (190, 450), (90, 438), (0, 448), (-100, 438), (-200, 450), (-286, 440)], closed=False),
    ]
    view = c.at(600, 652, 0.96)
    flat_shadow(view, outline, drop=26, blur=28)
    with view.layer(clip=outline) as cloth:
        _big_catch(cloth)
    view.polygon(outline, CLOTH)
    folds(
        view,
        [[(-170, -430), (-160, 0), (-176, 450)], [(20, -430), (30, 0), (12, 450)], [(180, -430), (196, 0), (184, 450)]],
        outline,
        width=34,
    )
    view.box(-330, -458, 660, 34, down("#e0b078", "#9b6537"), radius=17)
    view.line([(-300, -446), (-150, -548), (0, -590), (150, -548), (300, -446)], "#a8743f", 6, curved=True)


def _big_catch(c: Canvas) -> None:
    """The pattern: a rising sun with rays, a dancing squid, a boat on patterned waves; 564 x 880 around the origin."""
    c.box(-300, -440, 600, 900, "#f7f2e2")
    tones = ("#d9472b", "#f7f2e2", "#f0b640", "#f7f2e2")
    for place in range(32):
        angle, half = math.tau * place / 32, math.pi / 32 + 0.004
        spread = [(760 * math.cos(angle + s * half), -130 + 760 * math.sin(angle + s * half)) for s in (-1, 1)]
        c.polygon([(0, -130), *spread], tones[place % 4])
    c.ellipse(0, -130, 196, fill="#f7f2e2")
    c.ellipse(0, -130, 178, fill=VERMILION)
    creatures.squid(c.at(0, -150, 1.02, turn=8), body="#fdf3e6")
    for y, height, tone in ((170, 16, "#2f86a6"), (250, 18, "#1f5f8c"), (336, 20, "#173f6b")):
        surface: list[Point] = [
            (x, y - height * sea.crest(x, wavelength=190, phase=y / 300)) for x in range(-306, 307, 6)
        ]
        if y == 250:
            vessels.squid_boat(c.at(-10, 222, 1.1, turn=-4), flags=True, lit=False)
        c.polygon([(-306, 470), *surface, (306, 470)], tone)
        c.line(surface, "#f7f2e2", 8)
    sea.scales(c, -320, 380, 640, 100, size=36, colour="#cfe4ea")


def hand_towels_folded(c: Canvas) -> None:
    """Three towels folded on each other, the same pattern in its colours."""
    sweep(c, "#d9a58f", table=760)
    shadow(c, 610, 944, 440, 56, tone="#4a1f28")
    for place, (tone, edge) in enumerate((("#1f5f8c", "#173f6b"), ("#f0b640", "#c98a2a"), ("#f7f2e2", "#d3c6a8"))):
        inset, foot = 178 + place * 5, 958 - place * 112
        c.box(inset, foot - 116, SIDE - 2 * inset + 20, 116, across(lighter(tone, 0.14), tone, edge), radius=50)
        for lift in (-84, -56, -30):
            c.line([(inset + 30, foot + lift), (SIDE - inset - 26, foot + lift)], clear(darker(edge, 0.4), 0.35), 3)
    _towel_top(c.at(610, 600))


def _towel_top(c: Canvas) -> None:
    top: list[Point] = [(-330, -200), (330, -200), (404, 24), (-404, 24)]
    c.polygon(top, "#f7f2e2")
    with c.layer(clip=top) as cloth:
        _big_catch(cloth.at(0, 20, 1.46, tall=0.34))
    c.polygon(top, CLOTH)
    c.box(-68, -206, 136, 236, down("#c93f2a", "#a8321f"))
    c.box(-68, 28, 136, 330, down("#c93f2a", "#8f2a1c"))
    c.ellipse(0, 140, 44, fill="#f7f2e2")
    creatures.goma(c.at(0, 172, 0.3), scarf=None)


_BAG: list[Point] = [
    (-330, -300),
    (-160, -306),
    (0, -302),
    (160, -306),
    (330, -300),
    (346, 100),
    (352, 400),
    (0, 416),
    (-352, 400),
    (-346, 100),
]


def tote_bag(c: Canvas) -> None:
    """The canvas tote bag with the brick warehouses."""
    sweep(c, "#a9bdd8", table=900)
    view = c.at(600, 660, 1.08)
    shadow(view, 0, 404, 350, 46)
    _strap(view, -6, "#b9a078", 30)
    outline = [*_BAG[:6], *smooth(_BAG[6:9], closed=False), *_BAG[9:]]
    view.polygon(outline, across("#f7ecd4", "#efdfbf", "#d3bd94"))
    _weave(view, outline)
    _brick_print(view.at(0, 250))
    folds(view, [[(-280, -290), (-262, 0), (-290, 400)], [(270, -290), (254, 20), (290, 400)]], outline, width=26)
    view.line([(-328, -284), (0, -286), (328, -284)], clear("#a88f62", 0.6), 2.4)
    _strap(view, 16, "#c9b188", 34)


def _strap(c: Canvas, drop: float, tone: str, width: float) -> None:
    loop = [
        (-150, -220 + drop),
        (-156, -330),
        (-130, -450),
        (0, -520 + drop),
        (130, -450),
        (156, -330),
        (150, -220 + drop),
    ]
    c.line(loop, darker(tone, 0.16), width, curved=True)
    c.line([(x - 3, y - 3) for x, y in loop], lighter(tone, 0.1), width * 0.72, curved=True)
    for side in (-1, 1):
        x, y = side * 150, -226 + drop
        c.box(x - width * 0.5, y - 18, width, 44, tone, radius=3)
        c.line([(x - 10, y - 10), (x + 10, y + 18)], clear("#8f744a", 0.8), 2.4)
        c.line([(x + 10, y - 10), (x - 10, y + 18)], clear("#8f744a", 0.8), 2.4)


def _weave(c: Canvas, outline: list[Point]) -> None:
    with c.layer(clip=outline, opacity=0.5) as cloth:
        for step in range(-360, 361, 8):
            cloth.line([(step, -320), (step, 430)], "#b89c6a2e", 2)
            cloth.line([(-360, step), (360, step)], "#b89c6a2e", 2)


def _brick_print(c: Canvas) -> None:
    for place, x in enumerate((-288, -92, 104)):
        town.warehouse(c.at(x, -40, 0.78), lit=True, seed=place + 2)
    c.box(-300, -44, 600, 14, "#33507e", radius=7)
    for row in range(3):
        wave = [(x, -6 + row * 24 + 6 * math.sin(x / 22 + row)) for x in range(-290 + row * 40, 291 - row * 40, 6)]
        c.line(wave, "#33507e", 6)
    for x, y, size in (
        (-240, -300, 7),
        (-120, -330, 5),
        (10, -350, 7),
        (150, -320, 6),
        (250, -300, 7),
        (-40, -290, 5),
        (80, -284, 5),
    ):
        c.ellipse(x, y, size, fill="#7f9cc9")
