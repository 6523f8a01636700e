"""Key art of the lighthouse drama: the series, soup on a foggy day, pancakes under shooting stars."""

import math

from cms.demo.art.canvas import Canvas
from cms.demo.art.colour import VERMILION, Gradient, clear, darker, down, lighter
from cms.demo.art.dice import dice
from cms.demo.art.posters.layout import by_shape, calm_corner
from cms.demo.art.scenery import creatures, sea, sky, table, town


def series(c: Canvas) -> None:
    """Breakfast for two on the cliff, the lighthouse behind them."""
    w, h = c.width, c.height
    horizon = h * by_shape(c, 0.56, 0.5, 0.57)
    sky.sky(c, "#58a8b4", "#a8d8c8", "#fbe6c4", "#ffc7a4", until=horizon + 3)
    x = w * by_shape(c, 0.24, 0.26, 0.26)
    sky.sun(c, x, horizon - h * 0.09, by_shape(c, 64, 70, 72), core="#fff3d0", halo="#ffd9a0", strength=0.95)
    for mx, my, wide in ((0.02, 0.2, 0.34), (0.3, 0.1, 0.3), (0.16, 0.36, 0.3)):
        sky.mist(c, w * mx, h * my, w * wide * by_shape(c, 1, 1.6, 0.9), clear("#fffaf0", 0.62), seed=int(mx * 100) + 4)
    c.box(0, horizon, w, h - horizon, Gradient(((0, "#ffd2ae"), (0.12, "#9fcfc2"), (0.45, "#3f9aa3"), (1, "#1a5f7c"))))
    sea.glitter(c, x, horizon + 4, width=w * 0.16, height=h * 0.22, colour="#fff6dc", count=110, seed=4)
    for share, height, long, tone in (
        (0.42, 9, 210, "#3d98a2"),
        (0.62, 13, 300, "#2a7f92"),
        (0.82, 16, 400, "#1d6580"),
    ):
        y = horizon + (h - horizon) * share
        sea.swell(
            c,
            y,
            height=height,
            wavelength=long,
            fill=down(lighter(tone, 0.12), darker(tone, 0.1)),
            foam="#f3fbf2",
            phase=share,
        )
    _cape(c, horizon)
    for gx, gy, size, flap in ((0.12, 0.28, 0.8, 0.7), (0.2, 0.36, 0.55, 0.1), (0.4, 0.22, 0.7, -0.4)):
        creatures.gull(c.at(w * gx, h * gy, size), flap=flap)
    calm_corner(c, "#0f4560", strength=0.4)


def _cape(c: Canvas, horizon: float) -> None:
    w, h = c.width, c.height
    left, top = w * by_shape(c, 0.35, 0.12, 0.41), h * by_shape(c, 0.74, 0.66, 0.76)
    edge = [
        (left, h + 20),
        (left + w * 0.015, top + h * 0.16),
        (left + w * 0.045, top + h * 0.07),
        (left + w * 0.12, top + h * 0.01),
    ]
    back = [(left + w * 0.22, top - h * 0.012), (w * 0.8, top - h * 0.035), (w + 30, top - h * 0.05), (w + 30, h + 20)]
    c.polygon([*edge, *back], down("#8aa596", "#47727a", "#27506a"))
    rim = [
        (left + w * 0.1, h + 20),
        (left + w * 0.07, top + h * 0.2),
        (left + w * 0.085, top + h * 0.1),
        (left + w * 0.135, top + h * 0.035),
    ]
    c.polygon([*edge[2:], *back, *rim], down("#cfe0a4", "#9cc795", "#5fa28c", "#3a7f80"))
    _meadow(c, left, top)
    size = by_shape(c, 1.16, 1.42, 1.3)
    tower_x = w * by_shape(c, 0.86, 0.68, 0.87)
    _cottage_with_smoke(c.at(tower_x - 262 * size * 0.78 - 40, top - 2, size * 0.78))
    town.lighthouse(c.at(tower_x, top + 2, size), lit=True)
    for x, tall in ((0.955, 110), (0.985, 84)):
        town.fir(c.at(w * x, top + 6, size * 0.8), tall, colour="#3f8279", snow="#cfe6c8")
    _breakfast_for_two(c)


def _meadow(c: Canvas, left: float, top: float) -> None:
    """Tufts and small flowers, larger towards the viewer."""
    throw = dice(12)
    for place in range(130):
        t = (place + 1) / 130
        x = left + c.width * 0.14 + throw.random() * c.width
        y = top + (c.height - top) * t
        size = 1.2 + 2.6 * t
        c.line([(x, y), (x + size, y - size * 3)], clear("#3f8a72", 0.55), size * 0.5)
        if place % 2:
            c.ellipse(x + size, y - size * 3, size, fill=throw.choice(("#fff6e0", "#ffd76a", "#f7a08a", "#ffffff")))


def _cottage_with_smoke(c: Canvas) -> None:
    with c.layer(blur=7) as smoke:
        for step in range(9):
            t = step / 8
            smoke.ellipse(
                150 - 60 * t * t - 8 * math.sin(step),
                -160 - 150 * t,
                12 + 22 * t,
                fill=clear("#fffaf0", 0.75 * (1 - t) + 0.1),
            )
    town.cottage(c, roof="#c96a52", wall="#fbf0dc")


def _breakfast_for_two(c: Canvas) -> None:
    w, h = c.width, c.height
    size = by_shape(c, 0.72, 0.86, 0.82)
    spot = c.at(w * by_shape(c, 0.55, 0.5, 0.58), h * by_shape(c, 0.945, 0.9, 0.955), size)
    for x, wide in ((-178, 100), (190, 120), (0, 170)):
        spot.at(x, 4, tall=0.16).ellipse(0, 0, wide, fill=clear("#1d4258", 0.38))
    creatures.keeper(spot.at(190, 0, 1.06))
    creatures.goma(spot.at(-172, 0, 0.98), eyes="up", happy=True)
    _small_table(spot)


def _small_table(c: Canvas) -> None:
    for x in (-96, 88):
        c.box(x, -96, 12, 98, down("#a8693f", "#7d472d"), radius=3)
    c.box(-128, -112, 262, 18, down("#d99a5f", "#a8693f"), radius=7)
    cover = [(-104, -116), (104, -116), (112, -84), (60, -72), (0, -82), (-60, -72), (-112, -84)]
    table.cloth(c, cover, "#fff6e4", clear(VERMILION, 0.3))
    table.pancakes(c.at(46, -112, 0.27), layers=4)
    table.bowl(c.at(-54, -112, 0.34), glaze="#2c6f8c")
    table.steam(c.at(-54, -162, 1), height=74, width=50, strength=0.85)


def foggy_soup(c: Canvas) -> None:
    """A bowl whose steam is the fog that the lighthouse stands in."""
    w, h = c.width, c.height
    edge = h * by_shape(c, 0.72, 0.74, 0.74)
    c.box(
        0, 0, w, h, Gradient(((0, "#1d4c63"), (0.32, "#4a8c98"), (0.62, "#a9d0c4"), (0.74, "#d3e4cf"), (1, "#d3e4cf")))
    )
    _tower_in_fog(c, edge)
    with c.layer(blur=30) as fog:
        for x, y, wide in ((0.2, 0.5, 0.3), (0.6, 0.62, 0.4), (0.9, 0.48, 0.25), (0.35, 0.68, 0.4)):
            fog.at(w * x, h * y, tall=0.24).ellipse(0, 0, w * wide, fill=clear("#eef6ea", 0.55))
    for mx, my, wide in ((0.03, 0.24, 0.32), (0.3, 0.42, 0.34), (0.68, 0.32, 0.36), (0.0, 0.58, 0.4)):
        sky.mist(c, w * mx, h * my, w * wide * by_shape(c, 1, 1.5, 0.9), clear("#f3f9ef", 0.5), seed=int(mx * 100) + 7)
    table.plank_table(c, edge, colour="#8a4f38", edge=by_shape(c, 34, 46, 38))
    _supper(c, edge)
    calm_corner(c, "#2a1720", strength=0.5)


def _tower_in_fog(c: Canvas, edge: float) -> None:
    w, h = c.width, c.height
    x, foot, size = w * by_shape(c, 0.4, 0.36, 0.46), edge - h * 0.05, by_shape(c, 1.05, 1.5, 1.16)
    lamp = (x, foot - 372 * size)
    for reach, drop in ((-1, 0.1), (1, -0.06)):
        far = lamp[0] + reach * w * 0.62
        cone = [
            (lamp[0], lamp[1] - 4),
            (far, lamp[1] + h * (drop - 0.11)),
            (far, lamp[1] + h * (drop + 0.11)),
            (lamp[0], lamp[1] + 4),
        ]
        fade = ((0, "#fff2c4c8"), (1, "#fff2c400")) if reach > 0 else ((0, "#fff2c400"), (1, "#fff2c4c8"))
        with c.layer(blur=5) as light:
            light.polygon(cone, Gradient(fade, across=True))
    rock = [
        (x - 250 * size, foot + 60),
        (x - 170 * size, foot + 6),
        (x - 60 * size, foot - 10),
        (x + 70 * size, foot - 8),
        (x + 190 * size, foot + 14),
        (x + 290 * size, foot + 60),
    ]
    c.blob(rock, down("#4f8590", "#7fb0b2"))
    town.cottage(c.at(x + 62 * size, foot + 2, size * 0.62), wall="#dce4d8", roof="#4a7f8d")
    town.lighthouse(c.at(x, foot, size), stone="#edf2ea", band="#d65a45")
    c.glow(*lamp, 190 * size, "#fff3cc", 0.8)
    c.box(0, foot - 130, w, edge - foot + 130, Gradient(((0, "#d3e4cf00"), (1, "#d3e4cfd0"))))


def _supper(c: Canvas, edge: float) -> None:
    w, h = c.width, c.height
    size = by_shape(c, 1.36, 1.52, 1.56)
    x, foot = w * by_shape(c, 0.7, 0.6, 0.72), h * by_shape(c, 0.93, 0.9, 0.94)
    creatures.goma(
        c.at(x + by_shape(c, -262, -232, -300), foot - 70, size * 0.82),
        eyes="up",
        happy=True,
        scarf=VERMILION,
        shade="#b9c8d2",
    )
    half = 270 * size
    cover = [
        (x - half, foot - 36),
        (x, foot - 62),
        (x + half * 1.1, foot - 40),
        (x + half * 1.3, foot + 60),
        (x + half, h + 60),
        (x - half * 0.8, h + 60),
        (x - half * 1.06, foot + 50),
    ]
    table.cloth(c, cover, down("#f8ecd4", "#e2c9a2"), clear("#c9563d", 0.3))
    c.at(x, foot, tall=0.17).ellipse(0, 0, 150 * size, fill=clear("#4a2a2c", 0.45))
    with c.layer(blur=10) as rising:
        table.steam(
            rising.at(x, foot - 160 * size),
            height=by_shape(c, 330, 470, 390),
            width=190 * size,
            strength=0.75,
            colour="#fffaf0",
        )
    table.bowl(c.at(x, foot - 2, size), glaze="#24607e")
    table.steam(
        c.at(x, foot - 150 * size),
        height=by_shape(c, 250, 330, 290),
        width=150 * size,
        strength=0.85,
        phase=0.4,
        colour="#fffdf4",
    )
    table.spoon(c.at(x + 70 * size, foot + 34 * size, size * 0.74, turn=-6))
    c.glow(x, foot - 130 * size, 330 * size, "#ffc27a", 0.35)


def shooting_star_pancakes(c: Canvas) -> None:
    """A mountain of pancakes under a sky of falling stars."""
    w, h = c.width, c.height
    horizon = h * by_shape(c, 0.66, 0.62, 0.66)
    sky.sky(c, "#120f3a", "#2a1f66", "#5a3a92", "#a85f9c", until=horizon + 3)
    _milky_way(c)
    sky.stars(c, 260, until=horizon * 1.2, seed=21)
    _falling_stars(c)
    c.box(0, horizon, w, h - horizon, Gradient(((0, "#a0609f"), (0.2, "#4a3a86"), (1, "#171645"))))
    sea.glitter(c, w * 0.3, horizon + 3, width=w * 0.3, height=h * 0.2, colour="#ffe0b8", count=90, seed=9)
    _far_light(c, horizon)
    _picnic(c)
    calm_corner(c, "#120f38", strength=0.5)


def _milky_way(c: Canvas) -> None:
    w, h = c.width, c.height
    with c.layer(blur=44, opacity=0.6) as haze:
        view = haze.at(w * 0.5, h * 0.3, turn=-24)
        for x, y, wide, tall, tone in (
            (-0.3, 0, 0.36, 0.07, "#7d6fd0"),
            (0.1, 0.01, 0.4, 0.06, "#a77fd4"),
            (0.45, -0.02, 0.3, 0.08, "#6f78d6"),
        ):
            view.ellipse(w * x, h * y, w * wide, h * tall, fill=clear(tone, 0.7))


def _falling_stars(c: Canvas) -> None:
    w, h = c.width, c.height
    flights = ((0.24, 0.34, 0.3), (0.42, 0.2, 0.22), (0.1, 0.2, 0.16), (0.5, 0.46, 0.16), (0.86, 0.16, 0.18))
    for x, y, length in flights:
        sky.shooting_star(c, w * x, h * y, w * length * by_shape(c, 1, 1.5, 0.9), turn=-32)


def _far_light(c: Canvas, horizon: float) -> None:
    w, h = c.width, c.height
    x = w * by_shape(c, 0.2, 0.2, 0.24)
    lamp = (x, horizon - 8 - 372 * 0.32)
    cone = [
        (lamp[0], lamp[1] - 2),
        (lamp[0] + w * 0.4, lamp[1] - h * 0.08),
        (lamp[0] + w * 0.4, lamp[1] + h * 0.05),
        (lamp[0], lamp[1] + 2),
    ]
    c.polygon(cone, Gradient(((0, "#fff0c4a8"), (1, "#fff0c400")), across=True))
    c.blob(
        [
            (x - 150, horizon + 12),
            (x - 90, horizon - 8),
            (x, horizon - 16),
            (x + 90, horizon - 9),
            (x + 190, horizon + 12),
        ],
        "#2c2463",
    )
    town.lighthouse(c.at(x, horizon - 10, 0.32), stone="#d9d0ea", band="#c2507a")


def _picnic(c: Canvas) -> None:
    w, h = c.width, c.height
    line = h * by_shape(c, 0.86, 0.84, 0.87)
    hill = [
        (-20.0, line + h * 0.06),
        (w * 0.2, line + h * 0.045),
        (w * 0.5, line - h * 0.02),
        (w * 0.8, line - h * 0.05),
        (w + 20, line - h * 0.045),
    ]
    c.polygon([*hill, (w + 20, h + 10), (-20, h + 10)], down("#4d4a9c", "#2a2a6c", "#1a1950"))
    size = by_shape(c, 1.06, 1.2, 1.2)
    x, foot = w * by_shape(c, 0.7, 0.58, 0.72), h * by_shape(c, 0.93, 0.885, 0.94)
    c.glow(x, foot - 150 * size, 420 * size, "#ffb765", 0.55)
    half = 300 * size
    cover = [
        (x - half, foot - 40),
        (x, foot - 62),
        (x + half, foot - 44),
        (x + half * 1.2, foot + 34),
        (x + half * 0.7, foot + 64),
        (x - half * 0.7, foot + 64),
        (x - half * 1.2, foot + 30),
    ]
    table.cloth(c, cover, down("#f3d9c4", "#c08fa8"), clear("#7a3f8c", 0.3))
    c.at(x, foot - 2, tall=0.18).ellipse(0, 0, 262 * size, fill=clear("#2a1850", 0.5))
    table.pancakes(c.at(x, foot, size), layers=int(by_shape(c, 6, 9, 6)))
    _star_gazers(c, x, foot, size)


def _star_gazers(c: Canvas, x: float, foot: float, size: float) -> None:
    pup = c.at(x - by_shape(c, 300, 232, 330), foot + by_shape(c, 18, 60, 20), size * 0.86)
    pup.at(0, 2, tall=0.2).ellipse(0, 0, 110, fill=clear("#14103c", 0.5))
    creatures.goma(pup, eyes="up", happy=True, scarf="#e3b04b", fur="#fbeff0", shade="#a99bd4", wave=0.7)
    _fork(pup)
    crown = foot - (26 + (by_shape(c, 6, 9, 6) - 1) * 37 + 66) * size
    star = [
        (
            x + (44 if n % 2 == 0 else 19) * size * math.sin(math.pi * n / 5),
            crown - (44 if n % 2 == 0 else 19) * size * math.cos(math.pi * n / 5),
        )
        for n in range(10)
    ]
    c.glow(x, crown, 170 * size, "#ffe39a", 0.85)
    c.polygon(star, down("#fff3bd", "#ffc945"))


def _fork(c: Canvas) -> None:
    c.line([(-108, -96), (-138, -206)], "#dfe3f2", 7)
    for shift in (-13, 0, 13):
        c.line([(-139 + shift, -208 - shift * 0.24), (-147 + shift, -244 - shift * 0.24)], "#dfe3f2", 5)
    c.line([(-153, -206), (-126, -212)], "#dfe3f2", 6)
