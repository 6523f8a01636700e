"""The rostrum: layers drawn once, laid over each other frame by frame at fractions of a pixel."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from PIL import Image, ImageChops

from cms.demo.art.canvas import Canvas
from cms.demo.art.scenery.sky import snowfall

WIDTH, HEIGHT, FPS = 1280, 720, 24
# Slow layers would jerk from pixel to pixel; a quarter of one is too small a step to see.
_PHASES = 4
# Opacity moves in steps as well, so that a breathing light reuses its masks.
_SHARES = 64

Frame = Callable[[float], Image.Image]
"""Paints the picture of a moment, given in seconds."""


@dataclass
class Sprite:
    """A drawn layer that can be laid anywhere; positions are in units of the 1280 x 720 stage."""

    drawn: Image.Image
    scale: float
    origin: tuple[float, float] = (0, 0)
    _phases: dict[tuple[int, int], tuple[Image.Image, Image.Image]] = field(default_factory=dict)
    _thin: dict[tuple[int, int, int], Image.Image] = field(default_factory=dict)

    def lay(self, frame: Image.Image, x: float, y: float, *, opacity: float = 1) -> None:
        """Composite the layer with its origin at (x, y)."""
        left, across = _split((x - self.origin[0]) * self.scale)
        top, down = _split((y - self.origin[1]) * self.scale)
        colours, mask = self._phase(across, down)
        share = round(min(1.0, max(0.0, opacity)) * _SHARES)
        if share == _SHARES:
            frame.paste(colours, (left, top), mask)
        elif share:
            frame.paste(colours, (left, top), self._thinned(mask, (across, down, share)))

    def seen_from(self, x: float, y: float) -> "Sprite":
        """The same layer for a frame whose upper left corner is (x, y) of the stage."""
        return replace(self, origin=(self.origin[0] + x, self.origin[1] + y), _phases={}, _thin={})

    def _thinned(self, mask: Image.Image, key: tuple[int, int, int]) -> Image.Image:
        if key not in self._thin:
            self._thin[key] = mask.point([value * key[2] // _SHARES for value in range(256)])
        return self._thin[key]

    def _phase(self, across: int, down: int) -> tuple[Image.Image, Image.Image]:
        if (across, down) not in self._phases:
            picture = _shifted(self.drawn, across / _PHASES, down / _PHASES)
            self._phases[across, down] = (picture.convert("RGB"), picture.getchannel("A"))
        return self._phases[across, down]


def _split(position: float) -> tuple[int, int]:
    steps = round(position * _PHASES)
    return steps // _PHASES, steps % _PHASES


def _shifted(large: Image.Image, dx: float, dy: float) -> Image.Image:
    """Halve a picture drawn at double size, moved right and down by a share of a final pixel."""
    width, height = -(-large.width // 2) + 1, -(-large.height // 2) + 1
    padded = Image.new("RGBA", (width * 2 + 2, height * 2 + 2))
    padded.paste(large, (2, 2))
    left, top = 2 - 2 * dx, 2 - 2 * dy
    box = (left, top, left + width * 2, top + height * 2)
    return padded.resize((width, height), Image.Resampling.HAMMING, box=box)


@dataclass(frozen=True)
class Stage:
    """Where a film is shot: the picture's width in pixels and its length in seconds."""

    width: int = WIDTH
    seconds: float = 9

    @property
    def scale(self) -> float:
        """Pixels per unit."""
        return self.width / WIDTH

    @property
    def height(self) -> int:
        """The picture's height in pixels, 16:9."""
        return self.width * 9 // 16

    def sheet(self, width: float, height: float) -> Canvas:
        """A clear sheet of that many units, drawn at double size."""
        large = 2 * self.scale
        image = Image.new("RGBA", (math.ceil(width * large), math.ceil(height * large)))
        return Canvas(width, height, image, (large, 0, 0, 0, large, 0))

    def sprite(
        self, width: float, height: float, draw: Callable[[Canvas], None], *, x: float = 0, y: float = 0
    ) -> Sprite:
        """A sprite of that size; `draw` gets a canvas whose origin is at (x, y) of the sheet."""
        sheet = self.sheet(width, height)
        draw(sheet.at(x, y))
        left, top, right, bottom = sheet.image.getbbox() or (0, 0, 2, 2)
        left, top = left - left % 2, top - top % 2
        return Sprite(
            sheet.image.crop((left, top, right, bottom)),
            self.scale,
            (x - left / 2 / self.scale, y - top / 2 / self.scale),
        )

    def backdrop(self, draw: Callable[[Canvas], None]) -> Image.Image:
        """An opaque picture that fills the frame."""
        sheet = self.sheet(WIDTH, HEIGHT)
        draw(sheet)
        return sheet.finish().convert("RGB").crop((0, 0, self.width, self.height))


def ease(t: float, start: float = 0, end: float = 1) -> float:
    """0 before `start`, 1 after `end`, slow at both ends between them."""
    share = min(1.0, max(0.0, (t - start) / (end - start)))
    return share * share * (3 - 2 * share)


def glide(t: float, start: float, end: float) -> float:
    """0 before `start`, 1 after `end`, quick first and slow at last."""
    share = min(1.0, max(0.0, (t - start) / (end - start)))
    return 1 - (1 - share) ** 3


def sway(t: float, period: float, shift: float = 0) -> float:
    """A swing between -1 and 1 with that period in seconds; `shift` is in turns."""
    return math.sin(math.tau * (t / period + shift))


class Snow:
    """Three depths of flakes that fall, drift with the wind and come round again."""

    def __init__(self, stage: Stage, *, wind: float, seed: int, counts: tuple[int, int, int] = (230, 110, 42)) -> None:
        sizes, falls = ((0.8, 1.6), (1.4, 2.8), (2.6, 5.2)), (46, 84, 150)
        self.stage = stage
        self.depths = [
            (_flakes(stage, count, size, seed + place), fall, wind * fall / 84)
            for place, (count, size, fall) in enumerate(zip(counts, sizes, falls, strict=True))
        ]

    def lay(self, frame: Image.Image, t: float, *, drift: float = 0) -> None:
        """Let it snow over the frame; `drift` moves the air by units, as a camera does."""
        falling = Image.new("L", frame.size)
        for place, (mask, fall, wind) in enumerate(self.depths):
            blow = wind * t + 14 * (place + 1) * sway(t, 5.5, place * 0.3) + drift * (0.5 + 0.5 * place)
            moved = ImageChops.offset(mask, round(blow * self.stage.scale), round(fall * t * self.stage.scale))
            falling = ImageChops.lighter(falling, moved)
        frame.paste((255, 255, 255), (0, 0), falling)


def _flakes(stage: Stage, count: int, size: tuple[float, float], seed: int) -> Image.Image:
    sheet = stage.sheet(WIDTH, HEIGHT)
    snowfall(sheet, count, seed=seed, sizes=size)
    return sheet.finish().getchannel("A").crop((0, 0, stage.width, stage.height))
