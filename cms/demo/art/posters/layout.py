"""What the compositions share: choosing a value by the shape of the picture, and the calm corner."""

from cms.demo.art.canvas import Canvas


def by_shape(c: Canvas, wide: float, tall: float, hero: float) -> float:
    """The value for 16:9, for 2:3 or for the front page's wide picture."""
    if c.height > c.width:
        return tall
    return hero if c.width / c.height > 2 else wide


def calm_corner(c: Canvas, colour: str, *, strength: float = 0.6) -> None:
    """Quieten the lower left, where a title will lie, with a soft shade in the picture's own dark colour."""
    reach = max(c.width * 0.62, c.height * 0.5)
    c.at(c.width * 0.06, c.height * 1.02, tall=0.5).glow(0, 0, reach, colour, min(1, strength * 1.5))
