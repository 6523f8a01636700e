"""Film three: breakfast at the lighthouse, soup on the sill and the beam turning in the fog outside."""

import math
from collections.abc import Callable
from functools import partial

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from cms.demo.art.canvas import Canvas, ring
from cms.demo.art.colour import VERMILION, Gradient, across, clear, down
from cms.demo.art.dice import dice
from cms.demo.art.films.stage import HEIGHT, WIDTH, Frame, Sprite, Stage, ease, sway
from cms.demo.art.scenery import creatures, sea, table, town
from cms.demo.art.sound import BASS, HORN, MUSIC_BOX, PAD, Track

_LAMP = (846, 232)
_TURN = 5.0
_STEAM_STEPS = 40


def shoot(stage: Stage) -> Frame:
    """Draw the layers and return the painter of frames."""
    outside, (room, panes) = _outside(stage), _indoors(stage)
    corner = (round(_OPEN[0] * stage.scale), round(_OPEN[1] * stage.scale))
    warmth = stage.sprite(WIDTH, HEIGHT, _warmth)
    steam = [stage.sprite(280, 300, partial(_steam, phase=n / _STEAM_STEPS), x=140, y=280) for n in range(_STEAM_STEPS)]

    def paint(t: float) -> Image.Image:
        frame = room.copy()
        frame.paste(outside(t), corner, panes)
        steam[int(t * 13) % _STEAM_STEPS].lay(frame, 372, 478)
        warmth.lay(frame, 0, 0, opacity=0.8 + 0.09 * sway(t, 1.7) + 0.05 * sway(t, 0.61))
        return frame

    return paint


def _indoors(stage: Stage) -> tuple[Image.Image, Image.Image]:
    """The kitchen as an opaque picture, and the mask of what its window shows."""
    sheet = stage.sheet(WIDTH, HEIGHT)
    _room(sheet)
    drawn = sheet.finish().crop((0, 0, stage.width, stage.height))
    return drawn.convert("RGB"), ImageChops.invert(drawn.getchannel("A").crop(_opening(stage)))


def _opening(stage: Stage) -> tuple[int, int, int, int]:
    x, y, width, height = _OPEN
    left, top, right, bottom = (round(edge * stage.scale) for edge in (x, y, x + width, y + height))
    return left, top, right, bottom


def _outside(stage: Stage) -> Frame:
    """The fog, the sea and the lighthouse, no larger than the window shows."""

    def layer(width: float, height: float, draw: Callable[[Canvas], None], *, x: float = 0, y: float = 0) -> Sprite:
        return stage.sprite(width, height, draw, x=x, y=y).seen_from(*_OPEN[:2])

    air = stage.backdrop(_air).crop(_opening(stage))
    cliff = layer(WIDTH, HEIGHT, _cliff)
    fogs = [layer(1900, 420, partial(_fog, seed=seed), x=310, y=210) for seed in (2, 7, 9)]
    waves = [layer(WIDTH + 400, HEIGHT, partial(_wave, wave=wave), x=200) for wave in _WAVES]
    flash = layer(640, 640, partial(Canvas.glow, x=0, y=0, radius=320, colour="#fff3cc"), x=320, y=320)
    pups = {eyes: layer(300, 300, partial(_pup, eyes=eyes), x=150, y=260) for eyes in ("open", "shut", "up")}
    beam = _Beam()

    def paint(t: float) -> Image.Image:
        frame = air.copy()
        fogs[0].lay(frame, 560 + 12 * t, 330, opacity=0.8)
        beam.lay(frame, t, front=False)
        cliff.lay(frame, 0, 0)
        flash.lay(frame, *_LAMP, opacity=0.3 + 0.7 * max(0.0, math.sin(_angle(t))) ** 6)
        beam.lay(frame, t, front=True)
        fogs[1].lay(frame, 740 - 12 * t, 424, opacity=0.75)
        for place, wave in enumerate(waves):
            wave.lay(
                frame,
                (26 + 14 * place) * sway(t, 6.5 - place, place * 0.3),
                4 * sway(t, 3.6 - 0.4 * place, place * 0.2),
            )
        fogs[2].lay(frame, 420 + 24 * t, 520, opacity=0.62)
        _peep(pups, frame, t)
        return frame

    return paint


def _angle(t: float) -> float:
    return math.tau * t / _TURN - 0.35


class _Beam:
    """Two cones of light that turn around the lamp, drawn at a quarter of the size because fog has no edges."""

    def __init__(self) -> None:
        self.size = (_OPEN[2] // 4, _OPEN[3] // 4)
        self.lamp = ((_LAMP[0] - _OPEN[0]) / 4, (_LAMP[1] - _OPEN[1]) / 4)
        fade = Image.radial_gradient("L").point(
            [round(255 * max(0.0, 1 - value / 180) ** 1.15) for value in range(256)]
        )
        self.fade = Image.new("L", self.size)
        self.fade.paste(fade.resize((460, 460)), (round(self.lamp[0]) - 230, round(self.lamp[1]) - 230))

    def lay(self, frame: Image.Image, t: float, *, front: bool) -> None:
        """Light the half of the beam that points to the viewer, or the half that points away."""
        angle = _angle(t)
        if (math.sin(angle) < 0) == front:
            angle += math.pi
        along, towards = math.cos(angle), math.sin(angle)
        (x, y), reach = self.lamp, 270 * along
        half, level = 20 + 16 * towards, y + 26 * towards
        cone = Image.new("L", self.size)
        light = round((165 + 80 * towards) * min(1, 2.4 * abs(along)))
        ImageDraw.Draw(cone).polygon(
            [(x, y - 2), (x + reach, level - half), (x + reach, level + half), (x, y + 2)], fill=light
        )
        cone = ImageChops.multiply(cone.filter(ImageFilter.GaussianBlur(2.2)), self.fade)
        frame.paste((255, 240, 196), (0, 0), cone.resize(frame.size, Image.Resampling.BILINEAR))


def _air(c: Canvas) -> None:
    c.box(
        0,
        0,
        WIDTH,
        HEIGHT,
        Gradient(((0, "#24536b"), (0.3, "#4b8795"), (0.55, "#8dbcb9"), (0.62, "#b3d3c6"), (1, "#5f97a2"))),
    )


def _cliff(c: Canvas) -> None:
    c.blob(
        [(560, 520), (640, 452), (720, 440), (790, 424), (900, 424), (1000, 446), (1120, 452), (1260, 520), (900, 560)],
        down("#447785", "#2f6175"),
    )
    c.blob(
        [(640, 462), (720, 442), (790, 426), (900, 426), (1000, 448), (1080, 456), (960, 458), (840, 446), (740, 458)],
        "#dfeae4",
    )
    town.lighthouse(c.at(846, 436, 0.55), stone="#eaf0e8", band="#d2543f")
    town.cottage(c.at(905, 446, 0.5), wall="#dfe0d2", roof="#4f7f8d")
    for x, tall in ((700, 58), (738, 72), (1030, 60)):
        town.fir(c.at(x, 452), tall, colour="#4c808a", snow="#dfeae4")
    c.box(
        560,
        120,
        740,
        420,
        Gradient(((0, clear("#c3dcd5", 0)), (0.6, clear("#b8d6cf", 0.12)), (1, clear("#b8d6cf", 0.4)))),
    )


def _fog(c: Canvas, seed: int) -> None:
    throw = dice(seed)
    with c.layer(blur=34) as soft:
        for _ in range(16):
            wide = throw.uniform(120, 330)
            x, y = throw.uniform(wide - 220, 1500 - wide), throw.gauss(0, 48)
            soft.ellipse(x, y, wide, wide * 0.2, fill=clear("#dcebe3", 0.42))


_WAVES = ((486, 5, 120, "#6fa5ac", "#528b99"), (522, 8, 180, "#4b8595", "#356f84"))


def _wave(c: Canvas, wave: tuple[float, float, float, str, str]) -> None:
    y, height, wavelength, upper, lower = wave
    sheet = Canvas(WIDTH + 400, HEIGHT, c.image, (c.matrix[0], 0, 0, 0, c.matrix[4], 0), c.oversample)
    sea.swell(sheet, y, height=height, wavelength=wavelength, fill=down(upper, lower), foam="#e6f1ea")


def _pup(c: Canvas, eyes: str) -> None:
    creatures.goma(c.at(0, 0, 0.95), eyes=eyes, scarf=VERMILION, fur="#f1f3ee", shade="#a9c3cb", happy=eyes == "up")


def _peep(pups: dict[str, Sprite], frame: Image.Image, t: float) -> None:
    """Goma-kun looks in at the window, smells the soup, and goes home hungry."""
    up = ease(t, 2.2, 3.3) * (1 - ease(t, 8.1, 9.2))
    if up <= 0:
        return
    is_blinking = any(moment < t < moment + 0.14 for moment in (3.8, 5.0, 7.4))
    eyes = "shut" if is_blinking else "up" if 4.2 < t < 7.2 else "open"
    pups[eyes].lay(frame, 1010, 790 - 176 * up + 3 * sway(t, 1.6) * up)


_OPEN = (150, 74, 980, 476)


def _room(c: Canvas) -> None:
    """The kitchen from inside, with a hole where the panes are."""
    c.box(0, 0, WIDTH, HEIGHT, Gradient(((0, "#4a2c33"), (0.5, "#7a4a3f"), (1, "#5a3536")), across=True))
    for x in range(-30, WIDTH, 62):
        c.box(x, 0, 2.4, 600, clear("#2f1a24", 0.5))
        c.box(x + 2.4, 0, 1.6, 600, clear("#e0a06a", 0.18))
    _casement(c)
    _curtains(c)
    table.plank_table(c, 574, colour="#96593a")
    _breakfast(c)
    _hanging_lamp(c)


def _casement(c: Canvas) -> None:
    x, y, width, height = _OPEN
    c.box(x - 34, y - 34, width + 68, height + 64, down("#c98a55", "#8d5634"), radius=6)
    c.box(x - 20, y - 20, width + 40, height + 40, down("#a96d42", "#7d4a30"), radius=4)
    _cut(c, x, y, width, height)
    for bar in (x + 326, x + 640):
        c.box(bar - 7, y, 14, height, across("#d79a63", "#9a6039"))
    c.box(x, y + 66, width, 12, down("#d79a63", "#9a6039"))
    c.box(x, y, width, 6, clear("#3a2028", 0.45))
    for pane in (x + 24, x + 350, x + 664):
        c.polygon([(pane, y + 300), (pane + 150, y + 90), (pane + 190, y + 90), (pane + 30, y + 316)], "#ffffff1c")
    c.box(x - 54, y + height + 12, width + 108, 26, down("#e2a86d", "#a96b40"), radius=5)


def _cut(c: Canvas, x: float, y: float, width: float, height: float) -> None:
    (left, top), (right, bottom) = c.pixels([(x, y), (x + width, y + height)])
    c.image.paste((0, 0, 0, 0), (round(left), round(top), round(right), round(bottom)))


def _curtains(c: Canvas) -> None:
    for flip, x in ((False, 92), (True, 1188)):
        view = c.at(x, 26, flip=flip)
        fall = [(0, 0), (190, 4), (176, 120), (110, 260), (48, 330), (40, 420), (54, 560), (-16, 560), (-20, 300)]
        view.blob(fall, across("#8f2f33", "#d9553d", "#a63a38"))
        for fold in (30, 78, 126):
            view.line([(fold, 14), (fold * 0.86, 150), (fold * 0.4 + 6, 300)], clear("#6d1f2c", 0.5), 7, curved=True)
            view.line(
                [(fold + 14, 14), (fold * 0.86 + 12, 150), (fold * 0.4 + 14, 290)],
                clear("#ffb27d", 0.35),
                5,
                curved=True,
            )
        view.line([(-12, 340), (20, 350), (52, 336)], "#f1c05a", 13, curved=True)
    c.box(40, 18, 1200, 13, down("#e2b06b", "#9b6537"), radius=6)
    for x in (40, 1240):
        c.ellipse(x, 24, 15, fill=down("#f0c481", "#a56d3c"))


def _breakfast(c: Canvas) -> None:
    cover = [(170, 604), (420, 594), (640, 604), (720, 650), (740, 740), (60, 740), (90, 650)]
    table.cloth(c, cover, down("#f6ead2", "#e3cda9"), clear("#3f7f97", 0.28))
    c.at(372, 668, tall=0.16).ellipse(0, 0, 190, fill=clear("#4a2a2c", 0.4))
    table.bowl(c.at(372, 664, 1.08), glaze="#2c6f8c")
    table.spoon(c.at(530, 676, 0.82))
    _bread(c.at(806, 648))
    c.at(1008, 668, tall=0.2).ellipse(0, 0, 66, fill=clear("#3a2028", 0.4))
    table.cup(c.at(1000, 664, 1.0), colour="#e3b04b")
    table.egg(c.at(1150, 690, 0.86))


def _bread(c: Canvas) -> None:
    c.box(-130, 10, 270, 16, down("#c58a55", "#8b5836"), radius=7)
    c.blob(
        [(-104, 8), (-112, -34), (-70, -68), (0, -76), (70, -68), (112, -34), (104, 8), (0, 14)],
        down("#eab063", "#c47a38", "#96552a"),
    )
    for x in (-56, -8, 40):
        c.line([(x, -60), (x + 16, -42), (x + 20, -20)], "#fbdca0", 8, curved=True)


def _hanging_lamp(c: Canvas) -> None:
    c.line([(640, 0), (640, 60)], "#2f1a24", 4)
    c.polygon([(596, 104), (616, 60), (664, 60), (684, 104)], down("#d65a3c", "#a83a2e"))
    c.polygon(ring(640, 104, 24, 20, start=0, end=180), down("#fff5cf", "#ffd27a"))


def _warmth(c: Canvas) -> None:
    c.glow(640, 118, 330, "#ffc873", 0.62)
    c.at(400, 650, tall=0.6).glow(0, 0, 430, "#ffb866", 0.42)
    c.box(
        0,
        0,
        WIDTH,
        HEIGHT,
        Gradient(((0, "#2b142866"), (0.16, "#2b142800"), (0.84, "#2b142800"), (1, "#2b142877")), across=True),
    )


def _steam(c: Canvas, phase: float) -> None:
    table.steam(c, height=230, phase=phase, width=150, strength=0.78, colour="#fff8ea")


def score(seconds: float) -> Track:
    """A lullaby for a music box in B flat, with the sea below and a foghorn far out."""
    track, beat = Track(seconds), 0.74
    track.surf(level=1.3, period=3.6, seed=9, dark=0.045)
    tune = [(0, 77, 1), (1, 74, 0.5), (1.5, 77, 0.5), (2, 82, 1), (3, 81, 1), (4, 79, 0.5), (4.5, 77, 0.5), (5, 74, 1)]
    tune += [
        (6, 75, 1),
        (7, 79, 0.5),
        (7.5, 77, 0.5),
        (8, 72, 1),
        (9, 74, 1),
        (10, 72, 0.5),
        (10.5, 69, 0.5),
        (11, 70, 2),
    ]
    track.tune(tune, beat=beat, voice=MUSIC_BOX, start=0.3, level=0.3, pan=0.12)
    for bar, chord in enumerate(((46, 58, 65), (43, 58, 62), (39, 58, 67), (41, 57, 63))):
        at = 0.3 + bar * 3 * beat
        track.note(at, chord[0], 1.6, voice=BASS, level=0.2)
        for place, key in enumerate((*chord[1:], chord[1] + 12)):
            track.note(at + place * beat, key + 12, 1.0, voice=MUSIC_BOX, level=0.12, pan=-0.35)
            track.note(at - 0.15, key, 1.9, voice=PAD, level=0.035, pan=0.3 * (place - 1))
    track.note(3.3, 34, 1.5, voice=HORN, level=0.07, pan=0.55)
    track.echo(delay=0.31, level=0.3)
    return track
