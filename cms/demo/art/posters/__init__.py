"""Key art for the two series and their five episodes, in 16:9, 2:3 and as a wide picture for the front page."""

from collections.abc import Callable
from pathlib import Path

from PIL import Image

from cms.demo.art.canvas import Canvas
from cms.demo.art.files import save
from cms.demo.art.posters import breakfast, strolls

Composition = Callable[[Canvas], None]

SIZES: dict[str, tuple[int, int]] = {"wide": (1280, 720), "tall": (800, 1200), "hero": (1920, 820)}
SERIES: dict[str, Composition] = {"strolls": strolls.series, "breakfast": breakfast.series}
EPISODES: dict[str, Composition] = {
    "tram-street": strolls.tram_street,
    "first-boat": strolls.first_boat,
    "canal-by-night": strolls.canal_by_night,
    "foggy-soup": breakfast.foggy_soup,
    "shooting-star-pancakes": breakfast.shooting_star_pancakes,
}
POSTERS: dict[str, Composition] = SERIES | EPISODES


class NoSuchPoster(KeyError):
    """No poster has that name or shape; the message lists those there are."""


def poster(name: str, shape: str = "wide") -> Image.Image:
    """Compose a poster; its lower left corner is calm, so that a title can lie over it."""
    if name not in POSTERS or shape not in SIZES:
        raise NoSuchPoster(f"No poster {name!r} as {shape!r}. There are {', '.join(POSTERS)} as {', '.join(SIZES)}.")
    canvas = Canvas.blank(*SIZES[shape])
    POSTERS[name](canvas)
    return canvas.finish().convert("RGB")


def draw_poster(name: str, path: Path, shape: str = "wide") -> Path:
    """Write a poster as WebP or JPEG (by the suffix, under 120 kB) and return the path; raises NoSuchPoster."""
    return save(poster(name, shape), path)


__all__ = ["EPISODES", "POSTERS", "SERIES", "SIZES", "NoSuchPoster", "draw_poster", "poster"]
