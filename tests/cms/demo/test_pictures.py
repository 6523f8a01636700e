"""The demo's pictures: right in size and weight, rich in colour, the same every time."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from PIL import Image, ImageStat

from cms.demo.art.brand import ICON_SIZES, draw_hitotsu_mark, draw_icon, draw_station_mark
from cms.demo.art.canvas import Canvas
from cms.demo.art.colour import clear, down, mix
from cms.demo.art.files import LIMIT, save
from cms.demo.art.goods import GOODS, SIDE, NoSuchProduct, draw_product
from cms.demo.art.posters import EPISODES, POSTERS, SERIES, SIZES, NoSuchPoster, draw_poster


def brightness(picture: Image.Image) -> ImageStat.Stat:
    return ImageStat.Stat(picture.convert("L"))


@pytest.mark.parametrize(
    ("name", "shape"), [*((name, "wide") for name in EPISODES), ("strolls", "hero"), ("breakfast", "tall")]
)
def test_a_poster_has_its_size_its_weight_and_is_no_flat_sheet(tmp_path: Path, name: str, shape: str) -> None:
    path = draw_poster(name, tmp_path / "poster.webp", shape)
    assert path.stat().st_size < LIMIT
    with Image.open(path) as picture:
        assert (picture.format, picture.size) == ("WEBP", SIZES[shape])
        assert 25 < brightness(picture).mean[0] < 220
        assert brightness(picture).var[0] > 600


@pytest.mark.parametrize("name", POSTERS)
def test_the_corner_for_the_title_is_calmer_than_the_picture(name: str) -> None:
    canvas = Canvas.blank(1280, 720, oversample=1)
    POSTERS[name](canvas)
    picture = canvas.finish().convert("L")
    corner = picture.crop((30, 560, 400, 700))
    assert ImageStat.Stat(corner).stddev[0] < 0.62 * ImageStat.Stat(picture).stddev[0]


@pytest.mark.parametrize("name", ["mug-snow-white", "hand-towel", "plush"])
def test_a_product_is_drawn_large_on_a_quiet_ground(tmp_path: Path, name: str) -> None:
    path = draw_product(name, tmp_path / "product.webp")
    assert path.stat().st_size < LIMIT
    with Image.open(path) as picture:
        assert picture.size == (SIDE, SIDE)
        assert (
            brightness(picture.crop((300, 300, 900, 1000))).var[0]
            > 8 * brightness(picture.crop((0, 0, 1200, 60))).var[0]
        )


def test_two_drawings_have_the_same_bytes(tmp_path: Path) -> None:
    one, other = (draw_poster("first-boat", tmp_path / f"{n}.webp").read_bytes() for n in range(2))
    assert one == other
    one, other = (draw_product("key-ring", tmp_path / f"{n}.jpg").read_bytes() for n in range(2))
    assert one == other


def test_every_series_has_key_art_and_there_are_five_episodes() -> None:
    assert set(SERIES) == {"strolls", "breakfast"}
    assert len(EPISODES) == 5
    assert {"mug-snow-white", "mug-harbour-blue", "cracker-tin", "dvd-box", "tote-bag", "t-shirt"} <= set(GOODS)


def test_unknown_names_are_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(NoSuchPoster, match="tram-street"):
        draw_poster("no-such-episode", tmp_path / "poster.webp")
    with pytest.raises(NoSuchPoster, match="wide, tall, hero"):
        draw_poster("strolls", tmp_path / "poster.webp", "round")
    with pytest.raises(NoSuchProduct, match="cracker-tin"):
        draw_product("umbrella", tmp_path / "product.webp")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("size", ICON_SIZES)
def test_an_icon_is_a_square_png_with_the_beacon_in_it(tmp_path: Path, size: int) -> None:
    with Image.open(draw_icon(size, tmp_path / "icon.png")) as picture:
        assert (picture.format, picture.size, picture.mode) == ("PNG", (size, size), "RGBA")
        corner, middle = picture.getpixel((0, 0)), picture.getpixel((size // 2, size * 19 // 64))
    assert corner[3] == (255 if size == 180 else 0)
    assert middle[0] > 230
    assert middle[3] == 255


def test_the_marks_are_well_formed_svg_without_text_or_script(tmp_path: Path) -> None:
    for path in (draw_station_mark(tmp_path / "minato.svg"), draw_hitotsu_mark(tmp_path / "hitotsu.svg", "#123456")):
        root = ElementTree.fromstring(path.read_text(encoding="utf-8"))
        tags = {node.tag.rpartition("}")[2] for node in root.iter()}
        assert root.get("viewBox") == "0 0 64 64"
        assert tags <= {"svg", "defs", "clipPath", "circle", "g", "path"}
    assert "#123456" in path.read_text(encoding="utf-8")


def test_a_heavy_picture_is_saved_in_a_lower_quality(tmp_path: Path) -> None:
    noise = Image.effect_noise((500, 500), 90).convert("RGB")
    heavy = save(noise, tmp_path / "heavy.webp", limit=10_000_000).stat().st_size
    assert save(noise, tmp_path / "light.webp", limit=heavy // 2).stat().st_size < heavy


def test_a_turned_and_mirrored_view_puts_ink_where_it_should() -> None:
    canvas = Canvas.blank(40, 40, fill="#ffffff")
    canvas.at(20, 20, 2, flip=True).box(2, -3, 6, 6, "#ff0000")
    canvas.at(20, 20, turn=90).box(5, -3, 10, 6, "#0000ff")
    picture = canvas.finish()
    assert picture.getpixel((10, 20))[:3] == (255, 0, 0)
    assert picture.getpixel((30, 20))[:3] == (255, 255, 255)
    assert picture.getpixel((20, 30))[:3] == (0, 0, 255)


def test_a_gradient_runs_from_its_first_to_its_last_colour() -> None:
    canvas = Canvas.blank(10, 100, fill=down("#000000", "#ffffff"))
    column = [canvas.finish().getpixel((5, y))[0] for y in (0, 50, 99)]
    assert column == pytest.approx([1, 128, 254], abs=3)
    assert mix("#000000", "#ffffff", 0.5) == "#808080"
    assert clear("#12345678", 0.5) == "#12345680"
