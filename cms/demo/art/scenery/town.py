"""The town: wooden houses under snow, brick warehouses, lamps, trees, the lighthouse."""

from random import Random

from cms.demo.art.canvas import Canvas, Point, ring
from cms.demo.art.colour import BRICK, SNOW, VERMILION, Gradient, across, clear, darker, down, lighter, mix
from cms.demo.art.dice import dice

GLASS_LIT = down("#ffe9ae", "#ffb652")
GLASS_DARK = down("#4f6f92", "#2f4668")


def window(c: Canvas, x: float, y: float, width: float, height: float, *, lit: bool, frame: str) -> None:
    """A sash window with a snow-covered sill; a lit one spills light."""
    if lit:
        c.glow(x + width / 2, y + height / 2, height * 1.25, "#ffb450", 0.5)
    c.box(x - 3, y - 3, width + 6, height + 6, frame, radius=2)
    c.box(x, y, width, height, GLASS_LIT if lit else GLASS_DARK)
    c.box(x + width / 2 - 1.2, y, 2.4, height, frame)
    c.box(x, y + height * 0.42, width, 2.4, frame)
    c.box(x - 5, y + height + 1, width + 10, 5, SNOW, radius=2.5)


def house(
    c: Canvas,
    width: float,
    height: float,
    *,
    wall: str,
    roof: str,
    lit: float = 0.6,
    gable: bool = True,
    snow: str = SNOW,
    seed: int = 0,
) -> None:
    """A two-storey clapboard house standing on the origin, left edge at 0; `lit` is the share of lit windows."""
    throw = dice(seed)
    c.box(0, -height, width, height + 30, across(lighter(wall, 0.1), wall, darker(wall, 0.18)))
    for line in range(1, int(height / 11)):
        c.box(0, -height + line * 11, width, 1.1, clear(darker(wall, 0.5), 0.28))
    trim = lighter(wall, 0.55)
    for x in (0, width - 5):
        c.box(x, -height, 5, height, trim)
    c.box(0, -height * 0.52, width, 4, trim)
    _panes(c, width, height, throw, lit, trim)
    (_gable_roof if gable else _hip_roof)(c, width, height, wall, roof, snow, lit=throw.random() < lit)
    _chimney(c, width, height, snow) if throw.random() < 0.5 else None


def _panes(c: Canvas, width: float, height: float, throw: Random, lit: float, trim: str) -> None:
    count = max(2, int(width / 48))
    pane = min(26.0, width / count * 0.46)
    gap = width / count
    door = throw.randrange(count)
    for floor, top in enumerate((-height * 0.9, -height * 0.42)):
        for place in range(count):
            x = gap * (place + 0.5) - pane / 2
            if floor and place == door:
                _door(c, x, height * 0.36, pane, lit=throw.random() < lit)
            else:
                window(c, x, top, pane, height * 0.25, lit=throw.random() < lit, frame=trim)


def _door(c: Canvas, x: float, height: float, pane: float, *, lit: bool) -> None:
    c.box(x - 4, -height - 4, pane + 8, height + 4, lighter("#5d3b2e", 0.5), radius=3)
    c.box(x, -height, pane, height, down("#7a4a37", "#54301f"), radius=2)
    c.box(x + pane * 0.2, -height * 0.86, pane * 0.6, height * 0.3, "#ffd98a" if lit else "#31405c", radius=2)
    c.polygon(
        [(x - 9, -height - 4), (x + pane + 9, -height - 4), (x + pane + 4, -height - 13), (x - 4, -height - 13)], SNOW
    )


def _gable_roof(c: Canvas, width: float, height: float, wall: str, roof: str, snow: str, *, lit: bool) -> None:
    rise = width * 0.36
    eave = width * 0.09
    c.polygon(
        [(0, -height), (width / 2, -height - rise), (width, -height)], across(lighter(wall, 0.05), darker(wall, 0.2))
    )
    window(c, width / 2 - 8, -height - rise * 0.5, 16, rise * 0.3, lit=lit, frame=lighter(wall, 0.55))
    peak, left, right = (
        (width / 2, -height - rise),
        (-eave, -height + eave * 0.72),
        (width + eave, -height + eave * 0.72),
    )
    c.line([left, peak, right], roof, 9)
    lumps = [(left[0] - 3, left[1] - 5), (width * 0.22, -height - rise * 0.5 - 9), (width / 2, -height - rise - 13)]
    lumps += [(width * 0.78, -height - rise * 0.5 - 9), (right[0] + 3, right[1] - 5)]
    c.line(lumps, mix(snow, "#8fa6cf", 0.28), 17)
    c.line([(x, y - 3) for x, y in lumps], snow, 12)


def _hip_roof(c: Canvas, width: float, height: float, wall: str, roof: str, snow: str, *, lit: bool) -> None:
    rise, eave = width * 0.26, width * 0.07
    low, top = -height + 4, -height - rise
    c.polygon([(-eave, low), (width * 0.16, top), (width * 0.84, top), (width + eave, low)], roof)
    cover = [(-eave - 2, low - 5), (width * 0.15, top - 7), (width * 0.5, top - 11), (width * 0.85, top - 7)]
    cover += [(width + eave + 2, low - 5), (width * 0.8, low - 10), (width * 0.55, low - 4), (width * 0.3, low - 11)]
    c.blob(cover, down(snow, mix(snow, "#8fa6cf", 0.35)))
    if lit:
        _dormer(c, width / 2, -height - rise * 0.18, wall, snow)


def _dormer(c: Canvas, x: float, y: float, wall: str, snow: str) -> None:
    c.box(x - 15, y - 30, 30, 30, wall)
    window(c, x - 7, y - 25, 14, 17, lit=True, frame=lighter(wall, 0.55))
    c.line([(x - 20, y - 28), (x, y - 44), (x + 20, y - 28)], snow, 9)


def _chimney(c: Canvas, width: float, height: float, snow: str) -> None:
    c.box(width * 0.72, -height - width * 0.42, 17, width * 0.26, darker(BRICK, 0.15))
    c.box(width * 0.72 - 3, -height - width * 0.42 - 6, 23, 9, snow, radius=4)


def street(
    c: Canvas,
    *,
    start: float,
    end: float,
    slope: float,
    walls: tuple[str, ...],
    lit: float,
    seed: int,
    tall: float = 150,
) -> None:
    """A row of houses from x `start` to `end`, stepping up by `slope` (rise over run); y 0 is the ground at x 0."""
    throw = dice(seed)
    x, last = start, ""
    roofs = ("#3a4664", "#5a3b44", "#33505a", "#47405f")
    while x < end:
        width, height = throw.uniform(0.72, 1.12) * tall, throw.uniform(0.85, 1.2) * tall
        last = throw.choice([wall for wall in walls if wall != last])
        plot = c.at(x, -slope * (x + width / 2))
        house(
            plot,
            width,
            height,
            wall=last,
            roof=throw.choice(roofs),
            lit=lit,
            gable=throw.random() < 0.6,
            seed=throw.randrange(999),
        )
        x += width + throw.uniform(0.02, 0.14) * tall


def warehouse(c: Canvas, *, lit: bool = True, snow: bool = True, tone: str = BRICK, seed: int = 0) -> None:
    """A red brick warehouse, gable to the viewer, 240 wide and about 250 high, standing on the origin."""
    outline = [(0.0, 0.0), (0, -150), (120, -232), (240, -150), (240, 0)]
    c.polygon(outline, across(lighter(tone, 0.1), tone, darker(tone, 0.25)))
    _bricks(c, tone, seed)
    c.box(0, -156, 240, 7, darker(tone, 0.32))
    c.box(0, -8, 240, 8, darker(tone, 0.4))
    for x in (26, 184):
        _arched(c, x, -58, 30, 62, lit=lit)
    _gate(c, lit=lit)
    _round_window(c, 120, -182, 18, lit=lit)
    roof = [(-16.0, -142.0), (120, -240), (256, -142)]
    c.line(roof, "#3c2b33", 10)
    if snow:
        c.line([(x, y - 8) for x, y in roof], "#cfd9ee", 15)
        c.line([(x, y - 11) for x, y in roof], SNOW, 11)


def _bricks(c: Canvas, tone: str, seed: int) -> None:
    throw = dice(seed)
    for row in range(29):
        y = -8 - row * 8
        inset = max(0.0, (-y - 150) * 1.46)
        if inset < 115:
            c.box(inset, y, 240 - inset * 2, 1, clear(darker(tone, 0.6), 0.28))
        for _ in range(5):
            x = inset + 4 + throw.random() * max(0, 216 - inset * 2)
            shade = lighter(tone, 0.16) if throw.random() < 0.5 else darker(tone, 0.2)
            c.box(x, y - 7, 15, 7, clear(shade, 0.55))


def _arch(x: float, foot: float, width: float, height: float) -> list[Point]:
    half = width / 2
    top = ring(x + half, foot - height + half, half, half, start=180, end=360)
    return [(x, foot), *top, (x + width, foot)]


def _arched(c: Canvas, x: float, foot: float, width: float, height: float, *, lit: bool) -> None:
    if lit:
        c.glow(x + width / 2, foot - height / 2, height, "#ffb450", 0.55)
    c.polygon(_arch(x - 5, foot + 3, width + 10, height + 8), "#e2cdb4")
    c.polygon(_arch(x, foot, width, height), GLASS_LIT if lit else GLASS_DARK)
    c.box(x + width / 2 - 1.3, foot - height, 2.6, height, "#43302f")
    for share in (0.3, 0.62):
        c.box(x, foot - height * share, width, 2.4, "#43302f")
    c.box(x - 7, foot + 1, width + 14, 5, SNOW, radius=2.5)


def _gate(c: Canvas, *, lit: bool) -> None:
    c.polygon(_arch(78, 0, 84, 112), "#e2cdb4")
    inner = _arch(85, 0, 70, 104)
    c.polygon(inner, down("#ffd487", "#f08f3e") if lit else down("#34565c", "#223c46"))
    for x in (85, 131):
        c.polygon([(x, 0), (x, -74), (x + 24, -74), (x + 24, 0)], down("#2f5a5c", "#1f3f49"))
        c.box(x + 3, -50, 18, 2, "#1a343c")
    c.box(85, -76, 70, 4, "#43302f")


def _round_window(c: Canvas, x: float, y: float, radius: float, *, lit: bool) -> None:
    c.ellipse(x, y, radius + 5, fill="#e2cdb4")
    c.ellipse(x, y, radius, fill=GLASS_LIT if lit else GLASS_DARK)
    c.box(x - 1.3, y - radius, 2.6, radius * 2, "#43302f")
    c.box(x - radius, y - 1.3, radius * 2, 2.6, "#43302f")


def lamp(c: Canvas, *, lit: bool = True, colour: str = "#2b3550", height: float = 150) -> None:
    """A street lamp of cast iron standing on the origin, with snow on its hat."""
    c.box(-7, -10, 14, 10, colour, radius=2)
    c.box(-2.6, -height, 5.2, height, colour)
    c.box(-10, -height + 14, 20, 3.4, colour, radius=1.5)
    top = -height
    if lit:
        c.glow(0, top - 15, 120, "#ffbf62", 0.6)
    c.polygon([(-8, top), (-12, top - 25), (12, top - 25), (8, top)], down("#fff0be", "#ffc25c") if lit else "#93a9c4")
    c.line([(0, top), (0, top - 25)], colour, 1.6)
    c.polygon([(-15, top - 24), (0, top - 40), (15, top - 24)], colour)
    c.blob([(-16, top - 27), (-7, top - 36), (0, top - 43), (7, top - 36), (16, top - 27), (0, top - 30)], SNOW)


def fir(c: Canvas, height: float, *, colour: str = "#2d5a5e", snow: str = SNOW) -> None:
    """A fir with snow on its branches, standing on the origin."""
    c.box(-height * 0.035, -height * 0.12, height * 0.07, height * 0.12, "#4a3430")
    for foot, top, half in ((-0.08, -0.5, 0.29), (-0.33, -0.74, 0.23), (-0.58, -1.0, 0.16)):
        skirt = [
            (0, top * height),
            (half * height, foot * height),
            (0, (foot + 0.035) * height),
            (-half * height, foot * height),
        ]
        c.polygon(skirt, across(lighter(colour, 0.12), darker(colour, 0.2)))
        drift = [
            (0, top * height),
            (half * 0.62 * height, (foot - 0.13) * height),
            (half * 0.2 * height, (foot - 0.19) * height),
        ]
        drift += [(-half * 0.12 * height, (foot - 0.1) * height), (-half * 0.62 * height, (foot - 0.13) * height)]
        c.polygon(drift, snow)


def bare_tree(c: Canvas, height: float, *, colour: str = "#3d3346", snow: str | None = SNOW, seed: int = 0) -> None:
    """A leafless tree with snow along its boughs, standing on the origin."""
    throw = dice(seed)

    def bough(x: float, y: float, length: float, lean: float, thick: float) -> None:
        end = (x + length * lean, y - length * (1 - abs(lean) * 0.45))
        c.line([(x, y), end], colour, thick)
        if snow and thick > 2:
            c.line([(x, y - thick * 0.45), (end[0], end[1] - thick * 0.45)], snow, thick * 0.45)
        if thick > 1.6:
            for side in (-1, 0.15, 1):
                bough(
                    *end, length * throw.uniform(0.58, 0.74), lean * 0.5 + side * throw.uniform(0.38, 0.62), thick * 0.6
                )

    bough(0, 0, height * 0.36, 0.03, height * 0.06)


def lighthouse(c: Canvas, *, lit: bool = True, stone: str = "#f4efe4", band: str = VERMILION) -> None:
    """The lighthouse, 420 high, standing on the origin; its lamp is at (0, -372)."""
    c.polygon([(-46, 0), (-27, -330), (27, -330), (46, 0)], _round(stone))
    for low, high in ((-78, -142), (-206, -266)):
        (lw, hw) = (46 + low * 19 / 330, 46 + high * 19 / 330)
        c.polygon([(-lw, low), (-hw, high), (hw, high), (lw, low)], _round(band))
    for y in (-105, -175, -238):
        c.polygon(_arch(-6, y + 12, 12, 25), "#ffd98a" if lit else "#3a4c6b")
    c.polygon(_arch(-13, 0, 26, 44), down("#38506e", "#24364f"))
    c.box(-50, -6, 100, 12, _round(mix(stone, "#8fa6cf", 0.25)), radius=3)
    lantern(c.at(0, -330), lit=lit, band=band, stone=stone)


def lantern(c: Canvas, *, lit: bool, band: str, stone: str) -> None:
    """The gallery, the glass and the dome on top of the lighthouse; the lamp is at (0, -42)."""
    c.polygon([(-27, 0), (-40, -10), (40, -10), (27, 0)], _round(mix(stone, "#8fa6cf", 0.35)))
    c.box(-43, -15, 86, 7, "#2d3a55", radius=2)
    if lit:
        c.glow(0, -42, 95, "#ffd88a", 0.75)
    c.box(-21, -66, 42, 52, across("#ffcf73", "#fff6d4", "#ffcf73") if lit else across("#7d9bb8", "#c9dcea", "#7d9bb8"))
    for x in (-21, -8, 6, 19):
        c.box(x, -66, 2.4, 52, "#2d3a55")
    for y in (-34, -26):
        c.box(-43, y, 86, 1.8, "#2d3a55")
    for x in range(-42, 44, 12):
        c.box(x, -34, 1.8, 20, "#2d3a55")
    c.polygon([(-28, -66), *ring(0, -66, 26, 27, start=180, end=360), (28, -66)], _round(band))
    c.box(-1.5, -106, 3, 16, "#2d3a55")
    c.ellipse(0, -93, 4.5, fill=lighter(band, 0.25))


def _round(colour: str) -> Gradient:
    """Shading that makes a flat shape look like a tower."""
    return Gradient(
        (
            (0, mix(colour, "#6f86b3", 0.2)),
            (0.3, lighter(colour, 0.35)),
            (0.55, colour),
            (1, mix(colour, "#33457a", 0.42)),
        ),
        across=True,
    )


def cottage(c: Canvas, *, lit: bool = True, wall: str = "#efe3cd", roof: str = "#31556b") -> None:
    """The keeper's cottage, 190 wide, standing on the origin from x 0; its chimney ends at (150, -142)."""
    c.box(138, -140, 22, 60, darker(BRICK, 0.1))
    c.box(134, -146, 30, 9, SNOW, radius=4)
    c.box(0, -72, 190, 74, across(lighter(wall, 0.3), wall, darker(wall, 0.12)))
    c.polygon([(-14, -68), (22, -122), (168, -122), (204, -68)], down(lighter(roof, 0.1), darker(roof, 0.15)))
    c.blob(
        [(-17, -72), (20, -124), (95, -131), (170, -124), (207, -72), (160, -84), (110, -76), (60, -86), (20, -77)],
        SNOW,
    )
    for x in (22, 136):
        window(c, x, -52, 32, 28, lit=lit, frame="#fffaf0")
    _door(c, 80, 54, 30, lit=lit)
