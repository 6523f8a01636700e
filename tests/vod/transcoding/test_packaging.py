"""The package: encrypted so that players can read it, checked, and there as a whole or not at all."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from tests.vod.transcoding import clips
from vod.transcoding.base import Encoded, EncodedRendition, TranscodeFailed, TranscodeStopped
from vod.transcoding.packaging import Packaged, encrypt, package, peak_bandwidth
from vod.transcoding.playlists import media_playlist, multivariant

pytestmark = pytest.mark.media


def playlists_on_disk(packaged: Packaged, folder: Path) -> Path:
    """Write playlists and keys beside a package, as a server would answer them, and return the first playlist."""
    for number, key in enumerate(packaged.keys):
        (folder / f"{number}.key").write_bytes(key.key)
    for rendition in packaged.renditions:
        text = media_playlist(
            [segment.duration_s for segment in rendition.segments],
            uri_for_segment=lambda n, segments=rendition.segments: str(packaged.folder / segments[n].path),
            key_starts=[key.first_sequence for key in packaged.keys],
            uri_for_key=lambda n: str(folder / f"{n}.key"),
        )
        (folder / f"{rendition.name}.m3u8").write_text(text)
    path = folder / "master.m3u8"
    path.write_text(multivariant(packaged.renditions, uri_for=lambda rendition: f"{rendition.name}.m3u8"))
    return path


def pictures_and_sound(*source: str | Path) -> list[str]:
    """Return the checksum of every decoded picture and every piece of sound."""
    text = clips.ffmpeg(*source, "-f", "framemd5", "-")
    return [line for line in text.splitlines() if not line.startswith("#")]


def shape(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def with_segments(encoded: Encoded, *changed: list[Path]) -> Encoded:
    """Return the same encoding with other segments in its renditions, in order."""
    renditions = [
        EncodedRendition(rung=rendition.rung, segments=tuple(segments))
        for rendition, segments in zip(encoded.renditions, changed, strict=True)
    ]
    return replace(encoded, renditions=tuple(renditions))


def test_a_player_with_the_keys_sees_and_hears_exactly_what_was_encoded(encoded, tmp_path):
    packaged = package(encoded, tmp_path / "package", key_seconds=6)
    playlists_on_disk(packaged, tmp_path)

    for rendition, source in zip(packaged.renditions, encoded.renditions, strict=True):
        clear = "concat:" + "|".join(map(str, source.segments))
        expected = pictures_and_sound("-i", clear)
        played = pictures_and_sound("-allowed_extensions", "ALL", "-i", tmp_path / f"{rendition.name}.m3u8")
        assert len(expected) > 390
        assert [line.split(",")[-1] for line in played] == [line.split(",")[-1] for line in expected]


def test_the_multivariant_playlist_leads_to_both_renditions(encoded, tmp_path):
    master = playlists_on_disk(package(encoded, tmp_path / "package"), tmp_path)
    streams = ("-map", "0:v:0", "-map", "0:v:1", "-frames:v", "5")
    played = pictures_and_sound("-allowed_extensions", "ALL", "-i", master, *streams)
    assert {line.split(",")[0] for line in played} == {"0", "1"}


def test_nothing_clear_and_no_key_lies_in_the_package(encoded, tmp_path):
    packaged = package(encoded, tmp_path / "package")

    assert shape(packaged.folder) == [
        "180p",
        *(f"180p/0000{n}.ts" for n in range(3)),
        "90p",
        *(f"90p/0000{n}.ts" for n in range(3)),
        "poster.jpg",
    ]
    for rendition, source in zip(packaged.renditions, encoded.renditions, strict=True):
        for segment, clear in zip(rendition.segments, source.segments, strict=True):
            data = (packaged.folder / segment.path).read_bytes()
            assert len(data) == segment.size_bytes == clear.stat().st_size // 16 * 16 + 16
            assert data[:188].count(b"\xff") < 30, "A transport stream's stuffing shows."
            assert packaged.keys[0].key not in data
    assert repr(packaged.keys[0].key) not in repr(packaged)


@pytest.mark.parametrize(
    ("key_seconds", "starts"), [(600, [0]), (12, [0, 2]), (6, [0, 1, 2]), (1, [0, 1, 2]), (7, [0, 2]), (12.5, [0])]
)
def test_a_new_key_begins_with_each_period_of_media(encoded, tmp_path, key_seconds, starts):
    keys = package(encoded, tmp_path / "package", key_seconds).keys
    assert [key.first_sequence for key in keys] == starts
    assert len({key.key for key in keys}) == len(starts)
    assert {len(key.key) for key in keys} == {16}


def test_two_packages_of_one_film_share_no_key(encoded, tmp_path):
    one, other = (package(encoded, tmp_path / name) for name in ("one", "other"))
    assert one.keys != other.keys


def test_the_sequence_number_is_the_initialisation_vector():
    key = bytes(16)
    assert encrypt(b"x" * 16, key=key, sequence=1)[:16] != encrypt(b"x" * 16, key=key, sequence=2)[:16]
    # AES-128 of the zero block under the zero key, FIPS 197; the vector 1 is taken out by a block that holds 1.
    known = bytes.fromhex("66e94bd4ef8a2c3b884cfa59ca342b2e")
    assert encrypt(bytes(15) + b"\x01", key=key, sequence=1)[:16] == known


def test_the_numbers_are_those_of_the_files(encoded, tmp_path):
    packaged = package(encoded, tmp_path / "package")

    top = packaged.renditions[0]
    sizes = [segment.size_bytes for segment in top.segments]
    assert (top.name, top.width, top.height, top.frame_rate) == ("180p", 320, 180, 30)
    assert [segment.duration_s for segment in top.segments] == [6, 6, 1]
    assert packaged.duration_s == 13
    assert top.average_bandwidth == -(-8 * sum(sizes) // 13)
    assert top.bandwidth >= max(8 * sizes[0] // 6, 8 * sizes[1] // 6)
    assert packaged.size_bytes == sum(p.stat().st_size for p in packaged.folder.rglob("*.ts"))
    assert packaged.first_pts == 90_000
    assert packaged.poster == "poster.jpg"


@pytest.mark.parametrize(
    ("durations", "sizes", "peak"),
    [
        ([6, 6], [600, 900], 1200),
        ([6, 6, 1], [600, 600, 500], 8 * 1100 / 7),  # A second alone is too short to count.
        ([6, 3], [600, 900], 2400),
        ([2], [100], 400),
    ],
)
def test_the_peak_is_that_of_runs_of_half_to_one_and_a_half_target_durations(durations, sizes, peak):
    assert peak_bandwidth([Fraction(length) for length in durations], sizes) == -(-peak // 1)


def _shorter_rung(encoded: Encoded) -> Encoded:
    top, low = (list(rendition.segments) for rendition in encoded.renditions)
    return with_segments(encoded, top, low[:-1])


def _cut_short(encoded: Encoded) -> Encoded:
    return with_segments(encoded, *(list(rendition.segments[:-1]) for rendition in encoded.renditions))


def _segment_missing(encoded: Encoded) -> Encoded:
    shorter = with_segments(encoded, *([r.segments[0], r.segments[2]] for r in encoded.renditions))
    return replace(shorter, duration_s=7.0)


def _rungs_exchanged(encoded: Encoded) -> Encoded:
    return with_segments(encoded, *(list(rendition.segments) for rendition in reversed(encoded.renditions)))


def _other_cut(encoded: Encoded) -> Encoded:
    top, low = (list(rendition.segments) for rendition in encoded.renditions)
    return with_segments(encoded, top, [low[0], low[2], low[1]])


def _no_rendition(encoded: Encoded) -> Encoded:
    return replace(encoded, renditions=())


def _sound_denied(encoded: Encoded) -> Encoded:
    return replace(encoded, has_audio=False)


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (_shorter_rung, "same number of segments"),
        (_cut_short, "lasts 12.00 s and the source 13.00 s"),
        (_segment_missing, "gap in time before segment 1"),
        (_rungs_exchanged, "not of the rung's size"),
        (_other_cut, "is not cut where"),
        (_no_rendition, "same number of segments"),
        (_sound_denied, "has sound"),
    ],
)
def test_an_encoding_with_a_fault_is_not_published(encoded, tmp_path, spoil, word):
    with pytest.raises(TranscodeFailed, match=word) as caught:
        package(spoil(encoded), tmp_path / "package")
    assert (caught.value.code, caught.value.is_transient) == ("bad_encoding", False)
    assert shape(tmp_path) == []


@pytest.mark.parametrize("keep", [0, 188, 20_000])
def test_a_segment_that_is_no_stream_or_has_lost_its_beginning_is_not_published(encoded, tmp_path, keep):
    spoilt = tmp_path / "spoilt.ts"
    source = encoded.renditions[0].segments[1].read_bytes()
    spoilt.write_bytes(b"rubbish" * 100 if not keep else source[:188] + source[-keep // 188 * 188 :])
    top, low = (list(rendition.segments) for rendition in encoded.renditions)

    with pytest.raises(TranscodeFailed, match="segment 1 of 180p"):
        package(with_segments(encoded, [top[0], spoilt, top[2]], low), tmp_path / "out" / "package")

    assert shape(tmp_path / "out") == []


def test_a_segment_that_does_not_begin_with_a_keyframe_is_not_published(encoded, tmp_path):
    spoilt = tmp_path / "spoilt.ts"
    headless = ("-flags", "+global_header", "-bsf:v", "noise=drop='eq(n,0)',dump_extra=freq=all")
    clips.film(spoilt, seconds=6, other=headless)
    top, low = (list(rendition.segments) for rendition in encoded.renditions)

    with pytest.raises(TranscodeFailed, match=r"segment 1 of 180p .* does not begin with a keyframe"):
        package(with_segments(encoded, [top[0], spoilt, top[2]], low), tmp_path / "out" / "package")


def test_a_first_picture_that_cannot_be_decoded_is_not_published(encoded, tmp_path):
    spoilt = tmp_path / "spoilt.ts"
    data = bytearray(encoded.renditions[0].segments[0].read_bytes())
    slice_at = data.index(b"\x00\x00\x01\x65") + 5
    data[slice_at : slice_at + 100] = bytes([0xFF]) * 100
    spoilt.write_bytes(data)
    top, low = (list(rendition.segments) for rendition in encoded.renditions)

    with pytest.raises(TranscodeFailed, match="segment 0 of 180p"):
        package(with_segments(encoded, [spoilt, *top[1:]], low), tmp_path / "out" / "package")


def test_a_package_that_is_there_is_never_touched(encoded, tmp_path):
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "old.ts").write_bytes(b"playing")

    with pytest.raises(TranscodeFailed) as caught:
        package(encoded, tmp_path / "package")

    assert (caught.value.code, caught.value.is_transient) == ("package_exists", False)
    assert (tmp_path / "package" / "old.ts").read_bytes() == b"playing"


def test_of_two_runs_for_one_folder_the_second_to_finish_is_refused(encoded, tmp_path):
    def other_run_wins() -> bool:
        (tmp_path / "package").mkdir(exist_ok=True)
        (tmp_path / "package" / "other.ts").write_bytes(b"whole")
        return False

    with pytest.raises(TranscodeFailed) as caught:
        package(encoded, tmp_path / "package", should_stop=other_run_wins)

    assert caught.value.code == "package_exists"
    assert shape(tmp_path) == ["package", "package/other.ts"]


def test_a_stop_leaves_nothing(encoded, tmp_path):
    answers = iter([False, False, True])
    with pytest.raises(TranscodeStopped):
        package(encoded, tmp_path / "package", should_stop=lambda: next(answers))
    assert shape(tmp_path) == []


def test_a_place_that_cannot_be_written_is_a_failure_to_try_again(encoded, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(TranscodeFailed) as caught:
        package(encoded, tmp_path / "file" / "package")
    assert (caught.value.code, caught.value.is_transient) == ("storage", True)


def test_a_period_of_no_length_is_refused(encoded, tmp_path):
    with pytest.raises(ValueError, match="key_seconds"):
        package(encoded, tmp_path / "package", key_seconds=0)


def test_a_film_without_stills_has_no_poster(encoded, tmp_path):
    packaged = package(replace(encoded, posters=()), tmp_path / "package")
    assert packaged.poster is None
    assert not (packaged.folder / "poster.jpg").exists()
