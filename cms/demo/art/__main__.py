"""`python -m cms.demo.art OUT_DIR` draws everything there is, to be looked at, and says how long each took."""

import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from cms.demo.art.brand import ICON_SIZES, draw_hitotsu_mark, draw_icon, draw_station_mark
from cms.demo.art.films import FILMS, draw_film
from cms.demo.art.goods import GOODS, draw_product
from cms.demo.art.posters import POSTERS, SERIES, draw_poster

Work = tuple[Path, Callable[[Path], Path]]


def everything(folder: Path) -> Iterator[Work]:
    """Each file with the function that draws it."""
    for name in POSTERS:
        for shape in ("wide", "tall", "hero") if name in SERIES else ("wide", "tall"):
            yield folder / f"posters/{name}-{shape}.webp", partial(draw_poster, name, shape=shape)
    for name in GOODS:
        yield folder / f"goods/{name}.webp", partial(draw_product, name)
    yield folder / "brand/minato.svg", draw_station_mark
    yield folder / "brand/hitotsu.svg", draw_hitotsu_mark
    for size in ICON_SIZES:
        yield folder / f"brand/icon-{size}.png", partial(draw_icon, size)
    for name in FILMS:
        yield folder / f"films/{name}.mp4", partial(draw_film, name)


def main(arguments: list[str]) -> int:
    """Draw all into the folder named on the command line."""
    if len(arguments) != 1:
        sys.stderr.write("Usage: python -m cms.demo.art OUT_DIR\n")
        return 2
    start = time.perf_counter()
    for path, draw in everything(Path(arguments[0])):
        began = time.perf_counter()
        draw(path)
        sys.stdout.write(f"{path}  {path.stat().st_size / 1000:.0f} kB  {time.perf_counter() - began:.2f} s\n")
    sys.stdout.write(f"All in {time.perf_counter() - start:.1f} s\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
