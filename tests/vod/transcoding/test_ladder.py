"""Which sizes a film is encoded in."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vod.transcoding.clips import probed
from vod.transcoding.ladder import ladder, output_rate

sides = st.integers(min_value=64, max_value=8192)
rates = st.fractions(min_value=Fraction(1, 10), max_value=300, max_denominator=100_000)


@given(width=sides, height=sides, rate=rates, interlaced=st.booleans())
def test_no_rung_is_larger_than_the_source_and_all_are_even_and_falling(width, height, rate, interlaced):
    rungs = ladder(probed(width=width, height=height, frame_rate=rate, is_interlaced=interlaced))

    assert rungs
    assert len({rung.name for rung in rungs}) == len(rungs)
    for rung in rungs:
        assert 2 <= rung.width <= width
        assert 2 <= rung.height <= height
        assert rung.width % 2 == rung.height % 2 == 0
        assert max(rung.width, rung.height) <= 1920
        assert min(rung.width, rung.height) <= 1080
    for larger, smaller in pairwise(rungs):
        assert larger.width >= smaller.width
        assert larger.height >= smaller.height
        assert larger.max_kbps >= smaller.max_kbps


@given(width=sides, height=sides)
def test_the_shape_of_the_picture_is_kept_to_a_pixel_of_rounding(width, height):
    for rung in ladder(probed(width=width, height=height)):
        scale = max(Fraction(rung.width, width), Fraction(rung.height, height))
        assert abs(width * scale - rung.width) <= 2 + 2 * Fraction(max(width, height), min(width, height))
        assert abs(height * scale - rung.height) <= 2 + 2 * Fraction(max(width, height), min(width, height))


@given(rate=rates)
def test_a_segment_is_three_whole_groups_of_about_two_seconds_at_most_sixty_pictures_a_second(rate):
    rung = ladder(probed(frame_rate=rate))[0]

    assert 1 <= rung.frame_rate <= 60
    assert rung.segment_s * rung.frame_rate == 3 * rung.gop
    assert abs(rung.segment_s - 6) <= Fraction(3, 2) / rung.frame_rate


@pytest.mark.parametrize(
    ("width", "height", "names"),
    [
        (1920, 1080, ["1080p", "720p", "540p", "360p"]),
        (3840, 2160, ["1080p", "720p", "540p", "360p"]),
        (1280, 720, ["720p", "540p", "360p"]),
        (854, 480, ["480p", "360p"]),
        (853, 481, ["480p", "360p"]),
        (640, 360, ["360p", "240p"]),
        (320, 180, ["180p"]),
        (1920, 804, ["1080p", "720p", "540p", "360p"]),
        (1080, 1920, ["1080p", "720p", "540p", "360p"]),
    ],
)
def test_the_source_gives_the_top_rung_and_the_boxes_below_it_the_rest(width, height, names):
    assert [rung.name for rung in ladder(probed(width=width, height=height))] == names


def test_a_portrait_film_stays_portrait():
    assert [(r.width, r.height) for r in ladder(probed(width=1080, height=1920))][1] == (720, 1280)


def test_caps_are_those_of_the_table_and_half_as_much_again_above_thirty_pictures():
    assert [rung.max_kbps for rung in ladder(probed())] == [6000, 3000, 1800, 800]
    assert [rung.max_kbps for rung in ladder(probed(frame_rate=Fraction(60)))] == [9000, 4500, 2700, 1200]


@pytest.mark.parametrize(
    ("source", "interlaced", "output"),
    [
        ("24000/1001", False, "24000/1001"),
        ("25", True, "50"),
        ("30000/1001", True, "60000/1001"),
        ("29.98", False, "30000/1001"),
        ("120", False, "60"),
        ("144", False, "48"),
        ("10", False, "10"),
        ("1/2", False, "1"),
    ],
)
def test_the_output_rate_is_the_natural_one(source, interlaced, output):
    found = output_rate(probed(frame_rate=Fraction(source), is_interlaced=interlaced))
    assert found == Fraction(output)
