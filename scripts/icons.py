"""The site's icon for browsers that read no SVG: `python scripts/icons.py` draws the mark of `static/img/mark.svg`.

Writes `static/img/favicon.ico` (16, 32 and 48 pixels) and `static/img/touch-icon.png` (180 pixels, for the home screen
of a telephone, which rounds the corners itself).
"""

from pathlib import Path

from PIL import Image, ImageChops, ImageDraw

STATIC = Path(__file__).resolve().parent.parent / "static" / "img"
GRID = 48  # the mark's own measure
FINE = 16  # drawn so many times larger, then made small: that smooths the edges
NIGHT, SEA, LAMP, LIGHT, SNOW = "#101d34", "#294f74", "#f5a53c", "#ffe6b8", "#f3efe4"
Point = tuple[float, float]

# The waterlines: where they begin, then for each cubic curve two handles and its end.
UPPER = [(45.3, 29.5), (41, 27), (38, 31.5), (33.5, 31.5), (29, 31.5), (28, 28.5), (24, 28.5)]
UPPER += [(20, 28.5), (19, 31.5), (14.5, 31.5), (10, 31.5), (7, 27), (2.7, 29.5)]
LOWER = [(4.6, 34.2), (8.2, 33), (10.6, 36.3), (14.5, 36.3), (19, 36.3), (20, 33.3), (24, 33.3)]
LOWER += [(28, 33.3), (29, 36.3), (33.5, 36.3), (37.4, 36.3), (39.8, 33), (43.4, 34.2)]


def draw(size: int, *, is_round: bool = True) -> Image.Image:
    """The mark as a square of `size` pixels; outside the circle nothing, or night where it is not to be round."""
    side = GRID * FINE
    picture = Image.new("RGBA", (side, side), (0, 0, 0, 0) if is_round else NIGHT)
    pen = ImageDraw.Draw(picture)
    _disc(pen, (24, 24), 24, NIGHT)
    inner = Image.new("L", (side, side), 0)
    _disc(ImageDraw.Draw(inner), (24, 24), 22, 255)
    _fill(picture, inner, [*_curve(UPPER), (0, 0), (GRID, 0)], SEA)
    _fill(picture, inner, [*_curve(LOWER), (GRID, GRID), (0, GRID)], SNOW)
    _disc(pen, (24, 17), 7, LAMP)
    _disc(pen, (24, 17), 3.4, LIGHT)
    return picture.resize((size, size), Image.Resampling.LANCZOS)


def _disc(pen: ImageDraw.ImageDraw, centre: Point, radius: float, colour: str | int) -> None:
    x, y = centre
    pen.ellipse([(value * FINE) for value in (x - radius, y - radius, x + radius, y + radius)], fill=colour)


def _fill(picture: Image.Image, within: Image.Image, outline: list[Point], colour: str) -> None:
    """Colour what lies inside the outline, as far as it lies inside the circle too."""
    shape = Image.new("L", picture.size, 0)
    ImageDraw.Draw(shape).polygon([(x * FINE, y * FINE) for x, y in outline], fill=255)
    picture.paste(colour, (0, 0), ImageChops.multiply(shape, within))


def _curve(points: list[Point], steps: int = 24) -> list[Point]:
    """The points of cubic Bézier curves that follow one another."""
    drawn = [points[0]]
    for first in range(0, len(points) - 1, 3):
        a, b, c, d = points[first : first + 4]
        for step in range(1, steps + 1):
            t, u = step / steps, 1 - step / steps
            weights = (u**3, 3 * u * u * t, 3 * u * t * t, t**3)
            x, y = (sum(w * p[axis] for w, p in zip(weights, (a, b, c, d), strict=True)) for axis in (0, 1))
            drawn.append((x, y))
    return drawn


def write(folder: Path = STATIC) -> list[Path]:
    """Draw both files into `folder`; the same bytes each time."""
    icon, touch = folder / "favicon.ico", folder / "touch-icon.png"
    sizes = [16, 32, 48]
    drawn = [draw(size) for size in sizes]
    drawn[-1].save(icon, append_images=drawn[:-1], sizes=[(size, size) for size in sizes])
    draw(180, is_round=False).convert("RGB").save(touch, optimize=True)
    return [icon, touch]


if __name__ == "__main__":
    for path in write():
        print(path.name)
