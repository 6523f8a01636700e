"""Film two: the sun comes up over the harbour and the first boat of the morning runs in."""

from collections.abc import Callable
from functools import partial

from PIL import Image

from cms.demo.art.canvas import Canvas
from cms.demo.art.colour import SNOW, Gradient, clear, darker, down, lighter
from cms.demo.art.films.stage import HEIGHT, WIDTH, Frame, Sprite, Stage, ease, glide, sway
from cms.demo.art.scenery import creatures, sea, sky, town, vessels
from cms.demo.art.sound import BASS, FLUTE, HORN, MUSIC_BOX, PAD, Track

Layer = Callable[[Image.Image, float], None]
"""Lays what moves by itself over the frame of a moment."""

HORIZON = 372
_SUN_X = 690
_TILTS = tuple(step * 0.5 for step in range(-6, 7))
# (surface line, foot, height of the swell, wavelength, upper colour, lower colour, foam, seconds for a sway)
_BANDS = (
    (418, 500, 4, 84, "#e59a86", "#9a8aa6", "#ffd9b0", 5.2),
    (462, 575, 7, 132, "#7f93ad", "#4f7ba0", "#ffe0bd", 4.6),
    (528, 665, 11, 196, "#3f7fa0", "#2a6590", "#f9e9d2", 4.1),
    (612, 760, 16, 300, "#27698f", "#16466f", "#f3efe2", 3.7),
)


def shoot(stage: Stage) -> Frame:
    """Draw the layers and return the painter of frames."""
    night, day = stage.backdrop(partial(_heaven, colours=_NIGHT)), stage.backdrop(partial(_heaven, colours=_DAY))
    dark = Image.new("RGB", night.size, "#2b2f66")
    disc = stage.sprite(1900, 1300, _sun, x=950, y=950)
    coast = stage.sprite(WIDTH + 40, 240, _coast, x=20, y=200)
    water = stage.sprite(WIDTH, HEIGHT, _water)
    lights = [stage.sprite(WIDTH, HEIGHT, partial(_path_of_light, seed=seed)) for seed in (3, 14, 25)]
    bands = [stage.sprite(WIDTH + 2 * band[3] + 60, HEIGHT + 40, partial(_band, band=band)) for band in _BANDS]
    first = [stage.sprite(470, 330, partial(_first_boat, turn=turn), x=225, y=290) for turn in _TILTS]
    other = [stage.sprite(180, 130, partial(_other_boat, turn=turn), x=90, y=105) for turn in _TILTS]
    mole = stage.sprite(520, 420, _mole, x=20, y=330)
    lamp = stage.sprite(200, 200, partial(Canvas.glow, x=0, y=0, radius=100, colour="#fff0b8"), x=100, y=100)
    quay = _quay(stage)
    birds = _birds(stage)

    def paint(t: float) -> Image.Image:
        frame = Image.blend(night, day, ease(t, -1.5, 8))
        disc.lay(frame, _SUN_X, 425 - 150 * ease(t, -2.5, 8.5))
        coast.lay(frame, 0, HORIZON)
        water.lay(frame, 0, 0)
        _swell(bands[0], 0, frame, t)
        _float(other, frame, t, 1010 - 16 * t, 450, 2.6)
        _swell(bands[1], 1, frame, t)
        for place, light in enumerate(lights):
            light.lay(frame, 0, 0, opacity=ease(t, 0, 4) * (0.45 + 0.4 * sway(t, 1.5, place / 3)))
        mole.lay(frame, 910, 520)
        lamp.lay(frame, 1131, 311, opacity=max(0, sway(t, 2.4)) ** 2 * (1 - ease(t, 5, 8)))
        _float(first, frame, t, -40 + 600 * glide(t, -1.2, 9.5), 541, 3.1)
        _swell(bands[2], 2, frame, t)
        _swell(bands[3], 3, frame, t)
        quay(frame, t)
        frame = Image.blend(frame, dark, 0.34 * (1 - ease(t, -1, 6)))
        birds(frame, t)
        return frame

    return paint


_NIGHT = ("#2a3470", "#5c5a9c", "#b97aa4", "#f2a08c", "#ffc48f")
_DAY = ("#4f9fc4", "#9fcdcb", "#f7dcae", "#ffb878", "#ff9a62")


def _heaven(c: Canvas, colours: tuple[str, ...]) -> None:
    sky.sky(c, *colours, until=HORIZON + 10)
    c.box(0, HORIZON + 10, WIDTH, HEIGHT, colours[-1])
    for x, y, width, alpha in ((60, 120, 460, 0.35), (830, 70, 420, 0.3), (420, 235, 560, 0.35), (-120, 280, 420, 0.3)):
        sky.mist(c, x, y, width, clear(lighter(colours[3], 0.45), alpha), seed=int(width))


def _sun(c: Canvas) -> None:
    sky.rays(c, 0, 0, count=18, length=1150, colour=clear("#fff0c4", 0.34), turn=5)
    c.glow(0, 0, 470, "#ffd692", 0.95)
    c.glow(0, 0, 200, "#fff0c0", 0.9)
    c.ellipse(0, 0, 84, fill=down("#ff7c4d", "#f4522f"))


def _coast(c: Canvas) -> None:
    far = [
        (-20, -40),
        (90, -96),
        (190, -60),
        (330, -140),
        (450, -70),
        (560, -30),
        (760, -20),
        (880, -64),
        (1010, -124),
        (1110, -72),
        (1320, -90),
    ]
    sky.mountains(c, far, foot=12, fill=down("#8f7bb0", "#d79aa4"), cap="#ffe3d3")
    near = [(-20, -30), (60, -44), (180, -18), (300, -28), (430, -6), (860, -4), (1000, -30), (1180, -22), (1320, -46)]
    sky.mountains(c, near, foot=12, fill=down("#7a6aa2", "#a77f9f"))
    for x in range(24, 420, 27):
        c.box(x, -14 - x % 5 * 2, 15, 14 + x % 5 * 2, "#6d5f97")
        c.box(x + 5, -9, 3.4, 4, "#ffdf9a")


def _water(c: Canvas) -> None:
    c.box(0, HORIZON + 3, WIDTH, HEIGHT, Gradient(((0, "#ffb98a"), (0.1, "#d9908f"), (0.3, "#6f82a8"), (1, "#1d4f7c"))))


def _path_of_light(c: Canvas, seed: int) -> None:
    sea.glitter(c, _SUN_X, HORIZON + 5, width=250, height=215, colour="#fff0c2", count=90, seed=seed)


def _band(c: Canvas, band: tuple[float, float, float, float, str, str, str, float]) -> None:
    y, foot, height, wavelength, upper, lower, foam, _ = band
    sea.swell(c, y, height=height, wavelength=wavelength, fill=down(upper, lower), foam=foam, foot=foot)
    for row in range(3):
        sea.ripples(
            c,
            12,
            top=y + height * 2 + row * 16,
            foot=y + height * 2 + 30 + row * 26,
            colour=foam,
            seed=int(y) + row,
            long=wavelength * 0.6,
        )


def _swell(layer: Sprite, place: int, frame: Image.Image, t: float) -> None:
    _, _, height, wavelength, *_, period = _BANDS[place]
    side = 1 if place % 2 else -1
    x = -wavelength + side * wavelength * 0.42 * sway(t, period * 2.2)
    layer.lay(frame, x, height * 0.45 * sway(t, period, place * 0.21))


def _float(poses: list[Sprite], frame: Image.Image, t: float, x: float, y: float, period: float) -> None:
    lean = 2.4 * sway(t, period) + 0.6 * sway(t, period * 0.63)
    pose = min(range(len(_TILTS)), key=lambda place: abs(_TILTS[place] - lean))
    poses[pose].lay(frame, x, y + 4 * sway(t, period, 0.25))


def _first_boat(c: Canvas, turn: float) -> None:
    view = c.at(0, 0, 1.08, turn=turn)
    vessels.squid_boat(view, flags=True)
    sea.spray(view, 140, 8, width=70)


def _other_boat(c: Canvas, turn: float) -> None:
    vessels.squid_boat(c.at(0, 0, 0.42, turn=turn, flip=True), hull="#e9d9cf", stripe="#8a4a5c")


def _mole(c: Canvas) -> None:
    """The breakwater with the harbour light."""
    c.polygon([(0, 14), (40, -18), (500, -26), (500, 90), (0, 90)], down("#8e86a6", "#55608c"))
    c.line([(38, -20), (500, -28)], "#f2dcd0", 8)
    for x in range(30, 500, 64):
        c.line([(x, -8), (x - 8, 40)], clear("#3c4672", 0.5), 3)
    for x in range(6, 480, 46):
        c.blob([(x - 26, 62), (x - 18, 26), (x + 4, 14), (x + 24, 30), (x + 30, 62)], down("#7780a6", "#3f4c7c"))
        c.line([(x - 14, 27), (x + 3, 17), (x + 16, 25)], "#f2dcd0", 4, curved=True)
    town.lighthouse(c.at(220, -20, 0.51), lit=False)
    town.bare_tree(c.at(410, -26), 80, colour="#4c456e", snow=None, seed=4)


def _quay(stage: Stage) -> Layer:
    wood = stage.sprite(520, 260, _planks, x=0, y=90)
    poses = [stage.sprite(280, 200, partial(_pup, wave=wave, eyes="open"), x=140, y=170) for wave in (0, 0.35, 0.7, 1)]
    blink = stage.sprite(280, 200, partial(_pup, wave=0, eyes="shut"), x=140, y=170)

    def lay(frame: Image.Image, t: float) -> None:
        wood.lay(frame, 0, 600)
        greet = ease(t, 3.2, 3.7) * (1 - ease(t, 7.2, 7.8)) * (0.75 + 0.25 * sway(t, 0.5))
        is_blinking = any(moment < t < moment + 0.13 for moment in (1.1, 2.5, 8.2))
        pose = blink if is_blinking else poses[round(greet * 3)]
        pose.lay(frame, 300, 606 + 1.2 * sway(t, 2.2))

    return lay


def _pup(c: Canvas, wave: float, eyes: str) -> None:
    c.at(0, 0, tall=0.2).ellipse(0, 0, 84, fill=clear("#1c2547", 0.4))
    creatures.goma(c.at(0, 0, 0.74, flip=True), wave=wave, happy=wave > 0.3, eyes=eyes, fur="#fdf1e4", shade="#b9b4d6")


def _planks(c: Canvas) -> None:
    for x in (60, 230, 396):
        c.box(x, 20, 26, 200, down("#5c4257", "#33304f"))
    c.polygon([(0, -6), (424, -6), (450, 18), (0, 18)], down("#c79a86", "#a87a72"))
    c.polygon([(0, 18), (450, 18), (446, 46), (0, 46)], down("#7d5865", "#54405c"))
    for x in range(40, 440, 56):
        c.line([(x, -4), (x + 12, 17)], clear("#54405c", 0.6), 2.4)
    c.line([(0, -8), (120, -9), (200, -8)], SNOW, 9)
    for x, y, tone in ((26, -8, "#4f86a0"), (100, -8, "#c9683f"), (58, -50, "#d3a04a")):
        c.box(x, y - 42, 72, 42, down(lighter(tone, 0.15), darker(tone, 0.15)), radius=4)
        c.box(x + 6, y - 30, 60, 5, clear("#ffffff", 0.35), radius=2)
        c.box(x + 6, y - 18, 60, 5, clear("#ffffff", 0.25), radius=2)
    c.box(196, -40, 26, 36, down("#4a4a70", "#2c2e52"), radius=6)
    c.box(190, -46, 38, 12, "#5a5a82", radius=6)


def _small_gull(c: Canvas, flap: float) -> None:
    creatures.gull(c.at(0, 0, 0.5, flip=True), flap=flap)


def _birds(stage: Stage) -> Layer:
    flaps = [-0.9, -0.5, 0, 0.5, 0.9, 1]
    wings = [stage.sprite(150, 150, partial(creatures.gull, flap=flap), x=75, y=75) for flap in flaps]
    small = [stage.sprite(80, 80, partial(_small_gull, flap=flap), x=40, y=40) for flap in flaps]
    flights = (
        (wings, -80, 118, 210, 190, 0.0),
        (wings, -330, 118, 120, 250, 0.4),
        (small, 1180, -62, 150, 90, 0.7),
        (small, 1290, -58, 210, 80, 0.2),
    )

    def lay(frame: Image.Image, t: float) -> None:
        for set_of, x, speed, y, rise, shift in flights:
            beat = sway(t, 0.7, shift) * (0.45 + 0.55 * ease(sway(t, 4.2, shift), -0.4, 0.5))
            pose = min(range(len(flaps)), key=lambda place: abs(flaps[place] - beat))
            set_of[pose].lay(frame, x + speed * t, y - rise * 0.35 * sway(t, 9, shift) - 7 * beat)

    return lay


def score(seconds: float) -> Track:
    """A slow air on five notes over surf, after the horn of the boat."""
    track, beat = Track(seconds), 0.62
    track.surf(level=1.5, period=4.1, seed=5)
    for key, level in ((38, 0.16), (45, 0.12), (50, 0.06)):
        track.note(0.5, key, 1.5, voice=HORN, level=level, pan=-0.3)
    air = [
        (0, 69, 1),
        (1, 71, 1),
        (2, 74, 1.5),
        (3.5, 76, 0.5),
        (4, 78, 2),
        (6, 76, 1),
        (7, 74, 1),
        (8, 71, 1.5),
        (9.5, 69, 0.5),
        (10, 74, 2),
    ]
    track.tune(air, beat=beat, voice=FLUTE, start=1.7, level=0.19, pan=0.1)
    track.tune([(b, k + 12, n) for b, k, n in air[::2]], beat=beat, voice=MUSIC_BOX, start=1.7, level=0.07, pan=0.45)
    for bar, chord in enumerate(((38, 57, 62, 66), (43, 59, 62, 67), (45, 57, 61, 64))):
        at = 1.7 + bar * 4 * beat
        track.note(at, chord[0], 2.2, voice=BASS, level=0.24)
        for place, key in enumerate(chord[1:]):
            track.note(at - 0.2, key, 2.3, voice=PAD, level=0.075, pan=(place - 1) * 0.5)
    for at, pan in ((2.6, 0.5), (3.1, 0.6), (5.9, -0.5), (7.3, 0.3)):
        track.cry(at, level=0.022, pan=pan)
    track.echo(delay=0.29, level=0.25)
    return track
