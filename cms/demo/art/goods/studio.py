"""The product photographer's table: a paper sweep, a soft lamp, soft shadows."""

from collections.abc import Sequence

from cms.demo.art.canvas import Canvas, Point
from cms.demo.art.colour import Gradient, clear, darker, down, lighter

SIDE = 1200
Stops = tuple[tuple[float, str], ...]


def sweep(c: Canvas, paper: str, *, table: float = 840) -> None:
    """Cover the canvas with a coloured paper that bends from wall to table at y `table`."""
    c.box(0, 0, SIDE, SIDE, down(lighter(paper, 0.18), paper))
    c.glow(SIDE * 0.46, SIDE * 0.42, SIDE * 0.72, lighter(paper, 0.75), 0.8)
    with c.layer(blur=46) as bend:
        bend.box(-100, table, SIDE + 200, SIDE, down(darker(paper, 0.07), lighter(paper, 0.3)))


def shadow(
    c: Canvas, x: float, y: float, rx: float, ry: float, *, strength: float = 0.4, tone: str = "#1b2444"
) -> None:
    """A contact shadow: a dark core in a wide soft one that leans away from the lamp."""
    with c.layer(blur=34) as wide:
        wide.ellipse(x + rx * 0.12, y + ry * 0.3, rx * 1.12, ry * 1.25, fill=clear(tone, strength * 0.75))
    with c.layer(blur=11) as near:
        near.ellipse(x, y, rx * 0.94, ry * 0.7, fill=clear(tone, strength))


def flat_shadow(
    c: Canvas, outline: Sequence[Point], *, drop: float = 16, blur: float = 22, strength: float = 0.36
) -> None:
    """The shadow of a flat thing lying or hanging close to the paper."""
    with c.layer(blur=blur) as soft:
        soft.polygon([(x + drop * 0.6, y + drop) for x, y in outline], clear("#1b2444", strength))


def gloss(stops: Stops) -> Gradient:
    """Light across a round body: pairs of place and `#rrggbbaa`."""
    return Gradient(stops, across=True)


ROUND = gloss(
    (
        (0, "#0f1a3a70"),
        (0.1, "#0f1a3a26"),
        (0.24, "#ffffff66"),
        (0.36, "#ffffff10"),
        (0.66, "#0f1a3a12"),
        (0.9, "#0f1a3a66"),
        (1, "#0f1a3a8c"),
    )
)
CLOTH = gloss(((0, "#0f1a3a38"), (0.2, "#ffffff14"), (0.45, "#0f1a3a00"), (0.7, "#ffffff10"), (1, "#0f1a3a48")))


def folds(
    c: Canvas, lines: Sequence[Sequence[Point]], outline: Sequence[Point], *, width: float, light: float = 0.16
) -> None:
    """Soft creases in a cloth: each a dark valley beside a light ridge, cut to the outline."""
    with c.layer(blur=9, clip=outline) as soft:
        for line in lines:
            soft.line(line, "#0f1a3a3c", width, curved=True)
            soft.line([(x + width * 0.8, y) for x, y in line], clear("#ffffff", light), width * 0.7, curved=True)
