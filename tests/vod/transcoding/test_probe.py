"""What a master file is, and why one is refused."""

import json
import pickle
import zlib
from fractions import Fraction
from pathlib import Path

import pytest

from tests.vod.transcoding import clips
from vod.transcoding.probe import Limits, NotPlayable, probe

pytestmark = pytest.mark.media


def refusal(path: Path, **limits: float) -> str:
    """Return the code with which a file is refused, after a look at the sentence."""
    with pytest.raises(NotPlayable) as caught:
        probe(path, limits=Limits(**limits))
    assert str(caught.value) == caught.value.message
    assert caught.value.message.endswith(".")
    assert caught.value.message.count(".") >= 2, "A refusal says what is wrong and what to do."
    return caught.value.code


def cut(source: Path, target: Path, share: float) -> Path:
    data = source.read_bytes()
    target.write_bytes(data[: int(len(data) * share)])
    return target


def test_an_ordinary_film_is_measured(clip):
    found = clip.probe
    assert (found.width, found.height, found.frame_rate, found.video_codec) == (320, 180, 30, "h264")
    assert (found.has_audio, found.audio_codec, found.audio_channels) == (True, "aac", 1)
    assert found.duration_s == pytest.approx(13, abs=0.001)
    assert found.size_bytes == clip.path.stat().st_size
    assert (found.rotation, found.is_interlaced, found.is_hdr) == (0, False, False)


def test_what_is_measured_fits_a_json_column(clip):
    assert json.loads(json.dumps(clip.probe.as_json()))["frame_rate"] == "30"


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_phones_rotation_turns_the_shown_size(tmp_path, clip, degrees):
    turned = tmp_path / "turned.mp4"
    clips.ffmpeg("-display_rotation", str(-degrees), "-i", clip.path, "-t", "2", "-c", "copy", turned)

    found = probe(turned)

    assert found.rotation == degrees
    assert (found.width, found.height) == ((320, 180) if degrees == 180 else (180, 320))


def test_oblong_pixels_widen_the_shown_picture(tmp_path):
    found = probe(clips.film(tmp_path / "sar.mp4", size="240x180", seconds=2, other=("-vf", "setsar=4/3")))
    assert (found.width, found.height, found.sample_aspect_ratio) == (320, 180, Fraction(4, 3))


def test_fields_are_noticed(tmp_path):
    found = probe(clips.film(tmp_path / "fields.mp4", rate="50", seconds=2, other=clips.FIELDS))
    assert (found.is_interlaced, found.frame_rate) == (True, 25)


def test_high_dynamic_range_is_noticed(tmp_path):
    assert probe(clips.film(tmp_path / "hdr.mp4", seconds=2, video=clips.HDR)).is_hdr


def test_six_channels_are_counted(tmp_path):
    assert probe(clips.film(tmp_path / "surround.mp4", seconds=2, other=("-ac", "6"))).audio_channels == 6


def test_a_silent_film_is_a_film(tmp_path):
    found = probe(clips.film(tmp_path / "silent.mp4", seconds=2, sound=None))
    assert (found.has_audio, found.audio_index, found.audio_codec, found.audio_channels) == (False, None, None, 0)


def test_the_length_is_measured_where_the_container_does_not_say_it(tmp_path):
    live = clips.film(tmp_path / "live.mkv", seconds=3, other=("-f", "matroska", "-live", "1"))
    assert probe(live).duration_s == pytest.approx(3, abs=0.1)


def test_a_transport_stream_that_begins_late_is_measured_from_its_beginning(tmp_path):
    found = probe(clips.film(tmp_path / "late.ts", seconds=3, other=("-output_ts_offset", "3600")))
    assert found.duration_s == pytest.approx(3, abs=0.15)


def test_a_name_that_is_not_the_kind_does_no_harm(tmp_path, clip):
    renamed = tmp_path / "film.txt"
    renamed.write_bytes(clip.path.read_bytes())
    assert probe(renamed) == clip.probe


def test_text_named_mp4_is_no_video(tmp_path):
    path = tmp_path / "letter.mp4"
    path.write_text("Dear viewers, " * 500)
    assert refusal(path) == "not_a_video"


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:13\n#EXTINF:13,\nsecret.ts\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile secret.ts\n",
    ],
)
def test_a_playlist_that_names_other_files_is_not_followed(tmp_path, clip, text):
    clips.ffmpeg("-i", clip.path, "-c", "copy", tmp_path / "secret.ts")
    path = tmp_path / "film.mp4"
    path.write_text(text)
    assert refusal(path) == "not_a_video"


def test_an_empty_file_is_refused(tmp_path):
    path = tmp_path / "empty.mp4"
    path.touch()
    assert refusal(path) == "empty_file"


def test_a_path_to_nothing_is_refused(tmp_path):
    assert refusal(tmp_path / "nowhere.mp4") == "missing_file"
    assert refusal(tmp_path) == "missing_file"


@pytest.mark.parametrize("share", [0.3, 0.6, 0.99])
def test_an_mp4_whose_index_comes_first_is_found_cut(tmp_path, clip, share):
    assert b"moov" in clip.path.read_bytes()[:100]
    assert refusal(cut(clip.path, tmp_path / "cut.mp4", share)) == "truncated"


@pytest.mark.parametrize("share", [0.5, 0.99])
def test_an_mp4_whose_index_would_come_last_is_found_cut(tmp_path, clip, share):
    whole = tmp_path / "whole.mp4"
    clips.ffmpeg("-i", clip.path, "-c", "copy", whole)
    assert refusal(cut(whole, tmp_path / "cut.mp4", share)) == "truncated"


@pytest.mark.parametrize(
    ("suffix", "share", "code"),
    [
        ("mkv", 0.6, "truncated"),
        ("mkv", 0.85, "truncated"),
        ("flv", 0.6, "truncated"),
        ("avi", 0.6, "damaged"),  # Its index is lost, and with it the length it had.
    ],
)
def test_other_containers_are_found_cut_by_their_last_packets(tmp_path, clip, suffix, share, code):
    whole = tmp_path / f"whole.{suffix}"
    clips.ffmpeg("-i", clip.path, "-c", "copy", whole)
    assert probe(whole).duration_s == pytest.approx(13, abs=0.1)
    assert refusal(cut(whole, tmp_path / f"cut.{suffix}", share)) == code


@pytest.mark.parametrize("where", ["head", "end"])
def test_a_file_with_a_hole_is_damaged(tmp_path, clip, where):
    data = bytearray(clip.path.read_bytes())
    media = data.index(b"mdat") + 4
    begin, end = (media, media + 20_000) if where == "head" else (len(data) - 300_000, len(data))
    data[begin:end] = bytes(end - begin)
    path = tmp_path / "hole.mp4"
    path.write_bytes(data)
    assert refusal(path) == "damaged"


def _pixels() -> bytes:
    """Return a whole PNG picture of one black pixel."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)

    head = chunk(b"IHDR", bytes([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


def test_pictures_are_refused_as_pictures(tmp_path):
    png = tmp_path / "poster.mp4"
    png.write_bytes(_pixels())
    assert refusal(png) == "picture"
    for name in ("still.jpg", "still.gif", "still.webp", "still.bmp", "still.avif"):
        clips.ffmpeg("-f", "lavfi", "-i", "testsrc2=s=320x180:d=1", "-frames:v", "1", tmp_path / name)
        assert refusal(tmp_path / name) == "picture", name


@pytest.mark.parametrize("name", ["song.m4a", "song.mp3", "song.wav", "song.flac", "song.ogg"])
def test_a_song_is_refused_for_want_of_a_picture(tmp_path, name):
    clips.ffmpeg("-f", "lavfi", "-i", "sine=d=2", tmp_path / name)
    assert refusal(tmp_path / name) == "no_video_stream"


def test_the_cover_of_a_song_makes_no_film(tmp_path):
    song, cover = tmp_path / "song.m4a", tmp_path / "cover.jpg"
    clips.ffmpeg("-f", "lavfi", "-i", "testsrc2=s=320x320:d=1", "-frames:v", "1", cover)
    inputs = ("-f", "lavfi", "-i", "sine=d=2", "-i", cover, "-map", "0", "-map", "1")
    clips.ffmpeg(*inputs, "-c:v", "copy", "-disposition:v:0", "attached_pic", song)
    assert refusal(song) == "no_video_stream"


def test_limits_are_kept(tmp_path, clip):
    assert refusal(clip.path, max_bytes=1000) == "too_large"
    assert refusal(clip.path, max_duration_s=10) == "too_long"
    assert refusal(clip.path, max_side=200) == "picture_size"
    assert refusal(clips.film(tmp_path / "blink.mp4", seconds=0.5)) == "too_short"
    assert refusal(clips.film(tmp_path / "stamp.mp4", size="48x32", seconds=2)) == "picture_size"


def test_a_refusal_survives_the_way_between_processes():
    again = pickle.loads(pickle.dumps(NotPlayable("truncated", "It is cut. Send it again.")))
    assert (again.code, again.message) == ("truncated", "It is cut. Send it again.")


@pytest.mark.parametrize(
    ("name", "size", "rate", "seconds", "has_audio"),
    [
        ("rabbit.mp4", (720, 480), 30, 7.8, True),
        ("crystal.mp4", (720, 480), 30, 11.967, True),
        ("person.mp4", (768, 432), 10, 139.4, False),
    ],
)
def test_real_clips_are_measured(name, size, rate, seconds, has_audio):
    found = probe(clips.sample(name))
    assert ((found.width, found.height), found.frame_rate, found.has_audio) == (size, rate, has_audio)
    assert found.duration_s == pytest.approx(seconds, abs=0.01)
