"""The demo's films play: pictures that move, sound that is heard."""

from array import array
from pathlib import Path

import av
import pytest
from PIL import Image, ImageStat

from cms.demo.art.films import FILMS, NoSuchFilm, draw_film
from cms.demo.art.films.recorder import FilmNotWritten, record
from cms.demo.art.films.stage import Stage, ease, glide
from cms.demo.art.sound import MUSIC_BOX, RATE, Track

pytestmark = pytest.mark.media

WIDTH, SECONDS = 320, 2.0


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small short copy of every film."""
    folder = tmp_path_factory.mktemp("films")
    for name in FILMS:
        draw_film(name, folder / f"{name}.mp4", width=WIDTH, seconds=SECONDS)
    return folder


def pictures(path: Path) -> list[Image.Image]:
    with av.open(str(path)) as film:
        return [frame.to_image() for frame in film.decode(video=0)]


def loudness(path: Path) -> tuple[float, float]:
    """The sound's root mean square and its peak, of 1."""
    with av.open(str(path)) as film:
        sheets = [(plane, frame.samples) for frame in film.decode(audio=0) for plane in frame.planes]
        samples = [abs(x) for plane, count in sheets for x in array("f", bytes(plane))[:count]]
    return (sum(x * x for x in samples) / len(samples)) ** 0.5, max(samples)


@pytest.mark.parametrize("name", FILMS)
def test_a_film_has_video_and_stereo_sound_of_its_length(shelf: Path, name: str) -> None:
    with av.open(str(shelf / f"{name}.mp4")) as film:
        video, audio = film.streams.video[0], film.streams.audio[0]
        assert (video.codec_context.name, audio.codec_context.name) == ("h264", "aac")
        assert (video.width, video.height, audio.layout.name) == (WIDTH, WIDTH * 9 // 16, "stereo")
        assert film.duration / av.time_base == pytest.approx(SECONDS, abs=0.1)
    assert len(pictures(shelf / f"{name}.mp4")) == round(SECONDS * 24)


@pytest.mark.parametrize("name", FILMS)
def test_a_film_is_neither_black_nor_flat_and_it_moves(shelf: Path, name: str) -> None:
    frames = pictures(shelf / f"{name}.mp4")
    middle = ImageStat.Stat(frames[len(frames) // 2].convert("L"))
    assert 30 < middle.mean[0] < 225
    assert middle.var[0] > 400
    first, last = (frames[place].convert("L").resize((64, 36)) for place in (2, -2))
    moved = sum(abs(a - b) for a, b in zip(first.tobytes(), last.tobytes(), strict=True)) / (64 * 36)
    assert moved > 1


@pytest.mark.parametrize("name", FILMS)
def test_the_sound_of_a_film_is_heard_and_not_clipped(shelf: Path, name: str) -> None:
    level, peak = loudness(shelf / f"{name}.mp4")
    assert 0.03 < level < 0.2
    assert peak < 0.95


def test_the_masters_last_between_eight_and_ten_seconds() -> None:
    assert len(FILMS) == 3
    assert all(8 <= film.seconds <= 10 for film in FILMS.values())


def test_progress_rises_to_one(tmp_path: Path) -> None:
    heard: list[float] = []
    draw_film("lighthouse", tmp_path / "film.mp4", heard.append, width=160, seconds=1.5)
    assert heard == sorted(heard)
    assert heard[-1] == 1
    assert len(heard) == 36


def test_the_same_moment_is_painted_the_same_twice() -> None:
    stage = Stage(width=160)
    one, other = (FILMS["harbour"].shoot(stage)(2.0).tobytes() for _ in range(2))
    assert one == other


def test_an_unknown_film_is_refused_with_the_names_there_are(tmp_path: Path) -> None:
    with pytest.raises(NoSuchFilm, match="tram, harbour, lighthouse"):
        draw_film("ferry", tmp_path / "ferry.mp4")


def test_a_film_that_fails_leaves_no_file_behind(tmp_path: Path) -> None:
    with pytest.raises(FilmNotWritten, match=r"film\.mp4 was not written: [^$]*sound\.wav"):
        record(lambda t: Image.new("RGB", (160, 90)), Stage(160, 1), tmp_path / "sound.wav", tmp_path / "film.mp4")
    assert list(tmp_path.iterdir()) == []


def test_a_painter_that_breaks_leaves_no_file_behind(tmp_path: Path) -> None:
    def broken(t: float) -> Image.Image:
        raise ZeroDivisionError(t)

    sound = Track(1)
    sound.note(0, 69, 0.5, voice=MUSIC_BOX)
    sound.save(tmp_path / "sound.wav")
    with pytest.raises(ZeroDivisionError):
        record(broken, Stage(160, 1), tmp_path / "sound.wav", tmp_path / "film.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["sound.wav"]


def test_a_note_begins_and_ends_without_a_click() -> None:
    track = Track(1)
    track.note(0.1, 69, 0.4, voice=MUSIC_BOX, level=0.5)
    steps = [abs(b - a) for a, b in zip(track.left, track.left[1:], strict=False)]
    assert max(steps) < 0.25
    assert track.left[round(0.1 * RATE)] == 0
    assert max(map(abs, track.left)) > 0.1


def test_easing_rests_at_both_ends() -> None:
    assert (ease(-1), ease(0.5), ease(2)) == (0, 0.5, 1)
    assert (glide(-1, 0, 2), glide(3, 0, 2)) == (0, 1)
    assert glide(1, 0, 2) > 0.8
