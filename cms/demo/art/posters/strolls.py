"""Key art of the walking programme: the series, the tram street, the first boat, the canal by night."""

import math

from cms.demo.art.canvas import Canvas, Point, smooth
from cms.demo.art.colour import AMBER, SNOW, VERMILION, Gradient, clear, darker, down, lighter, mix
from cms.demo.art.posters.layout import by_shape, calm_corner
from cms.demo.art.scenery import creatures, sea, sky, town, vessels

DAY_WALLS = ("#e08a6c", "#6fb0ae", "#edc069", "#8f9fd0", "#a9c38a", "#d9778a")


def series(c: Canvas) -> None:
    """The whole town by day, Goma-kun setting out for a stroll."""
    w, h = c.width, c.height
    horizon = h * by_shape(c, 0.43, 0.36, 0.42)
    sky.sky(c, "#3a94c4", "#86cbd9", "#fde7c0", until=horizon + 4)
    _day_clouds(c, horizon)
    _far_shore(c, horizon)
    c.box(0, horizon, w, h - horizon, Gradient(((0, "#a5dcd6"), (0.15, "#4fb0bb"), (0.6, "#1f7f9c"), (1, "#14567f"))))
    sea.ripples(c, 60, top=horizon + 10, foot=h * 0.8, colour="#e8fbf5", seed=5)
    ship = by_shape(c, 0.82, 0.56, 0.95)
    vessels.ferry(c.at(w * by_shape(c, 0.27, 0.3, 0.36), horizon + h * by_shape(c, 0.14, 0.1, 0.17), ship))
    _wake(c, w * by_shape(c, 0.27, 0.3, 0.36), horizon + h * by_shape(c, 0.14, 0.1, 0.17), ship)
    _town_on_the_hill(c, horizon)
    _setting_out(c)
    calm_corner(c, "#0f3f66", strength=0.35)


def _day_clouds(c: Canvas, horizon: float) -> None:
    w = c.width
    c.glow(w * 0.2, horizon * 0.95, horizon * 1.1, "#fff3cf", 0.9)
    sky.cloud(c, w * 0.05, horizon * 0.42, w * by_shape(c, 0.2, 0.36, 0.15), clear("#ffffff", 0.92))
    sky.cloud(c, w * 0.42, horizon * 0.3, w * by_shape(c, 0.15, 0.28, 0.12), clear("#ffffff", 0.85))
    sky.mist(c, w * 0.2, horizon * 0.62, w * 0.4, clear("#ffffff", 0.5), seed=4)
    for x, y, size, flap in ((0.3, 0.5, 0.62, 0.8), (0.37, 0.62, 0.42, 0.3), (0.16, 0.66, 0.36, -0.3)):
        creatures.gull(c.at(w * x, horizon * y, size), flap=flap)


def _far_shore(c: Canvas, horizon: float) -> None:
    w = c.width
    peaks = (
        (-0.03, 0.06),
        (0.06, 0.16),
        (0.14, 0.1),
        (0.26, 0.32),
        (0.37, 0.12),
        (0.45, 0.16),
        (0.56, 0.05),
        (1.03, 0.02),
    )
    ridge = [(w * x, horizon * (1 - tall * 0.72)) for x, tall in peaks]
    sky.mountains(c, ridge, foot=horizon + 2, fill=down("#7aa3cf", "#bcd6de"), cap="#ffffff")
    c.blob([(-30, horizon + 8), (w * 0.03, horizon - 18), (w * 0.09, horizon - 16), (w * 0.14, horizon + 8)], "#5f97a8")
    town.lighthouse(c.at(w * 0.07, horizon - 12, 0.24), lit=False)


def _wake(c: Canvas, x: float, y: float, size: float) -> None:
    for lift, long in ((0, 470), (9, 380), (17, 300)):
        c.box(x - long * size * 0.62, y + (8 + lift) * size, long * size, 3.4 * size, clear("#ffffff", 0.55), radius=2)


def _town_on_the_hill(c: Canvas, horizon: float) -> None:
    w, h = c.width, c.height
    left, foot = w * by_shape(c, 0.44, 0.14, 0.5), h * by_shape(c, 0.74, 0.66, 0.76)
    top = h * by_shape(c, 0.2, 0.24, 0.14)
    outline = [
        (left, foot),
        (left + (w - left) * 0.3, foot - (foot - top) * 0.34),
        (w * 0.86, top + h * 0.04),
        (w + 20, top),
    ]
    c.polygon([*outline, (w + 20, foot + 20), (left, foot + 20)], down("#f2f6f4", "#b9d4de"))
    rows = by_shape(c, 4, 5, 4)
    for row in range(int(rows)):
        t = row / rows
        start = left + (w - left) * (0.46 * (1 - t) + 0.02)
        base = foot - (foot - top) * (0.66 * (1 - t)) + h * 0.05 * t
        tall = by_shape(c, 70, 66, 74) * (0.75 + 0.6 * t)
        slope = 0.16 * (1 - t) + 0.03
        sky_tint = 0.32 * (1 - t)
        walls = tuple(mix(wall, "#d9ecef", sky_tint) for wall in DAY_WALLS)
        town.street(
            c.at(start, base), start=0, end=w - start + 30, slope=slope, walls=walls, lit=0.12, seed=31 + row, tall=tall
        )
        _hedge(c, start, base, slope, tall, seed=row)
    _waterfront(c, left, foot)


def _hedge(c: Canvas, start: float, base: float, slope: float, tall: float, *, seed: int) -> None:
    end = c.width + 20 - start
    bank: list[Point] = [(-tall * 0.5, tall * 0.5), (-tall * 0.2, 0), (end, -slope * end), (end, tall), (-tall, tall)]
    c.at(start, base).polygon(bank, down("#ffffff", "#c4dbe6"))
    for place in range(5):
        x = (place + 0.3 + 0.1 * seed) * end / 5
        town.fir(c.at(start + x, base - slope * x + 7), tall * 0.62, colour="#3f8284")


def _waterfront(c: Canvas, left: float, foot: float) -> None:
    size = by_shape(c, 0.46, 0.44, 0.52)
    c.polygon(
        [(left - 40, foot + 8), (c.width, foot + 2), (c.width, foot + 60), (left - 30, foot + 60)],
        down("#cfd9dd", "#7f97ab"),
    )
    for place in range(3):
        town.warehouse(c.at(left + place * 226 * size - 10, foot + 10, size), lit=False, seed=place)
    tram = by_shape(c, 0.56, 0.5, 0.62)
    vessels.tram(c.at(left + 640 * size + 60, foot + 14, tram), lit=False)


def _setting_out(c: Canvas) -> None:
    w, h = c.width, c.height
    line = h * by_shape(c, 0.83, 0.83, 0.85)
    drop = ((-0.02, 0.16), (0.18, 0.145), (0.34, 0.1), (0.5, 0.035), (0.64, -0.02), (0.8, -0.05), (1.02, -0.06))
    bank = smooth([(w * x, line + h * y) for x, y in drop], closed=False)
    from_above = [*bank, (w + 20.0, h + 10), (-20.0, h + 10)]
    c.polygon(from_above, down("#ffffff", "#cfe4f0", "#8fb9d8"))
    c.line(bank, "#ffffff", 8)
    for step in range(9):
        t = step / 9
        x, y = w * (0.98 - 0.3 * t), h * (0.99 - 0.06 * t)
        c.at(x, y, tall=0.5).ellipse(0, 0, 11 - 3 * t, fill=clear("#7fa9cf", 0.55))
    size = by_shape(c, 0.98, 1.12, 1.1)
    spot = c.at(w * by_shape(c, 0.68, 0.68, 0.7), h * by_shape(c, 0.965, 0.955, 0.97), size)
    spot.at(0, 2, tall=0.2).ellipse(0, 0, 118, fill=clear("#5f8fbd", 0.55))
    _pennant(spot)
    creatures.goma(spot, wave=0.9, happy=True)
    for x, coat, hat, stride in ((0.92, "#2f7f8d", "#f3c33c", 0.8), (0.955, "#d9694b", "#f6f4ee", -0.7)):
        x -= by_shape(c, 0, 0.5, 0)
        town_folk = c.at(w * x, line + h * by_shape(c, -0.012, 0.085, -0.012), by_shape(c, 0.9, 0.9, 1.0))
        creatures.stroller(town_folk, coat=coat, hat=hat, stride=stride)


def _pennant(c: Canvas) -> None:
    c.line([(96, 0), (112, -236)], "#a8743f", 6)
    c.polygon([(111, -232), (190, -206), (107, -178)], VERMILION)
    c.ellipse(131, -206, 11, fill=SNOW)


def tram_street(c: Canvas) -> None:
    """The tram above the slope at dusk, a great moon behind the roofs."""
    w, h = c.width, c.height
    c.box(
        0, 0, w, h, Gradient(((0, "#1c2358"), (0.3, "#5b3f86"), (0.52, "#c75f8c"), (0.68, "#ffb08a"), (1, "#ffd9a8")))
    )
    sky.stars(c, 110, until=h * 0.45, seed=8)
    moon_at = (w * by_shape(c, 0.3, 0.34, 0.36), h * by_shape(c, 0.3, 0.23, 0.32))
    sky.sun(c, *moon_at, by_shape(c, 92, 104, 100), core="#ffe9bd", halo="#ffb98f", strength=0.6)
    for x, y, wide in ((0.02, 0.2, 0.3), (0.34, 0.36, 0.3), (0.66, 0.13, 0.3)):
        sky.mist(c, w * x, h * y, w * wide * by_shape(c, 1, 1.5, 0.9), clear("#f4a59a", 0.55), seed=int(x * 100))
    slope = by_shape(c, 0.17, 0.2, 0.13)
    _dusk_bay(c, h * by_shape(c, 0.6, 0.56, 0.6))
    _dusk_rows(c, slope)
    _dusk_street(c, slope)
    sky.snowfall(c, int(by_shape(c, 170, 210, 220)), seed=3, sizes=(1, 4.6))
    calm_corner(c, "#1d2458", strength=0.5)


def _dusk_bay(c: Canvas, horizon: float) -> None:
    w, h = c.width, c.height
    ridge = [
        (w * x, horizon - h * y)
        for x, y in ((-0.05, 0.03), (0.08, 0.09), (0.16, 0.05), (0.27, 0.12), (0.38, 0.04), (0.6, 0.02), (1.1, 0.01))
    ]
    sky.mountains(c, ridge, foot=horizon + 2, fill=down("#7b5c9c", "#c77f9c"), cap="#f7c9c9")
    c.box(0, horizon, w, h - horizon, Gradient(((0, "#f5a993"), (0.2, "#a5739f"), (0.7, "#4a4a8c"), (1, "#2c3473"))))
    sea.glitter(c, w * 0.3, horizon + 4, width=w * 0.2, height=h * 0.17, colour="#ffe3b4", count=80, seed=2)
    vessels.squid_boat(c.at(w * 0.14, horizon + h * 0.07, by_shape(c, 0.34, 0.34, 0.4)))


def _dusk_rows(c: Canvas, slope: float) -> None:
    w, h = c.width, c.height
    haze = ("#93648f", "#6c6ba3", "#b37a86", "#7a6ba6")
    crown = by_shape(c, 0.5, 0.42, 0.48)
    for row in range(3):
        start, base = w * (0.62 - 0.09 * row), h * (crown + 0.045 * row)
        town.street(
            c.at(start, base),
            start=0,
            end=w - start + 60,
            slope=0.3 - 0.03 * row,
            walls=haze,
            lit=0.6,
            seed=50 + row,
            tall=by_shape(c, 78, 80, 92),
        )
    walls = ("#b4606f", "#5a8d99", "#cb9a58", "#7b71a9", "#84a07c")
    start = w * by_shape(c, 0.36, 0.2, 0.42)
    foot = h * by_shape(c, 0.86, 0.79, 0.86) - slope * start
    town.street(
        c.at(start, foot),
        start=0,
        end=w - start + 160,
        slope=slope,
        walls=walls,
        lit=0.78,
        seed=61,
        tall=by_shape(c, 190, 180, 210),
    )


def _dusk_street(c: Canvas, slope: float) -> None:
    w, h = c.width, c.height
    foot = h * by_shape(c, 0.87, 0.8, 0.87)
    ground, far = c.at(0, foot), w + 20
    for top, colour in ((0, "#b3bce6"), (34, "#98a3d8"), (96, "#ccd4f2")):
        ground.polygon([(-20, top + 20 * slope), (far, top - slope * far), (far, h), (-20, h)], colour)
    for top in (52, 82):
        ground.line([(-20, top + 20 * slope), (far, top - slope * far)], "#555e92", 6)
        ground.line([(-20, top - 3 + 20 * slope), (far, top - 3 - slope * far)], "#ffdcb4", 2)
    tilt, size = -math.degrees(math.atan(slope)), by_shape(c, 1.34, 1.16, 1.45)
    x = w * by_shape(c, 0.4, 0.18, 0.46)
    for lamp_x in (0.3, 0.93):
        town.lamp(ground.at(w * lamp_x, 6 - slope * w * lamp_x, by_shape(c, 1.25, 1.2, 1.35)), colour="#343b68")
    spot = c.at(x, foot + 64 - slope * x, size, turn=tilt)
    ground.line([(-20, 20 * slope + 70 - 268 * size), (far, 70 - 268 * size - slope * far)], "#2c335e", 2.6)
    spot.at(240, 2, tall=0.1).ellipse(0, 0, 252, fill=clear("#39406e", 0.6))
    spot.polygon(
        [(474, -76), (740, -110), (740, 34), (474, -56)], Gradient(((0, "#fff2c0c0"), (1, "#fff2c000")), across=True)
    )
    vessels.tram(spot)
    _watching_pup(c, ground, slope)


def _watching_pup(c: Canvas, ground: Canvas, slope: float) -> None:
    w, h = c.width, c.height
    bank = [(x, 118 - slope * x - 10 * math.sin(x / 90)) for x in range(-20, int(w) + 40, 20)]
    ground.polygon([(-20, h), *bank, (w + 20, h)], down("#eef0fd", "#aebbe9", "#7f8fd2"))
    x = w * by_shape(c, 0.86, 0.76, 0.88)
    y = 176 - slope * x
    ground.at(x, y + 2, tall=0.2).ellipse(0, 0, 76, fill=clear("#5a66ad", 0.5))
    creatures.goma(
        ground.at(x, y, by_shape(c, 0.62, 0.78, 0.72), flip=True),
        wave=0.9,
        happy=True,
        scarf="#2c6fa3",
        fur="#fdf3ea",
        shade="#b4bee0",
    )


def first_boat(c: Canvas) -> None:
    """The first boat under its big-catch flags before the rising sun."""
    w, h = c.width, c.height
    horizon = h * by_shape(c, 0.55, 0.5, 0.56)
    sky.sky(c, "#1f6f93", "#5fb0b4", "#f6dfa8", "#ffae62", until=horizon + 4)
    x, y = w * by_shape(c, 0.62, 0.54, 0.64), horizon - h * by_shape(c, 0.11, 0.09, 0.12)
    sky.rays(c, x, y, count=22, length=max(w, h) * 0.85, colour=clear("#fff4c8", 0.55))
    radius = by_shape(c, 190, 216, 215)
    c.glow(x, y, radius * 2.4, "#ffe9a8", 0.95)
    c.ellipse(x, y, radius, fill=down("#f4482a", "#ff8a4a"))
    for mx, my, wide in ((0.0, 0.3, 0.32), (0.62, 0.22, 0.36), (0.3, 0.42, 0.3)):
        sky.mist(
            c, w * mx, h * my, w * wide * by_shape(c, 1, 1.5, 0.85), clear("#fff3d0", 0.72), seed=int(mx * 100) + 2
        )
    ridge = [
        (w * px, horizon - h * py)
        for px, py in (
            (-0.05, 0.05),
            (0.1, 0.13),
            (0.2, 0.06),
            (0.3, 0.09),
            (0.42, 0.02),
            (0.8, 0.02),
            (0.92, 0.08),
            (1.06, 0.04),
        )
    ]
    sky.mountains(c, ridge, foot=horizon + 3, fill=down("#7b6ea8", "#dd9a92"), cap="#fff0dc")
    c.box(0, horizon, w, h - horizon, Gradient(((0, "#ffb070"), (0.12, "#d98a7c"), (0.34, "#3d7f99"), (1, "#0f4468"))))
    sea.glitter(c, x, horizon + 4, width=radius * 2.1, height=h * 0.24, colour="#fff0b8", count=130, seed=6)
    _morning_sea(c, horizon, x)
    calm_corner(c, "#0b3556", strength=0.55)


def _morning_sea(c: Canvas, horizon: float, x: float) -> None:
    w, h = c.width, c.height
    deep = h - horizon
    sea.swell(c, horizon + deep * 0.25, height=7, wavelength=150, fill=down("#4f8fa3", "#2a7394"), foam="#ffe8c2")
    size = by_shape(c, 1.46, 1.5, 1.6)
    afloat = by_shape(c, 0.5, 0.42, 0.5)
    boat = c.at(x - 10, horizon + deep * afloat, size, turn=-3)
    sea.swell(
        c, horizon + deep * 0.42, height=11, wavelength=230, fill=down("#2f7f9c", "#1f6488"), foam="#fff0d6", phase=0.3
    )
    vessels.squid_boat(boat, flags=True)
    _bow_wave(boat)
    for place, (share, height, long, tone) in enumerate(
        ((afloat + 0.035, 15, 320, "#1d6187"), (0.74, 20, 420, "#144f78"), (0.9, 22, 520, "#0e3f66"))
    ):
        y = horizon + deep * share
        sea.swell(
            c,
            y,
            height=height,
            wavelength=long,
            fill=down(lighter(tone, 0.1), darker(tone, 0.12)),
            foam="#f8efdd",
            phase=0.2 * place + 0.1,
        )
    with c.layer(opacity=0.2) as pattern:
        sea.scales(pattern, 0, horizon + deep * 0.8, w, deep * 0.3, size=by_shape(c, 46, 50, 52), colour="#cfeaf0")
    for gx, gy, gull, flap in (
        (0.34, 0.2, 1.0, 0.9),
        (0.2, 0.32, 0.66, 0.2),
        (0.86, 0.16, 0.8, 0.6),
        (0.8, 0.36, 0.5, -0.4),
    ):
        creatures.gull(c.at(w * gx, h * gy, gull * by_shape(c, 1, 0.9, 1.1)), flap=flap)


def _bow_wave(c: Canvas) -> None:
    c.blob([(96, 22), (122, 8), (142, -4), (156, -14), (157, -2), (170, 6), (186, 11), (206, 22)], "#fbf4e4")
    for x, y, size in ((163, -18, 4), (171, -9, 3), (158, -26, 2.6), (182, 0, 2.8)):
        c.ellipse(x, y, size, fill="#fbf4e4")


def canal_by_night(c: Canvas) -> None:
    """The brick warehouses and their lights in the canal."""
    w, h = c.width, c.height
    quay = h * by_shape(c, 0.6, 0.56, 0.6)
    sky.sky(c, "#0d1538", "#1c2c62", "#3d4f8f", until=quay)
    sky.stars(c, 150, until=quay * 0.8, seed=12)
    sky.moon(c, w * by_shape(c, 0.16, 0.22, 0.2), h * 0.15, by_shape(c, 40, 44, 46))
    sky.mist(c, w * 0.02, h * 0.3, w * 0.35, clear("#7f8fd0", 0.28), seed=5)
    sky.hills(c, foot=quay, top=quay - h * 0.16, waves=1.4, fill=down("#27376f", "#34478a"), seed=9)
    _hillside_lights(c, quay)
    size = by_shape(c, 1.32, 1.2, 1.5)
    starts = [w * by_shape(c, 0.2, -0.1, 0.24) + place * 262 * size for place in range(4)]
    _bank_of_houses(c, starts, quay, size)
    _dark_water(c, starts, quay, size)
    _quay_edge(c, quay)
    sky.snowfall(c, 150, seed=17, sizes=(1, 4.4), strength=0.85)
    calm_corner(c, "#0a1230", strength=0.62)


def _hillside_lights(c: Canvas, quay: float) -> None:
    w = c.width
    for place in range(46):
        x, y = w * ((place * 0.618) % 1), quay - 14 - (place * 37 % 60)
        c.glow(x, y, 9, AMBER, 0.6)
        c.box(x - 1.6, y - 1.6, 3.2, 3.2, "#ffdf9c")


def _bank_of_houses(c: Canvas, starts: list[float], quay: float, size: float) -> None:
    tones = ("#a8452f", "#9a3d30", "#b4503a", "#933a2e")
    for place, x in enumerate(starts):
        town.warehouse(c.at(x, quay, size), tone=tones[place], seed=place + 3)
    for place in range(6):
        x = starts[0] - 26 * size + place * 262 * size * 0.78
        town.lamp(c.at(x, quay + 4, size * 0.82), colour="#27304f")


def _dark_water(c: Canvas, starts: list[float], quay: float, size: float) -> None:
    w, h = c.width, c.height
    c.box(0, quay, w, h - quay, Gradient(((0, "#2b3a76"), (0.3, "#1a2a5e"), (1, "#0a1434"))))
    with c.layer(blur=2.4, opacity=0.5) as mirror:
        for place, x in enumerate(starts):
            town.warehouse(mirror.at(x, quay + 34, size, tall=-0.92), snow=False, tone="#7f3a3f", seed=place + 3)
        for place in range(6):
            x = starts[0] - 26 * size + place * 262 * size * 0.78
            town.lamp(mirror.at(x, quay + 30, size * 0.82, tall=-1), colour="#1d264d")
    c.box(0, quay + (h - quay) * 0.25, w, (h - quay) * 0.75, Gradient(((0, "#0a143400"), (1, "#0a1434e8"))))
    for place, x in enumerate(starts):
        for share in (0.17, 0.5, 0.83):
            column = x + 240 * size * share
            sea.glitter(
                c,
                column,
                quay + 36,
                width=70 * size,
                height=(h - quay) * 0.62,
                colour="#ffbd62",
                count=26,
                seed=place * 7 + int(share * 10),
                spread=0.7,
            )
    sea.ripples(c, 40, top=quay + 40, foot=h, colour="#8fa4e0", seed=3, long=120)


def _quay_edge(c: Canvas, quay: float) -> None:
    w = c.width
    c.box(0, quay, w, 30, down("#5a6391", "#333c6b"))
    for x in range(0, int(w), 74):
        c.box(x, quay + 6, 2, 24, clear("#1a2350", 0.7))
    drift = [(x, quay - 2 - 3 * math.sin(x / 37)) for x in range(-20, int(w) + 40, 20)]
    c.polygon([(-20, quay + 10), *drift, (w + 20, quay + 10)], down("#ffffff", "#c3cdf0"))
    seat = w * by_shape(c, 0.62, 0.62, 0.64)
    for shift, coat, hat in ((-118, "#c9a24a", "#d9472b"), (-84, "#3f7f97", "#f6f4ee")):
        creatures.stroller(c.at(seat + shift, quay + 4, 0.96), coat=coat, hat=hat, stride=0.6)
    creatures.goma(c.at(seat, quay + 8, by_shape(c, 0.42, 0.44, 0.48)), scarf=VERMILION, shade="#aab6e2", happy=True)
    _canal_boat(c.at(w * by_shape(c, 0.8, 0.72, 0.8), quay + by_shape(c, 150, 200, 160), by_shape(c, 0.9, 0.86, 1.0)))


def _canal_boat(c: Canvas) -> None:
    """A small sightseeing boat with a lantern at its bow."""
    c.at(0, 22, tall=0.3).glow(0, 0, 210, "#ffbd62", 0.6)
    c.box(-92, -62, 150, 8, "#7a4a3a", radius=4)
    c.box(-96, -70, 158, 9, SNOW, radius=4)
    for x in (-86, -20, 48):
        c.box(x, -58, 4, 40, "#7a4a3a")
    for x, coat, hat in ((-60, "#d9694b", "#f3c33c"), (-32, "#5d7a4c", "#d9472b"), (8, "#77507a", "#f6f4ee")):
        c.blob([(x - 13, -14), (x - 10, -32), (x, -37), (x + 10, -32), (x + 13, -14)], coat)
        c.ellipse(x, -44, 8, fill="#f0bd98")
        c.blob([(x - 9, -45), (x - 7, -53), (x, -56), (x + 7, -53), (x + 9, -45), (x, -48)], hat)
    c.polygon([(-150, -26), (-110, -16), (96, -16), (150, -34), (122, 18), (-126, 18)], down("#8d4a36", "#54283a"))
    c.line([(-150, -27), (-110, -17), (96, -17), (150, -35)], "#f0d2a8", 5)
    c.line([(126, -28), (126, -64)], "#54283a", 3.6)
    c.glow(126, -74, 80, "#ffcf7a", 0.9)
    c.box(118, -86, 16, 22, down("#fff3c8", "#ffbf58"), radius=5)
    c.box(-140, 18, 280, 3, clear("#ffe0a8", 0.5), radius=1.5)
