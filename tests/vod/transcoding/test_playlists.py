"""The text of playlists, letter by letter."""

from dataclasses import dataclass
from fractions import Fraction

import pytest

from vod.transcoding.playlists import media_playlist, multivariant, target_duration


@dataclass(frozen=True)
class Row:
    """A rendition as a database row would give it."""

    width: int
    height: int
    bandwidth: int
    average_bandwidth: int
    codecs: str = "avc1.640028,mp4a.40.2"
    frame_rate: float | Fraction = Fraction(30000, 1001)


ROWS = [Row(1920, 1080, 6_400_000, 5_000_000), Row(640, 360, 900_000, 700_000), Row(1280, 720, 2_400_000, 2_000_000)]


def media(durations: list[float], key_starts: list[int], uri: str = "{n}.ts") -> str:
    return media_playlist(
        durations,
        uri_for_segment=lambda n: uri.format(n=n),
        key_starts=key_starts,
        uri_for_key=lambda n: f"/media/keys/{n}?s=alice",
    )


def test_the_multivariant_playlist_says_all_a_player_needs_to_choose():
    assert multivariant(ROWS, uri_for=lambda row: f"{row.height}/index.m3u8") == (
        "#EXTM3U\n"
        "#EXT-X-VERSION:3\n"
        "#EXT-X-INDEPENDENT-SEGMENTS\n"
        "#EXT-X-STREAM-INF:BANDWIDTH=2400000,AVERAGE-BANDWIDTH=2000000,"
        'CODECS="avc1.640028,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=29.970,VIDEO-RANGE=SDR,CLOSED-CAPTIONS=NONE\n'
        "720/index.m3u8\n"
        "#EXT-X-STREAM-INF:BANDWIDTH=6400000,AVERAGE-BANDWIDTH=5000000,"
        'CODECS="avc1.640028,mp4a.40.2",RESOLUTION=1920x1080,FRAME-RATE=29.970,VIDEO-RANGE=SDR,CLOSED-CAPTIONS=NONE\n'
        "1080/index.m3u8\n"
        "#EXT-X-STREAM-INF:BANDWIDTH=900000,AVERAGE-BANDWIDTH=700000,"
        'CODECS="avc1.640028,mp4a.40.2",RESOLUTION=640x360,FRAME-RATE=29.970,VIDEO-RANGE=SDR,CLOSED-CAPTIONS=NONE\n'
        "360/index.m3u8\n"
    )


def test_a_film_of_one_rung_begins_with_it_whatever_it_needs():
    assert multivariant(ROWS[:1], uri_for=lambda row: "top").endswith("\ntop\n")


def test_the_media_playlist_names_a_key_where_its_period_begins():
    assert media([6.006, 6.006, 2.5025], [0, 2]) == (
        "#EXTM3U\n"
        "#EXT-X-VERSION:3\n"
        "#EXT-X-TARGETDURATION:6\n"
        "#EXT-X-MEDIA-SEQUENCE:0\n"
        "#EXT-X-PLAYLIST-TYPE:VOD\n"
        "#EXT-X-INDEPENDENT-SEGMENTS\n"
        '#EXT-X-KEY:METHOD=AES-128,URI="/media/keys/0?s=alice"\n'
        "#EXTINF:6.006000,\n"
        "0.ts\n"
        "#EXTINF:6.006000,\n"
        "1.ts\n"
        '#EXT-X-KEY:METHOD=AES-128,URI="/media/keys/1?s=alice"\n'
        "#EXTINF:2.502500,\n"
        "2.ts\n"
        "#EXT-X-ENDLIST\n"
    )


@pytest.mark.parametrize(
    ("durations", "target"), [([6.006], 6), ([6.5], 7), ([6.499], 6), ([2.5], 3), ([0.2], 1), ([6.0, 6.6, 1.0], 7)]
)
def test_the_target_duration_is_the_longest_segment_rounded_to_the_nearest(durations, target):
    assert target_duration(durations) == target


@pytest.mark.parametrize("uri", ['a"b', "a\nb", "a\rb", "", "#EXT-X-ENDLIST"])
def test_an_address_that_would_add_a_tag_is_refused(uri):
    with pytest.raises(ValueError, match="cannot stand in a playlist"):
        media([6.0], [0], uri=uri)
    with pytest.raises(ValueError, match="cannot stand in a playlist"):
        multivariant(ROWS, uri_for=lambda row: uri)


@pytest.mark.parametrize(
    ("durations", "key_starts"), [([], [0]), ([6.0], []), ([6.0, 6.0], [1]), ([6.0], [0, 0]), ([6.0], [0, 1])]
)
def test_a_segment_without_a_key_and_a_key_without_a_segment_are_refused(durations, key_starts):
    with pytest.raises(ValueError, match="egment"):
        media(durations, key_starts)


def test_a_film_without_renditions_has_no_playlist():
    with pytest.raises(ValueError, match="without renditions"):
        multivariant([], uri_for=str)
