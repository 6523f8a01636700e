"""What moves through the town: the tram, squid boats, the ferry."""

from cms.demo.art.canvas import Canvas, Point, rounded
from cms.demo.art.colour import CREAM, SNOW, VERMILION, across, clear, darker, down, lighter, mix
from cms.demo.art.scenery.town import GLASS_LIT

FLAG_COLOURS = ("#d9472b", "#f3c33c", "#2f7fb8", "#3f9c6d", "#f2efe6", "#d85f86")


def tram(c: Canvas, *, body: str = VERMILION, top: str = CREAM, lit: bool = True, snow: bool = True) -> None:
    """The tram from its side, 480 long and 205 high up to the roof, wheels on the origin, driving to the right."""
    for x in (96, 150, 330, 384):
        c.ellipse(x, -16, 17, fill="#232a3d")
        c.ellipse(x, -16, 8, fill="#5d6781")
    c.box(62, -34, 356, 18, "#2b3247", radius=6)
    shell = rounded(0, -186, 480, 160, 22)
    c.polygon(shell, down(lighter(top, 0.4), top, darker(top, 0.08)))
    c.polygon(
        [(0, -96), (480, -96), *[(x, y) for x, y in rounded(0, -96, 480, 70, 16) if y > -80]],
        down(lighter(body, 0.12), body, darker(body, 0.22)),
    )
    c.box(0, -99, 480, 5, "#f0b640")
    c.box(0, -38, 480, 4, darker(body, 0.35))
    _tram_windows(c, lit=lit)
    _tram_front(c, lit=lit)
    _tram_roof(c, snow=snow)
    c.glow(250, -76, 26, "#ffffff", 0.3)
    c.ellipse(240, -64, 15, fill="#f0b640")
    c.ellipse(240, -64, 11, fill=lighter(body, 0.05))
    c.line([(231, -61), (236, -66), (240, -61), (244, -66), (249, -61)], "#fff6dc", 2.6, curved=True)


def _tram_windows(c: Canvas, *, lit: bool) -> None:
    glass = GLASS_LIT if lit else down("#bfe0ea", "#7fb4cb")
    for place in range(6):
        x = 84 + place * 53
        if lit:
            c.glow(x + 22, -138, 52, "#ffbe5c", 0.45)
        c.box(x - 3, -170, 50, 63, "#5b3b35", radius=6)
        c.box(x, -167, 44, 57, glass, radius=4)
        c.box(x, -148, 44, 2.2, "#5b3b35")
        _passenger(c, x + 22, place)
    for x in (22, 420):
        c.box(x, -172, 38, 138, "#5b3b35", radius=5)
        c.box(x + 4, -168, 14, 128, glass, radius=3)
        c.box(x + 20, -168, 14, 128, glass, radius=3)


def _passenger(c: Canvas, x: float, place: int) -> None:
    coats = ("#9c4a3a", "#3d5a80", None, "#5d7a4c", "#77507a", None)
    coat = coats[place]
    if coat is None:
        return
    c.blob([(x - 15, -110), (x - 12, -126), (x, -132), (x + 12, -126), (x + 15, -110)], coat)
    c.ellipse(x, -139, 8.5, fill="#e8b08c")
    hair = [(x - 9, -139), (x - 8, -147), (x, -150), (x + 8, -147), (x + 9, -139), (x, -143)]
    c.blob(hair, ("#3a2a2a", "#d9472b", "", "#4a3a36", "#efe6d8")[place])


def _tram_front(c: Canvas, *, lit: bool) -> None:
    if lit:
        c.glow(474, -70, 70, "#fff0b8", 0.9)
    c.ellipse(466, -70, 10, fill="#fff3c4" if lit else "#dfe9ef")
    c.ellipse(14, -70, 7, fill="#ff8a6a")
    c.box(476, -46, 12, 14, "#2b3247", radius=3)
    c.box(-8, -46, 12, 14, "#2b3247", radius=3)


def _tram_roof(c: Canvas, *, snow: bool) -> None:
    c.polygon([(14, -184), (40, -204), (440, -204), (466, -184)], down("#5f7289", "#435470"))
    c.box(150, -216, 130, 14, "#4c5d78", radius=5)
    if snow:
        drift = [
            (10, -190),
            (40, -206),
            (110, -210),
            (150, -222),
            (215, -227),
            (280, -221),
            (330, -210),
            (440, -207),
            (470, -190),
        ]
        c.blob([*drift, (380, -196), (300, -199), (200, -195), (100, -199)], down("#ffffff", "#d5e0f3"))
    c.line([(330, -208), (372, -240), (338, -268)], "#39455f", 4)
    c.line([(312, -269), (366, -269)], "#39455f", 4)


def squid_boat(
    c: Canvas, *, hull: str = "#f4f1e8", stripe: str = "#2c6fa3", lit: bool = True, flags: bool = False
) -> None:
    """A squid boat with its row of lamps, 320 long, its waterline on the origin's height, bow to the right."""
    if flags:
        _dressing(c)
    _masts(c)
    _wheelhouse(c, stripe, lit=lit)
    deck: list[Point] = [
        (-158, -48),
        (-60, -36),
        (60, -36),
        (118, -50),
        (178, -78),
        (150, -20),
        (128, 14),
        (-140, 14),
        (-154, -10),
    ]
    c.polygon(deck, down(lighter(hull, 0.4), hull, mix(hull, "#7f95bd", 0.35)))
    c.line([(-157, -44), (-60, -32), (60, -32), (118, -46), (172, -72)], stripe, 7)
    c.polygon([(-152, -4), (140, -4), (128, 14), (-140, 14)], stripe)
    c.line([(-158, -50), (-60, -38), (60, -38), (118, -52), (178, -80)], darker(stripe, 0.25), 4)
    for x in (-110, -30, 30):
        c.ellipse(x, -18, 9, fill="#22283a")
        c.ellipse(x, -18, 4.5, fill=mix(hull, "#7f95bd", 0.5))
    _lamps(c, lit=lit)


def _masts(c: Canvas) -> None:
    for x, top in ((-126, -150), (96, -172)):
        c.line([(x, -36), (x, top)], "#6b5147", 5)
    c.line([(-126, -146), (-20, -128), (96, -146)], "#4a4456", 2, curved=True)
    c.line([(96, -168), (176, -80)], "#4a4456", 1.8)
    c.line([(-126, -148), (-156, -50)], "#4a4456", 1.8)


def _wheelhouse(c: Canvas, stripe: str, *, lit: bool) -> None:
    c.box(-84, -104, 96, 70, down("#fffdf6", "#dbe3ee"), radius=5)
    c.box(-92, -112, 112, 11, stripe, radius=4)
    c.box(-62, -134, 46, 24, down("#fffdf6", "#dbe3ee"), radius=4)
    c.box(-40, -150, 5, 20, "#4a4456")
    c.ellipse(-37, -152, 8, 4, fill=VERMILION)
    for x in (-76, -48, -20):
        c.box(x, -92, 22, 24, GLASS_LIT if lit else down("#8fc0d8", "#4c86a8"), radius=3)


def _lamps(c: Canvas, *, lit: bool) -> None:
    for place in range(9):
        t = place / 8
        x = -118 + 206 * t
        y = -144 + 36 * (t - t * t) * 2
        if lit:
            c.glow(x, y + 10, 34, "#fff2b8", 0.8)
        c.ellipse(x, y + 10, 6.5, 8.5, fill="#fffbe2" if lit else "#dfe9ec")
        c.box(x - 3, y - 1, 6, 5, "#4a4456")


def _dressing(c: Canvas) -> None:
    """The big-catch flags: bright cloths on bamboo along the boat."""
    spots = ((-150, -190, 0), (-104, -206, 1), (34, -216, 2), (72, -224, 3), (122, -210, 4), (150, -180, 5))
    for x, top, tone in spots:
        c.line([(x, -40), (x + 4, top)], "#b9924f", 3)
        colour = FLAG_COLOURS[tone]
        cloth = [
            (x + 4, top),
            (x + 30, top + 7),
            (x + 62, top - 2),
            (x + 64, top + 38),
            (x + 32, top + 47),
            (x + 5, top + 40),
        ]
        c.polygon(cloth, across(colour, lighter(colour, 0.25), darker(colour, 0.1)))
        c.ellipse(x + 33, top + 22, 11, fill="#f8f4e6" if tone != 4 else VERMILION)
        c.line([(x + 6, top + 34), (x + 32, top + 41), (x + 63, top + 32)], clear("#ffffff", 0.8), 4)


def ferry(c: Canvas, *, hull: str = "#2d5f8f", lit: bool = False) -> None:
    """The ferry, 420 long, its waterline on the origin's height, bow to the right."""
    glass = "#ffd98a" if lit else "#6fa3bd"
    c.box(-150, -94, 270, 34, down("#ffffff", "#e3e9f0"), radius=6)
    c.box(-120, -122, 190, 32, down("#ffffff", "#e3e9f0"), radius=6)
    c.box(-6, -146, 66, 28, down("#ffffff", "#e3e9f0"), radius=5)
    c.polygon(
        [(-92, -122), (-86, -168), (-44, -168), (-40, -122)],
        across(VERMILION, lighter(VERMILION, 0.15), darker(VERMILION, 0.2)),
    )
    c.box(-87, -158, 44, 9, SNOW)
    c.box(-86, -170, 42, 8, "#22283a", radius=2)
    c.polygon([(-196, -62), (150, -62), (214, -78), (182, 10), (-176, 10)], down("#ffffff", "#dbe4ee"))
    c.polygon([(-188, -28), (196, -28), (182, 10), (-176, 10)], down(lighter(hull, 0.1), darker(hull, 0.15)))
    for deck, first, count in ((-84, -138, 12), (-112, -108, 8)):
        for place in range(count):
            c.box(first + place * 21, deck, 12, 11, glass, radius=2)
    c.box(4, -140, 48, 11, glass, radius=2)
    for place in range(15):
        c.ellipse(-160 + place * 21, -44, 3.6, fill=glass)
