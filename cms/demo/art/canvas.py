"""A canvas drawn large in local coordinates and reduced at the end, so that every edge comes out clean."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from cms.demo.art.colour import Box, Fill, Gradient, Paint, rgba

Point = tuple[float, float]
Matrix = tuple[float, float, float, float, float, float]
Stencil = Callable[[ImageDraw.ImageDraw, float, float, str | int], None]


def smooth(points: Sequence[Point], *, closed: bool = True, steps: int = 10) -> list[Point]:
    """Run a Catmull-Rom curve through the points, `steps` samples between two neighbours."""
    count = len(points)
    spans = count if closed else count - 1
    curve = []
    for index in range(spans):
        around = [_neighbour(points, index + shift, closed=closed) for shift in (-1, 0, 1, 2)]
        curve += [_catmull_rom(around, step / steps) for step in range(steps)]
    return curve if closed else [*curve, points[-1]]


def _neighbour(points: Sequence[Point], index: int, *, closed: bool) -> Point:
    return points[index % len(points)] if closed else points[min(max(index, 0), len(points) - 1)]


def _catmull_rom(around: Sequence[Point], t: float) -> Point:
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = around
    weights = (-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, t**3 - t**2)
    along = zip(weights, (ax, bx, cx, dx), (ay, by, cy, dy), strict=True)
    pairs = [(weight * x / 2, weight * y / 2) for weight, x, y in along]
    return sum(x for x, _ in pairs), sum(y for _, y in pairs)


def ring(x: float, y: float, rx: float, ry: float, *, start: float = 0, end: float = 360) -> list[Point]:
    """Points along an ellipse, angles in degrees clockwise from three o'clock."""
    steps = max(8, int(abs(end - start) / 5))
    angles = [math.radians(start + (end - start) * step / steps) for step in range(steps + 1)]
    return [(x + rx * math.cos(angle), y + ry * math.sin(angle)) for angle in angles]


def rounded(x: float, y: float, width: float, height: float, radius: float) -> list[Point]:
    """The outline of a box with round corners."""
    r = min(radius, width / 2, height / 2)
    right, bottom = x + width - r, y + height - r
    corners = ((right, bottom, 0), (x + r, bottom, 90), (x + r, y + r, 180), (right, y + r, 270))
    return [point for cx, cy, turn in corners for point in ring(cx, cy, r, r, start=turn, end=turn + 90)]


@dataclass
class Canvas:
    """A picture of `width` x `height` units; `at` gives a view of the same picture in other coordinates."""

    width: float
    height: float
    image: Image.Image
    matrix: Matrix
    oversample: int = 2

    @classmethod
    def blank(cls, width: int, height: int, *, fill: Fill | None = None, oversample: int = 2) -> "Canvas":
        """An empty canvas: transparent, or covered with `fill`."""
        image = Image.new("RGBA", (width * oversample, height * oversample))
        canvas = cls(width, height, image, (oversample, 0, 0, 0, oversample, 0), oversample)
        if fill is not None:
            canvas.box(0, 0, width, height, fill)
        return canvas

    def at(
        self, x: float = 0, y: float = 0, scale: float = 1, *, turn: float = 0, flip: bool = False, tall: float = 1
    ) -> "Canvas":
        """A view whose origin is (x, y), scaled, turned by degrees clockwise, mirrored, stretched in height."""
        cos, sin = math.cos(math.radians(turn)) * scale, math.sin(math.radians(turn)) * scale
        a, b, c, d, e, f = self.matrix
        side = -1 if flip else 1
        local = (cos * side, -sin * tall, x, sin * side, cos * tall, y)
        matrix = (
            a * local[0] + b * local[3],
            a * local[1] + b * local[4],
            a * local[2] + b * local[5] + c,
            d * local[0] + e * local[3],
            d * local[1] + e * local[4],
            d * local[2] + e * local[5] + f,
        )
        return Canvas(self.width, self.height, self.image, matrix, self.oversample)

    @property
    def unit(self) -> float:
        """How many pixels of the large picture one local unit spans."""
        a, b, _, d, e, _ = self.matrix
        return math.sqrt(abs(a * e - b * d))

    def pixels(self, points: Sequence[Point]) -> list[Point]:
        """Local points as pixels of the large picture."""
        a, b, c, d, e, f = self.matrix
        return [(a * x + b * y + c, d * x + e * y + f) for x, y in points]

    def polygon(self, points: Sequence[Point], fill: Fill) -> None:
        """Fill the outline through the points."""
        spots = self.pixels(points)

        def stencil(draw: ImageDraw.ImageDraw, left: float, top: float, ink: str | int) -> None:
            draw.polygon([(x - left, y - top) for x, y in spots], fill=ink)

        self._paint(stencil, spots, 1, fill)

    def blob(self, points: Sequence[Point], fill: Fill) -> None:
        """Fill the smooth closed curve through the points."""
        self.polygon(smooth(points), fill)

    def ellipse(self, x: float, y: float, rx: float, ry: float | None = None, *, fill: Fill) -> None:
        """Fill an ellipse around (x, y); a circle when `ry` is left out."""
        self.polygon(ring(x, y, rx, rx if ry is None else ry), fill)

    def box(self, x: float, y: float, width: float, height: float, fill: Fill, *, radius: float = 0) -> None:
        """Fill a box whose upper left corner is (x, y)."""
        corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
        self.polygon(rounded(x, y, width, height, radius) if radius else corners, fill)

    def line(self, points: Sequence[Point], fill: Fill, width: float, *, curved: bool = False) -> None:
        """Draw a round-ended line; `curved` runs it smoothly through the points."""
        spots = self.pixels(smooth(points, closed=False) if curved else points)
        thick = max(1.0, width * self.unit)

        def stencil(draw: ImageDraw.ImageDraw, left: float, top: float, ink: str | int) -> None:
            moved = [(x - left, y - top) for x, y in spots]
            draw.line(moved, fill=ink, width=round(thick), joint="curve")
            if thick > 3:
                for x, y in (moved[0], moved[-1]):
                    draw.ellipse((x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2), fill=ink)

        self._paint(stencil, spots, thick, fill)

    def glow(self, x: float, y: float, radius: float, colour: str, strength: float = 1) -> None:
        """Lay a round light that fades to nothing at `radius`; `strength` 0-1 is its alpha in the middle."""
        ((px, py),) = self.pixels([(x, y)])
        a, b, _, d, e, _ = self.matrix
        wide, tall = (max(2, round(radius * 2 * math.hypot(*axis))) for axis in ((a, b), (d, e)))
        light = Image.new("RGBA", (wide, tall), rgba(colour)[:3])
        light.putalpha(_halo(wide, tall, strength))
        self._lay(light, round(px - wide / 2), round(py - tall / 2))

    def stamp(self, picture: Image.Image, x: float, y: float, width: float) -> None:
        """Paste a finished picture `width` units wide, its upper left corner at (x, y), upright."""
        ((px, py),) = self.pixels([(x, y)])
        wide = max(1, round(width * self.unit))
        tall = max(1, round(wide * picture.height / picture.width))
        self._lay(picture.convert("RGBA").resize((wide, tall), Image.Resampling.LANCZOS), round(px), round(py))

    @contextmanager
    def layer(
        self,
        *,
        blur: float = 0,
        opacity: float = 1,
        clip: Sequence[Point] | None = None,
        fade: tuple[float, float, float] | None = None,
    ) -> Iterator["Canvas"]:
        """Draw on a sheet laid over this picture afterwards.

        `blur` is in units, `opacity` thins it, `clip` cuts it to an outline, `fade` (x, y, radius) lets it thin out
        from a point to nothing.
        """
        sheet = Canvas(self.width, self.height, Image.new("RGBA", self.image.size), self.matrix, self.oversample)
        yield sheet
        box = _grown(sheet.image.getbbox(), blur * self.unit * 3, self.image.size)
        if box is not None:
            self._merge(sheet.image.crop(box), box, blur=blur, opacity=opacity, masks=self._masks(box, clip, fade))

    def finish(self) -> Image.Image:
        """The picture at its own size, reduced from the large one."""
        return self.image.reduce(self.oversample) if self.oversample > 1 else self.image

    def _merge(
        self, drawn: Image.Image, box: Box, *, blur: float, opacity: float, masks: Iterator[Image.Image]
    ) -> None:
        if blur:
            drawn = blurred(drawn, blur * self.unit)
        for mask in masks:
            drawn.putalpha(ImageChops.multiply(drawn.getchannel("A"), mask))
        if opacity < 1:
            drawn.putalpha(drawn.getchannel("A").point(lambda value: round(value * opacity)))
        self.image.alpha_composite(drawn, box[:2])

    def _masks(
        self, box: Box, clip: Sequence[Point] | None, fade: tuple[float, float, float] | None
    ) -> Iterator[Image.Image]:
        size = (box[2] - box[0], box[3] - box[1])
        if clip is not None:
            mask = Image.new("L", size)
            ImageDraw.Draw(mask).polygon([(x - box[0], y - box[1]) for x, y in self.pixels(clip)], fill=255)
            yield mask
        if fade is not None:
            ((x, y),) = self.pixels([fade[:2]])
            radius = round(fade[2] * self.unit)
            mask = Image.new("L", size)
            mask.paste(_halo(radius * 2, radius * 2, 1), (round(x) - radius - box[0], round(y) - radius - box[1]))
            yield mask

    def _paint(self, stencil: Stencil, spots: Sequence[Point], margin: float, fill: Fill) -> None:
        if isinstance(fill, str) and len(fill) == 7:
            stencil(ImageDraw.Draw(self.image), 0, 0, fill)
            return
        left, top = (math.floor(min(spot[axis] for spot in spots) - margin) for axis in (0, 1))
        right, bottom = (math.ceil(max(spot[axis] for spot in spots) + margin) for axis in (0, 1))
        box = (max(left, 0), max(top, 0), min(right, self.image.width), min(bottom, self.image.height))
        if box[0] >= box[2] or box[1] >= box[3]:
            return
        mask = Image.new("L", (box[2] - box[0], box[3] - box[1]))
        stencil(ImageDraw.Draw(mask), box[0], box[1], 255)
        colours = _colours(fill, (left, top, right, bottom), box)
        colours.putalpha(ImageChops.multiply(colours.getchannel("A"), mask))
        self.image.alpha_composite(colours, box[:2])

    def _lay(self, picture: Image.Image, left: int, top: int) -> None:
        """Composite a picture that may hang over the edges."""
        crop = (max(0, -left), max(0, -top))
        far = (min(picture.width, self.image.width - left), min(picture.height, self.image.height - top))
        if far[0] > crop[0] and far[1] > crop[1]:
            self.image.alpha_composite(picture.crop((*crop, *far)), (left + crop[0], top + crop[1]))


# The stock radial gradient has this value where its circle touches the sides of the picture.
_HALO_RIM = 180


def _grown(box: Box | None, margin: float, size: tuple[int, int]) -> Box | None:
    """The box with a margin, inside a picture of that size."""
    if box is None:
        return None
    wide = math.ceil(margin)
    return max(0, box[0] - wide), max(0, box[1] - wide), min(size[0], box[2] + wide), min(size[1], box[3] + wide)


def blurred(image: Image.Image, radius: float) -> Image.Image:
    """A Gaussian blur that works on a reduced copy when the radius is large, where nobody can see the difference."""
    factor = max(1, min(16, int(radius / 4)))
    # Premultiplied, so that the colour of clear pixels does not bleed into the soft edge.
    small = image.convert("RGBa").reduce(factor).filter(ImageFilter.GaussianBlur(radius / factor))
    return small.resize(image.size, Image.Resampling.BICUBIC).convert("RGBA")


def _halo(wide: int, tall: int, strength: float) -> Image.Image:
    base = Image.radial_gradient("L").point(lambda value: round(255 * strength * max(0.0, 1 - value / _HALO_RIM) ** 2))
    return base.resize((wide, tall), Image.Resampling.BICUBIC)


def _colours(fill: Fill, whole: tuple[int, int, int, int], part: tuple[int, int, int, int]) -> Image.Image:
    size = (part[2] - part[0], part[3] - part[1])
    if isinstance(fill, str):
        return Image.new("RGBA", size, rgba(fill))
    paint: Paint = fill
    cut = (part[0] - whole[0], part[1] - whole[1], part[2] - whole[0], part[3] - whole[1])
    return paint.spread(whole[2] - whole[0], whole[3] - whole[1], cut)


__all__ = ["Canvas", "Fill", "Gradient", "Point", "blurred", "ring", "rounded", "smooth"]
