"""Pictures of what the shop sells, 1200 x 1200, in the light of one small studio."""

from collections.abc import Callable
from pathlib import Path

from PIL import Image

from cms.demo.art.canvas import Canvas
from cms.demo.art.files import save
from cms.demo.art.goods import cloth, keepsakes, tableware
from cms.demo.art.goods.studio import SIDE

GOODS: dict[str, Callable[[Canvas], None]] = {
    "mug-snow-white": tableware.mug_in_snow_white,
    "mug-harbour-blue": tableware.mug_in_harbour_blue,
    "mug-together": tableware.mugs_together,
    "t-shirt": cloth.t_shirt,
    "t-shirt-print": cloth.t_shirt_print,
    "hand-towel": cloth.hand_towel,
    "hand-towel-folded": cloth.hand_towels_folded,
    "cracker-tin": tableware.cracker_tin,
    "cracker-tin-open": tableware.cracker_tin_open,
    "key-ring": keepsakes.key_ring,
    "tote-bag": cloth.tote_bag,
    "dvd-box": keepsakes.dvd_box,
    "plush": keepsakes.plush,
    "plush-lying": keepsakes.plush_lying,
}


class NoSuchProduct(KeyError):
    """No product picture has that name; the message lists those there are."""


def product(name: str) -> Image.Image:
    """Draw a product picture."""
    if name not in GOODS:
        raise NoSuchProduct(f"No product picture {name!r}. There are: {', '.join(GOODS)}.")
    canvas = Canvas.blank(SIDE, SIDE)
    GOODS[name](canvas)
    return canvas.finish().convert("RGB")


def draw_product(name: str, path: Path) -> Path:
    """Write a product picture as WebP or JPEG (by the suffix), under 120 kB; raises NoSuchProduct."""
    return save(product(name), path)


__all__ = ["GOODS", "SIDE", "NoSuchProduct", "draw_product", "product"]
