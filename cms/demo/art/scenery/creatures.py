"""Who lives here: Goma-kun the seal pup, gulls, the lighthouse keeper."""

import math

from cms.demo.art.canvas import Canvas, ring, smooth
from cms.demo.art.colour import NAVY, VERMILION, across, clear, darker, down, lighter, mix

FUR = "#f7f4ee"
FUR_SHADE = "#c9d3e6"
EYE = "#20202c"


def goma(
    c: Canvas,
    *,
    scarf: str | None = VERMILION,
    eyes: str = "open",
    fur: str = FUR,
    shade: str = FUR_SHADE,
    wave: float = 0,
    happy: bool = False,
) -> None:
    """Goma-kun sitting on the origin, 200 wide and 205 high; `eyes` open, shut or up; `wave` 0-1 lifts a flipper."""
    c.blob([(54, -26), (92, -34), (124, -22), (132, -4), (106, 2), (60, 0)], down(fur, shade))
    body = [
        (0, -206),
        (58, -190),
        (88, -140),
        (97, -72),
        (84, -18),
        (42, 2),
        (0, 4),
        (-42, 2),
        (-84, -18),
        (-97, -72),
        (-88, -140),
        (-58, -190),
    ]
    c.blob(body, down(lighter(fur, 0.6), fur, mix(fur, shade, 0.35), shade))
    with c.layer(blur=9, clip=smooth(body)) as soft:
        soft.ellipse(0, -36, 60, 44, fill=clear("#ffffff", 0.75))
    _spots(c, shade)
    _flipper(c, -1, wave, fur, shade)
    _flipper(c, 1, 0, fur, shade)
    if scarf:
        _scarf(c, scarf)
    face(c.at(0, -128), eyes=eyes, happy=happy)


def _spots(c: Canvas, shade: str) -> None:
    tone = mix(shade, "#55607c", 0.45)
    for x, y, size in (
        (-16, -188, 4.6),
        (2, -194, 3.6),
        (17, -186, 5.0),
        (66, -62, 4.4),
        (74, -46, 3.2),
        (-70, -54, 3.8),
    ):
        c.ellipse(x, y, size, size * 0.8, fill=tone)


def _flipper(c: Canvas, side: int, wave: float, fur: str, shade: str) -> None:
    arm = c.at(side * 80, -62, turn=side * (-18 - 95 * wave))
    arm.blob([(-13, -4), (0, -14), (14, -4), (20, 34), (10, 58), (-6, 56), (-16, 28)], down(fur, mix(fur, shade, 0.8)))
    for x in (-1, 7):
        arm.line([(x, 46), (x + 1, 55)], mix(shade, "#55607c", 0.4), 2)


def _scarf(c: Canvas, colour: str) -> None:
    c.blob([(40, -90), (66, -92), (76, -40), (70, -22), (44, -24), (46, -60)], darker(colour, 0.14))
    for x in (48, 57, 66):
        c.line([(x, -24), (x, -15)], darker(colour, 0.14), 4)
    wrap = [
        (-93, -98),
        (-50, -84),
        (0, -79),
        (50, -84),
        (93, -98),
        (95, -78),
        (54, -61),
        (0, -55),
        (-54, -61),
        (-95, -78),
    ]
    c.blob(wrap, down(lighter(colour, 0.12), colour))
    for x, drop in ((-62, 7), (-22, 1), (22, 1)):
        c.line([(x - 5, -84 + drop), (x + 3, -62 + drop)], clear(lighter(colour, 0.6), 0.9), 5)


def face(c: Canvas, *, eyes: str = "open", happy: bool = False) -> None:
    """Goma-kun's face, 120 wide, centred on the origin."""
    for side in (-1, 1):
        c.ellipse(side * 56, 20, 15, 10, fill=clear("#ff9c8f", 0.5))
        _eye(c, side * 40, eyes)
    c.ellipse(-9, 24, 13, 11, fill="#fffdf8")
    c.ellipse(9, 24, 13, 11, fill="#fffdf8")
    c.blob([(-9, 9), (0, 6), (9, 9), (6, 15), (0, 19), (-6, 15)], "#3a3442")
    if happy:
        c.blob([(-11, 27), (0, 30), (11, 27), (7, 39), (0, 42), (-7, 39)], "#b8473f")
        c.ellipse(0, 38, 5, 3.4, fill="#f08f86")
    c.line([(-16, 24), (-9, 29), (0, 24), (9, 29), (16, 24)], "#3a3442", 2.6, curved=True)
    for side in (-1, 1):
        for lift in (-3, 4):
            c.line([(side * 24, 23 + lift * 0.6), (side * 46, 22 + lift * 2.2)], clear("#6f7690", 0.75), 1.5)


def _eye(c: Canvas, x: float, eyes: str) -> None:
    if eyes == "shut":
        c.line(ring(x, -3, 13, 11, start=200, end=340), EYE, 4.4)
        return
    c.ellipse(x, 0, 14, 17, fill=EYE)
    lift = -4 if eyes == "up" else 0
    c.ellipse(x - 4, -7 + lift * 0.4, 5.6, 6.2, fill="#ffffff")
    c.ellipse(x + 5, 7 + lift, 2.8, fill=clear("#ffffff", 0.85))
    c.line([(x - 9, -24), (x, -27), (x + 8, -25)], clear("#8a90a8", 0.7), 3, curved=True)


def goma_lying(
    c: Canvas, *, eyes: str = "open", scarf: str | None = None, fur: str = FUR, shade: str = FUR_SHADE
) -> None:
    """Goma-kun on his belly, head left, 330 wide and 150 high, lying on the origin's height."""
    c.blob([(150, -30), (196, -62), (236, -70), (222, -44), (244, -24), (204, -18), (160, -8)], down(fur, shade))
    body = [
        (-100, -60),
        (-86, -118),
        (-30, -146),
        (40, -132),
        (110, -92),
        (170, -42),
        (176, -14),
        (120, 0),
        (0, 4),
        (-80, -6),
    ]
    c.blob(body, down(lighter(fur, 0.6), fur, mix(fur, shade, 0.5), shade))
    tone = mix(shade, "#55607c", 0.4)
    for x, y, size in (
        (52, -104, 5),
        (76, -84, 4),
        (94, -66, 5),
        (62, -78, 3.4),
        (-44, -138, 4),
        (-28, -141, 3.4),
        (-14, -138, 4),
    ):
        c.ellipse(x, y, size, size * 0.8, fill=tone)
    c.blob([(20, -28), (46, -34), (66, -10), (60, 6), (34, 6), (16, -8)], down(fur, mix(fur, shade, 0.8)))
    if scarf:
        c.blob(
            [(-84, -38), (-30, -20), (20, -40), (38, -84), (54, -74), (40, -22), (-26, 2), (-88, -18)],
            down(lighter(scarf, 0.1), scarf),
        )
    face(c.at(-34, -72), eyes=eyes)


def gull(c: Canvas, *, flap: float = 0.3, body: str = "#fbfaf5", tip: str = "#56617d") -> None:
    """A gull seen from the side, about 120 across its wings, flying right; `flap` runs -1 (down) to 1 (up)."""
    lift = flap * 38
    c.blob([(-34, 2), (-12, -7), (18, -8), (33, -3), (30, 4), (8, 10), (-14, 8)], down(body, mix(body, "#8fa6cf", 0.3)))
    c.polygon([(-28, 0), (-48, -3), (-46, 8), (-26, 6)], body)
    far = [(-2, -4), (8, -16 - lift * 0.6), (30, -26 - lift), (56, -24 - lift * 1.2), (34, -12 - lift * 0.7), (14, -2)]
    c.blob(far, mix(body, "#8fa6cf", 0.35))
    near = [
        (-6, -2),
        (-16, -18 - lift * 0.7),
        (-34, -30 - lift),
        (-62, -26 - lift * 1.25),
        (-36, -12 - lift * 0.7),
        (10, 2),
    ]
    c.blob(near, body)
    c.polygon([(-46, -29 - lift * 1.1), (-63, -26 - lift * 1.25), (-44, -18 - lift * 0.85)], tip)
    c.polygon([(45, -27 - lift * 1.1), (57, -24 - lift * 1.2), (44, -17 - lift * 0.9)], tip)
    c.polygon([(32, -3), (43, 0), (32, 2)], "#f0a63c")
    c.ellipse(27, -3, 1.7, fill=EYE)


def keeper(c: Canvas, *, coat: str = NAVY, cup: bool = True) -> None:
    """The lighthouse keeper, 150 wide and 300 high, standing on the origin."""
    for x in (-30, 8):
        c.box(x, -40, 24, 38, "#3b3340", radius=6)
        c.box(x - 5, -12, 32, 13, "#241f2c", radius=6)
    body = [(-46, -190), (0, -202), (46, -190), (66, -110), (68, -30), (0, -22), (-68, -30), (-66, -110)]
    c.blob(body, across(lighter(coat, 0.16), coat, darker(coat, 0.3)))
    c.line([(0, -190), (0, -30)], lighter(coat, 0.15), 3)
    for y in (-160, -120, -80):
        c.ellipse(-12, y, 4.6, fill="#e9b84a")
        c.ellipse(12, y, 4.6, fill="#e9b84a")
    _keeper_arms(c, coat, cup=cup)
    c.blob([(-40, -200), (0, -190), (40, -200), (44, -184), (0, -172), (-44, -184)], VERMILION)
    _keeper_head(c.at(0, -232), coat)


def _keeper_arms(c: Canvas, coat: str, *, cup: bool) -> None:
    c.blob([(44, -182), (66, -160), (78, -110), (70, -74), (52, -80), (48, -130)], darker(coat, 0.12))
    c.ellipse(64, -72, 12, fill="#eeb591")
    c.blob(
        [(-48, -182), (-72, -150), (-78, -116), (-52, -92), (-22, -104), (-34, -122), (-50, -134)], lighter(coat, 0.1)
    )
    c.ellipse(-22, -112, 12, fill="#eeb591")
    if cup:
        c.box(-30, -142, 30, 30, down("#fff8ea", "#e6d6bd"), radius=5)
        c.line(ring(2, -127, 8, 8, start=-80, end=80), "#f3e6cf", 4)


def _keeper_head(c: Canvas, coat: str) -> None:
    c.ellipse(0, 0, 40, 42, fill=down("#f6c6a2", "#e9aa85"))
    beard = [
        (-42, -6),
        (-30, 8),
        (-14, 4),
        (0, 8),
        (14, 4),
        (30, 8),
        (42, -6),
        (42, 28),
        (24, 56),
        (0, 64),
        (-24, 56),
        (-42, 28),
    ]
    c.blob(beard, down("#ffffff", "#dfe4ee"))
    c.blob([(-22, 12), (-10, 4), (0, 9), (10, 4), (22, 12), (10, 18), (0, 15), (-10, 18)], "#ffffff")
    c.ellipse(0, 2, 9, 8, fill="#e58f72")
    for side in (-1, 1):
        c.line(ring(side * 17, -8, 7, 6, start=200, end=340), "#3a2f36", 3.6)
        c.ellipse(side * 27, 4, 8, 6, fill=clear("#f0806a", 0.45))
        c.line([(side * 10, -19), (side * 18, -22), (side * 26, -18)], "#ffffff", 4.6, curved=True)
    c.blob([(-44, -22), (-38, -48), (0, -60), (38, -48), (44, -22), (0, -28)], down(lighter(coat, 0.15), coat))
    c.blob([(-46, -20), (0, -30), (46, -20), (50, -12), (0, -18), (-50, -12)], darker(coat, 0.35))
    c.ellipse(0, -40, 7, fill="#e9b84a")


def stroller(c: Canvas, *, coat: str, hat: str, stride: float = 0.5) -> None:
    """A small passer-by in winter clothes, 90 high, standing on the origin; `stride` -1 to 1 swings the legs."""
    for side in (-1, 1):
        swing = side * stride * 9
        c.line([(side * 5, -28), (side * 5 + swing, -3)], "#31304a", 8)
        c.line([(side * 5 + swing, -3), (side * 5 + swing + 6, -2)], "#241f2c", 6)
    c.blob(
        [(-13, -68), (0, -72), (13, -68), (21, -26), (0, -22), (-21, -26)], down(lighter(coat, 0.1), darker(coat, 0.15))
    )
    c.line([(-10, -60), (-15 - math.copysign(4, stride), -40)], darker(coat, 0.2), 8)
    c.ellipse(1, -80, 11, fill="#f0bd98")
    c.blob([(-12, -80), (-11, -92), (0, -98), (11, -92), (13, -83), (0, -87)], hat)
    c.ellipse(0, -98, 4.4, fill=lighter(hat, 0.5))
    c.line([(-10, -70), (0, -67), (11, -70)], lighter(hat, 0.2), 6, curved=True)


def squid(c: Canvas, *, body: str = "#f3e3dc", ink: str = "#b9687a") -> None:
    """A squid, 130 wide and 300 high, head up, the middle of its mantle near the origin."""
    for place in range(8):
        x = -34 + place * 9.8
        sway = 10 * math.sin(place * 1.7)
        c.line(
            [(x, 62), (x * 1.2 + sway, 100), (x * 1.35 - sway * 0.6, 138 + place % 3 * 8)],
            mix(body, ink, 0.22 + 0.1 * (place % 2)),
            9,
            curved=True,
        )
    for side in (-1, 1):
        arm = [(side * 26, 60), (side * 52, 104), (side * 44, 146), (side * 60, 172)]
        c.line(arm, mix(body, ink, 0.2), 6, curved=True)
        c.ellipse(side * 60, 174, 10, 13, fill=mix(body, ink, 0.35))
    c.polygon(
        [(0, -152), (-66, -84), (-30, -66), (30, -66), (66, -84)], down(mix(body, ink, 0.1), mix(body, ink, 0.45))
    )
    c.blob(
        [(0, -156), (24, -110), (40, -40), (40, 24), (0, 36), (-40, 24), (-40, -40), (-24, -110)],
        across(lighter(body, 0.4), body, mix(body, ink, 0.4)),
    )
    c.blob([(-34, 28), (34, 28), (40, 60), (0, 74), (-40, 60)], down(body, mix(body, ink, 0.25)))
    for side in (-1, 1):
        c.ellipse(side * 25, 48, 11, fill="#fffdf6")
        c.ellipse(side * 24, 49, 7.5, fill=EYE)
        c.ellipse(side * 24 - 2, 46, 2.6, fill="#ffffff")
    for x, y, size in ((-14, -60, 4), (8, -84, 3), (16, -30, 4.4), (-18, -10, 3.4), (4, 4, 3), (-4, -112, 3)):
        c.ellipse(x, y, size, fill=clear(ink, 0.5))
