"""Film one: at dusk, in falling snow, the tram climbs the slope above the harbour."""

from functools import partial

from PIL import Image

from cms.demo.art.canvas import Canvas
from cms.demo.art.colour import SNOW, VERMILION, Gradient, clear, down, mix
from cms.demo.art.films.stage import HEIGHT, WIDTH, Frame, Snow, Sprite, Stage, ease, glide, sway
from cms.demo.art.scenery import creatures, sea, sky, town, vessels
from cms.demo.art.sound import BASS, BELL, PLUCK, Track

# The layers' speeds are whole pixels a frame, so that each needs few of its quarter-pixel copies.
SLOPE = 0.125
_SPEED = 72
_TILT = -7.1
_TALL = 1000
WALLS = ("#b56b76", "#5f8f9b", "#c99a5b", "#7d74a8", "#86a27f", "#c2776a")


def shoot(stage: Stage) -> Frame:
    """Draw the layers and return the painter of frames."""
    dusk = stage.backdrop(_dusk)
    far = stage.sprite(WIDTH + 200, HEIGHT, _far)
    hill = stage.sprite(WIDTH + 300, _TALL, _hill)
    row = stage.sprite(WIDTH + 760, _TALL, _row)
    bank = stage.sprite(WIDTH + 1100, _TALL, _bank)
    car = stage.sprite(760, 420, _car, x=90, y=330)
    pups = [stage.sprite(140, 130, partial(_pup, wave=wave), x=70, y=110) for wave in (0, 0.35, 0.7, 1)]
    beacon = stage.sprite(160, 160, partial(Canvas.glow, x=0, y=0, radius=80, colour="#ffe2a0"), x=80, y=80)
    spark = stage.sprite(90, 90, partial(Canvas.glow, x=0, y=0, radius=45, colour="#cfe6ff"), x=45, y=45)
    snow = Snow(stage, wind=-30, seed=11)

    def paint(t: float) -> Image.Image:
        frame = dusk.copy()
        travel = _SPEED * t
        far.lay(frame, -travel / 6, 0)
        beacon.lay(frame, 187 - travel / 6, 371, opacity=max(0, sway(t, 3)) ** 3)
        _slide(hill, frame, travel / 3)
        _slide(row, frame, travel)
        x = -150 + 590 * glide(t, -0.6, 6.5)
        y = 645 - SLOPE * x + 0.9 * sway(t, 0.38)
        car.lay(frame, x, y)
        spark.lay(frame, x + 312, y - 292, opacity=_sparks(t))
        _walk_by(pups, frame, t, travel * 1.12)
        _slide(bank, frame, travel * 5 / 3)
        snow.lay(frame, t, drift=-0.6 * travel)
        return frame

    return paint


def _slide(layer: Sprite, frame: Image.Image, travel: float) -> None:
    """A climbing camera: the layer goes left, and down by the slope."""
    layer.lay(frame, -travel, SLOPE * travel - (_TALL - HEIGHT))


def _sparks(t: float) -> float:
    return sum(max(0.0, 1 - abs(t - moment) / 0.09) for moment in (1.42, 1.6, 4.3, 6.72, 6.86)) * 0.9


def _walk_by(pups: list[Sprite], frame: Image.Image, t: float, travel: float) -> None:
    lift = ease(t, 2.6, 3.2) * (1 - ease(t, 6.6, 7.2))
    wave = lift * (0.72 + 0.28 * sway(t, 0.55))
    x = 1330 - travel
    pups[round(wave * 3)].lay(frame, x, 690 - SLOPE * x * 0.9 + 14)


def _dusk(c: Canvas) -> None:
    c.box(
        0,
        0,
        WIDTH,
        HEIGHT,
        Gradient(
            ((0, "#1f2a5c"), (0.2, "#4a4587"), (0.38, "#a5608f"), (0.5, "#ee9a86"), (0.58, "#ffd3a0"), (1, "#ffd3a0"))
        ),
    )
    sky.stars(c, 90, until=250, seed=5)
    sky.moon(c, 330, 110, 34)
    c.glow(330, 420, 480, "#ffdca0", 0.55)
    for x, y, width, tone in ((-40, 300, 420, "#ffb7a0"), (300, 250, 300, "#f7a69c"), (760, 205, 380, "#d4879f")):
        sky.mist(c, x, y, width, clear(tone, 0.5), seed=int(width))


def _far(c: Canvas) -> None:
    sky.mountains(
        c,
        [(-20, 400), (130, 330), (240, 372), (400, 290), (560, 385), (700, 330), (860, 392), (1500, 380)],
        foot=420,
        fill=down("#7d6ba3", "#b98aa6"),
        cap="#f3cfd0",
    )
    c.box(0, 408, c.width, 320, Gradient(((0, "#f0b196"), (0.12, "#b98aa8"), (0.4, "#5d6398"), (1, "#37457f"))))
    sea.glitter(c, 330, 412, width=230, height=150, colour="#ffe6b8", count=70, seed=8)
    sky.hills(c, foot=414, top=396, waves=2.2, fill=clear("#6d6499", 0.85), seed=4)
    c.blob([(110, 424), (150, 404), (230, 406), (270, 424)], "#4a4c80")
    town.lighthouse(c.at(187, 412, 0.115), lit=True)
    vessels.ferry(c.at(470, 452, 0.3), hull="#3a4a80", lit=True)
    vessels.squid_boat(c.at(80, 490, 0.26))


def _hill(c: Canvas) -> None:
    """The slope behind: small houses in the evening haze."""
    base = c.at(0, 905)
    base.polygon([(0, 100), (0, -10), (560, -96), (980, -300), (1600, -440), (1600, 100)], down("#7a74a8", "#50568f"))
    haze = ("#8d6c93", "#6a77a3", "#a07f8c", "#756b9f")
    for x, y, seed in ((700, -200, 3), (840, -262, 9), (640, -110, 4)):
        town.street(base.at(x, y), start=0, end=900 - x * 0.1, slope=0.26, walls=haze, lit=0.55, seed=seed, tall=66)
    for x in range(330, 640, 46):
        town.fir(base.at(x, -SLOPE * x - 2), 62 + x % 5 * 7, colour="#4b5a8c", snow="#cfd0ea")
    town.street(base.at(120, 28), start=0, end=330, slope=SLOPE, walls=haze, lit=0.6, seed=14, tall=70)


def _row(c: Canvas) -> None:
    """The tram street itself: houses, pavement, rails, masts and the wire."""
    ground = c.at(0, 905)
    town.street(
        ground.at(540, -17 - SLOPE * 540), start=0, end=1600, slope=SLOPE, walls=WALLS, lit=0.72, seed=21, tall=172
    )
    far = c.width + 10
    for top, colour in ((0, "#b9c4e6"), (26, "#9facd8"), (58, "#cfd8f0")):
        ground.polygon([(0, top), (far, top - SLOPE * far), (far, 600), (0, 600)], colour)
    _ground_light(ground, far)
    for top in (42, 68):
        ground.line([(0, top), (far, top - SLOPE * far)], "#5b648f", 5)
        ground.line([(0, top - 2.5), (far, top - 2.5 - SLOPE * far)], "#f3d9c0", 1.6)
    for x in range(120, 2000, 330):
        mast = ground.at(x, 4 - SLOPE * x)
        mast.line([(0, 0), (0, -262)], "#3d4470", 6)
        mast.line([(0, -250), (64, -254 - SLOPE * 64)], "#3d4470", 3.4)
        mast.line([(0, -226), (40, -252 - SLOPE * 40)], "#3d4470", 2)
    ground.line([(0, -246), (far, -246 - SLOPE * far)], "#2f365c", 2)
    for x in range(250, 2000, 330):
        town.lamp(ground.at(x, 8 - SLOPE * x, 0.92), colour="#39406a")


def _ground_light(ground: Canvas, far: float) -> None:
    for x in range(250, 2000, 330):
        ground.at(x, 30 - SLOPE * x, turn=_TILT, tall=0.24).glow(0, 0, 170, "#ffd69a", 0.7)
    with ground.layer(blur=26, opacity=0.5) as shade:
        shade.polygon([(0, 150), (far, 150 - SLOPE * far), (far, 640), (0, 640)], "#5a66ad")


def _car(c: Canvas) -> None:
    view = c.at(0, 0, turn=_TILT)
    view.at(240, 0, tall=0.1).ellipse(0, 0, 252, fill=clear("#39406e", 0.55))
    view.polygon(
        [(474, -76), (668, -100), (668, 26), (474, -58)], Gradient(((0, "#fff2c0b0"), (1, "#fff2c000")), across=True)
    )
    view.at(240, 26, tall=0.12).glow(0, 0, 330, "#ffd08a", 0.7)
    vessels.tram(view, body=VERMILION)


def _pup(c: Canvas, wave: float) -> None:
    c.at(0, 2, tall=0.22).ellipse(0, 0, 52, fill=clear("#5a66ad", 0.45))
    creatures.goma(c.at(0, 0, 0.48), wave=wave, happy=wave > 0.3, scarf="#2c6fa3", fur="#fdf3ea", shade="#b4bee0")


def _bank(c: Canvas) -> None:
    """What passes close to the eye: a snow bank, firs and a fence, in the blue of the evening."""
    ground = c.at(0, 1005)
    top = [
        (x, -SLOPE * x * 1.02 - 13 * (1 + sway(x, 410)) - 6 * sway(x, 170)) for x in range(-20, int(c.width) + 60, 20)
    ]
    for x in (250, 2150, 2290):
        town.fir(ground.at(x, -SLOPE * x + 12), 205 + x % 7 * 8, colour="#2c3f74", snow="#b9c3ea")
    for x in range(400, 900, 62):
        ground.line([(x, 20 - SLOPE * x), (x, -52 - SLOPE * x)], "#38416f", 9)
        ground.line([(x, -54 - SLOPE * x), (x, -51 - SLOPE * x)], SNOW, 11)
    for lift in (18, 40):
        ground.line([(384, -lift - SLOPE * 384), (850, -lift - SLOPE * 850)], "#38416f", 5)
    ground.polygon([(-20, 600), *top, (c.width + 40, 600)], down("#e9ecfb", "#b3bfe9", mix("#8f9ed8", SNOW, 0.1)))


def score(seconds: float) -> Track:
    """A waltz in F for plucked strings, and the tram's bell."""
    track, beat = Track(seconds), 0.6
    melody = [
        (0, 69, 1),
        (1, 72, 1),
        (2, 77, 1),
        (3, 76, 2),
        (5, 74, 1),
        (6, 70, 1),
        (7, 74, 1),
        (8, 79, 1),
        (9, 77, 1),
        (10, 76, 1),
    ]
    melody += [(11, 72, 1), (12, 77, 3)]
    track.tune(melody, beat=beat, voice=PLUCK, start=0.15, level=0.34, pan=0.15)
    track.tune([(b, k + 12, n) for b, k, n in melody[::2]], beat=beat, voice=PLUCK, start=0.15, level=0.09, pan=-0.4)
    chords = ((41, 57, 60), (38, 57, 62), (43, 58, 62), (36, 58, 64), (41, 57, 60))
    for bar, (root, low, high) in enumerate(chords):
        track.note(0.15 + bar * 3 * beat, root, 1.4, voice=BASS, level=0.3)
        for off in (1, 2):
            track.tune(
                [(bar * 3 + off, low, 0.8), (bar * 3 + off, high, 0.8)],
                beat=beat,
                voice=PLUCK,
                start=0.15,
                level=0.11,
                pan=-0.25,
            )
    for moment, level in ((0.75, 0.14), (1.05, 0.17), (6.75, 0.1), (7.05, 0.12)):
        track.note(moment, 91, 0.5, voice=BELL, level=level, pan=-0.2)
    track.echo(delay=0.24, level=0.24)
    return track
