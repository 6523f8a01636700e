"""Water: swells with crests, scale-pattern waves, glitter, reflections."""

import math

from cms.demo.art.canvas import Canvas, Point, ring, smooth
from cms.demo.art.colour import Fill, clear, darker, down, lighter
from cms.demo.art.dice import dice


def crest(x: float, *, wavelength: float, phase: float) -> float:
    """Height (-1 to 1) of a swell: round troughs and narrow crests, phase in turns."""
    angle = math.tau * (x / wavelength + phase)
    return 1 - 2 * abs(math.sin(angle / 2)) ** 0.9


def swell(
    c: Canvas,
    y: float,
    *,
    height: float,
    wavelength: float,
    fill: Fill,
    foam: str | None = None,
    phase: float = 0,
    foot: float | None = None,
) -> None:
    """A band of swell from its surface line at y down to `foot`, with a line of foam below the crests."""
    width, bottom = c.width, c.height if foot is None else foot
    steps = [x * 6 - 30 for x in range(int(width / 6) + 11)]
    surface = [(x, y - height * crest(x, wavelength=wavelength, phase=phase)) for x in steps]
    c.polygon([(-30, bottom), *surface, (width + 30, bottom)], fill)
    if foam:
        c.line(surface, foam, max(1.5, height * 0.16))
        under = [(x + wavelength * 0.06, top + height * 0.62) for x, top in surface]
        for part in _crest_parts(under, y + height * 0.28):
            c.line(part, clear(foam, 0.45), max(1.0, height * 0.1))


def _crest_parts(line: list[Point], level: float) -> list[list[Point]]:
    parts: list[list[Point]] = [[]]
    for point in line:
        if point[1] < level:
            parts[-1].append(point)
        elif parts[-1]:
            parts.append([])
    return [part for part in parts if len(part) > 2]


def scales(c: Canvas, x: float, y: float, width: float, height: float, *, size: float, colour: str) -> None:
    """Rows of overlapping arcs (seigaiha, the old pattern for a calm sea) inside a box; colour carries the alpha."""
    rows = int(height / (size * 0.5)) + 1
    for row in range(rows):
        shift = size if row % 2 else 0
        for column in range(int(width / (size * 2)) + 2):
            middle = x + column * size * 2 - shift
            for share in (0.92, 0.62, 0.32):
                arc = ring(middle, y + row * size * 0.5, size * share, size * share, start=200, end=340)
                c.line(arc, colour, size * 0.06)


def glitter(
    c: Canvas, x: float, y: float, *, width: float, height: float, colour: str, count: int, seed: int, spread: float = 1
) -> None:
    """The path of light under a sun or lamp at x: dashes that widen and thin out downwards."""
    throw = dice(seed)
    for _ in range(count):
        t = throw.random() ** 0.9
        reach = width * (0.22 + 0.78 * t * spread)
        middle = x + throw.gauss(0, 0.42) * reach
        long = width * throw.uniform(0.08, 0.34) * (0.5 + t)
        alpha = (1 - t) * 0.7 + 0.18
        thick = 1.4 + 2.6 * t
        c.box(middle - long / 2, y + t * height, long, thick, clear(colour, alpha), radius=thick / 2)


def ripples(c: Canvas, count: int, *, top: float, foot: float, colour: str, seed: int, long: float = 90) -> None:
    """Thin strokes over calm water, longer towards the viewer; colour carries no alpha."""
    throw = dice(seed)
    for _ in range(count):
        t = throw.random()
        y = top + (foot - top) * t
        stretch = long * (0.25 + t) * throw.uniform(0.5, 1.2)
        x = throw.uniform(-stretch, c.width)
        bend = 2 + 3 * t
        curve = [(x, y), (x + stretch * 0.3, y - bend), (x + stretch * 0.7, y + bend * 0.4), (x + stretch, y)]
        c.line(curve, clear(colour, throw.uniform(0.2, 0.55)), 1 + 1.8 * t, curved=True)


_CLAWS = (
    (284, -214, 19),
    (278, -190, 13),
    (256, -224, 17),
    (228, -250, 17),
    (196, -262, 15),
    (164, -268, 12),
    (300, -188, 9),
)


def great_wave(c: Canvas, *, body: str, foam: str = "#f8f4e6") -> None:
    """A curling wave 600 wide and 340 high whose foot is at the origin, breaking to the right."""
    back = [(-320, 0), (-230, -40), (-140, -130), (-60, -250), (40, -325), (150, -335), (235, -290), (280, -215)]
    lip = [(255, -232), (215, -262), (150, -268), (90, -235), (55, -175), (60, -105), (110, -45), (200, -8), (300, 0)]
    outline = smooth([*back, *lip])
    c.polygon(outline, down(lighter(body, 0.12), body, darker(body, 0.25)))
    with c.layer(clip=outline) as water:
        for step, shade in enumerate((lighter(body, 0.3), darker(body, 0.22), lighter(body, 0.22), darker(body, 0.15))):
            band = [(x + 20 + step * 26, y + 26 + step * 30) for x, y in back]
            water.line(band, shade, 15 - step * 2, curved=True)
        water.line(back, foam, 34, curved=True)
    for x, y, size in _CLAWS:
        c.ellipse(x, y, size, fill=foam)
    for x, y, size in ((190, -250, 10), (318, -205, 6), (330, -160, 5), (288, -130, 5), (-20, -318, 5), (70, -362, 6)):
        c.ellipse(x, y, size, fill=foam)


def spray(c: Canvas, x: float, y: float, *, width: float, colour: str = "#ffffff", seed: int = 3) -> None:
    """A low cushion of foam along a bow or a rock."""
    throw = dice(seed)
    for _ in range(int(width / 5)):
        t = throw.uniform(-0.5, 0.5)
        size = (1 - abs(t) * 1.5) * width * 0.055 + 1.5
        c.ellipse(x + t * width, y - throw.uniform(0, width * 0.04), size, size * 0.7, fill=clear(colour, 0.9))
