"""Three playable masters of the station: short animated scenes with sound, H.264 and AAC in mp4."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cms.demo.art.films import harbour, lighthouse, tram
from cms.demo.art.films.recorder import record
from cms.demo.art.films.stage import FPS, HEIGHT, WIDTH, Frame, Stage
from cms.demo.art.sound import Track

Progress = Callable[[float], None]


@dataclass(frozen=True)
class Film:
    """A film by its name (what `draw_film` takes), what it shows, its length, its painter and its music."""

    name: str
    shows: str
    seconds: float
    shoot: Callable[[Stage], Frame]
    score: Callable[[float], Track]


FILMS: dict[str, Film] = {
    film.name: film
    for film in (
        Film("tram", "The tram climbs the slope at dusk in falling snow.", 9.0, tram.shoot, tram.score),
        Film("harbour", "The sun rises over the harbour; the first boat runs in.", 9.5, harbour.shoot, harbour.score),
        Film(
            "lighthouse", "Soup steams on the sill; the beam turns in the fog.", 9.5, lighthouse.shoot, lighthouse.score
        ),
    )
}


class NoSuchFilm(KeyError):
    """No film has that name; the message lists those there are."""


def draw_film(
    name: str, path: Path, on_progress: Progress | None = None, *, width: int = WIDTH, seconds: float | None = None
) -> Path:
    """Draw a film as mp4 to `path` and return it; `on_progress` hears a share of 0-1 after every frame.

    `width` (pixels, even, 16:9) and `seconds` make a smaller or shorter copy. Raises NoSuchFilm, FilmNotWritten.
    """
    if name not in FILMS:
        raise NoSuchFilm(f"No film is called {name!r}. There are: {', '.join(FILMS)}.")
    film, path = FILMS[name], Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    stage = Stage(width, seconds or film.seconds)
    with tempfile.TemporaryDirectory() as folder:
        sound = film.score(stage.seconds).save(Path(folder) / "sound.wav")
        return record(film.shoot(stage), stage, sound, path, on_progress)


__all__ = ["FILMS", "FPS", "HEIGHT", "WIDTH", "Film", "NoSuchFilm", "draw_film"]
