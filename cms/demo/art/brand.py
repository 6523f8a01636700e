"""Marks drawn as shapes: Minato Broadcasting's, Hitotsu's, and the icons of the site."""

from pathlib import Path

from PIL import Image

from cms.demo.art.canvas import Canvas, Point, ring, rounded, smooth
from cms.demo.art.colour import AMBER, NAVY, SNOW, VERMILION
from cms.demo.art.files import save

ICON_SIZES = (32, 180, 512)

# The marks live in a square of 64; the same points serve the SVG and the icons.
_SKY = ring(32, 32, 30, 30)
_BEAMS: tuple[tuple[Point, ...], ...] = (((28.5, 20.5), (-8, 8.2), (-8, 25.6)), ((35.5, 20.5), (72, 8.2), (72, 25.6)))
_TOWER = ((28.2, 24.5), (35.8, 24.5), (38.4, 46), (25.6, 46))
_BANDS = (
    ((27.4, 30.6), (36.6, 30.6), (37.2, 35.4), (26.8, 35.4)),
    ((26.3, 40.2), (37.7, 40.2), (38.4, 46), (25.6, 46)),
)
_LAMP = ((28.6, 16.6), (35.4, 16.6), (35.4, 23), (28.6, 23))
_ROOF = ((27.2, 16.8), (32, 10.4), (36.8, 16.8))
_GALLERY = ((26.4, 22.6), (37.6, 22.6), (37.6, 24.8), (26.4, 24.8))


def _wave(level: float, lift: float) -> list[Point]:
    """A wave across the disc, closed along the disc's lower edge."""
    crest = smooth(
        [(x, level + (lift if n % 2 else -lift)) for n, x in enumerate((-4, 6, 16, 26, 36, 46, 56, 68))],
        closed=False,
        steps=6,
    )
    return [*crest, (68, 68), (-4, 68)]


def _layers() -> list[tuple[str, list[Point]]]:
    """The station's mark from back to front: colour and outline; all of it is cut to the disc."""
    layers = [(NAVY, list(_SKY))]
    layers += [(AMBER, list(beam)) for beam in _BEAMS]
    layers += [(SNOW, list(_TOWER))] + [(VERMILION, list(band)) for band in _BANDS]
    layers += [("#fff3c4", list(_LAMP)), (VERMILION, list(_ROOF)), (SNOW, list(_GALLERY))]
    return [*layers, ("#2f7fa8", _wave(45, 1.6)), ("#1d5a86", _wave(51, -1.8))]


def _path(points: list[Point]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "Z"


def station_mark() -> str:
    """Minato Broadcasting's mark as SVG text: a lighthouse whose beams go out over the waves, in a disc."""
    shapes = "".join(f'<path fill="{colour}" d="{_path(points)}"/>' for colour, points in _layers())
    disc = '<clipPath id="minato-disc"><circle cx="32" cy="32" r="30"/></clipPath>'
    return _svg(f'<defs>{disc}</defs><g clip-path="url(#minato-disc)">{shapes}</g>')


def hitotsu_mark(colour: str = VERMILION) -> str:
    """Hitotsu's mark as SVG text: one stroke of the brush, 一, resting in a ring that is open at its start."""
    pen = f'fill="none" stroke="{colour}" stroke-width="6" stroke-linecap="round"'
    circle = f'<path {pen} d="M43.5 9.2A25.5 25.5 0 1 1 30 6.6"/>'
    stroke = smooth(list(_STROKE), steps=8)
    return _svg(f'{circle}<path fill="{colour}" d="{_path(stroke)}"/>')


_STROKE: tuple[Point, ...] = (
    (16.5, 31.5),
    (19, 28.6),
    (24, 30.4),
    (36, 30),
    (43, 28),
    (47.6, 30.8),
    (46.6, 34.6),
    (36, 35.4),
    (22, 36),
    (17, 35),
)


def _svg(body: str) -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" role="img">{body}</svg>\n'


def icon(size: int) -> Image.Image:
    """The station's mark as a square icon: clear corners, or full-bleed navy at 180 as phones round it themselves."""
    canvas = Canvas.blank(size, size, oversample=8 if size < 200 else 4)
    view = canvas.at(0, 0, size / 64)
    edge = rounded(0, 0, 64, 64, 0.1) if size == 180 else list(_SKY)
    with view.layer(clip=edge) as mark:
        mark.box(0, 0, 64, 64, NAVY)
        for colour, points in _layers():
            mark.polygon(points, colour)
    return canvas.finish()


def draw_icon(size: int, path: Path) -> Path:
    """Write the icon as PNG and return the path."""
    return save(icon(size), path)


def draw_station_mark(path: Path) -> Path:
    """Write the station's mark as an SVG file and return the path."""
    return _write(station_mark(), path)


def draw_hitotsu_mark(path: Path, colour: str = VERMILION) -> Path:
    """Write Hitotsu's mark as an SVG file and return the path."""
    return _write(hitotsu_mark(colour), path)


def _write(text: str, path: Path) -> Path:
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
