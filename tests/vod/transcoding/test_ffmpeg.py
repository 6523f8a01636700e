"""The real encoder over the masters that come in: what it makes of them, and how it fails."""

import os
import pickle
import stat
from itertools import pairwise
from pathlib import Path

import av
import pytest

from tests.vod.transcoding import clips
from tests.vod.transcoding.processes import at_work_in, within
from vod.transcoding.base import Encoded, TranscodeFailed
from vod.transcoding.fake import FakeTranscoder
from vod.transcoding.ffmpeg import FfmpegTranscoder, find_binary
from vod.transcoding.ladder import ladder
from vod.transcoding.packaging import Packaged, package
from vod.transcoding.probe import Probe, probe

pytestmark = pytest.mark.media


def encode(master: Path, workdir: Path, transcoder: FfmpegTranscoder | None = None) -> Encoded:
    facts = probe(master)
    return (transcoder or FfmpegTranscoder(preset="ultrafast")).transcode(
        master=master,
        probe=facts,
        rungs=ladder(facts),
        workdir=workdir,
        on_progress=lambda percent: None,
        should_stop=lambda: False,
    )


def published(master: Path, workdir: Path) -> Packaged:
    return package(encode(master, workdir), workdir / "package")


def keyframes(segments: tuple[Path, ...]) -> list[int]:
    """Return the positions of the keyframes, counted in pictures from the beginning."""
    positions, before = [], 0
    for segment in segments:
        with av.open(str(segment)) as container:
            packets = [packet for packet in container.demux(video=0) if packet.pts is not None]
        positions += [before + n for n, packet in enumerate(packets) if packet.is_keyframe]
        before += len(packets)
    return positions


def test_keyframes_come_every_two_seconds_at_the_same_pictures_on_all_rungs(tmp_path):
    cuts = ("-vf", "negate=enable='between(mod(t,4),1.5,3.3)'")
    master = clips.film(tmp_path / "f.mp4", size="640x360", rate="24000/1001", seconds=9, other=cuts)
    encoded = encode(master, tmp_path, FfmpegTranscoder())
    assert [rendition.rung.name for rendition in encoded.renditions] == ["360p", "240p"]
    for rendition in encoded.renditions:
        assert keyframes(rendition.segments) == [0, 48, 96, 144, 192]


@pytest.mark.parametrize(
    ("name", "options", "size", "rate"),
    [
        ("odd.mp4", {"size": "853x481", "video": ("-c:v", "mpeg4")}, (852, 480), 30),
        ("fields.mp4", {"rate": "50", "other": clips.FIELDS}, (320, 180), 50),
        ("oblong.mp4", {"size": "240x180", "other": ("-vf", "setsar=4/3")}, (320, 180), 30),
        ("fast.mp4", {"rate": "120", "seconds": 2}, (320, 180), 60),
        ("slow.mp4", {"rate": "10"}, (320, 180), 10),
        ("surround.mkv", {"other": ("-ac", "6", "-c:a", "ac3")}, (320, 180), 30),
        ("bright.mp4", {"video": clips.HDR, "seconds": 2}, (320, 180), 30),
        ("late.ts", {"other": ("-output_ts_offset", "7000")}, (320, 180), 30),
    ],
)
def test_masters_of_all_kinds_become_packages(tmp_path, name, options, size, rate):
    result = published(clips.film(tmp_path / name, **options), tmp_path)

    top = result.renditions[0]
    assert (top.width, top.height, top.frame_rate) == (*size, rate)
    assert top.codecs.endswith(",mp4a.40.2")


def test_each_field_of_an_interlaced_film_becomes_a_picture_of_its_own(tmp_path):
    encoded = encode(clips.film(tmp_path / "fields.mp4", rate="50", seconds=2, other=clips.FIELDS), tmp_path)
    with av.open(str(encoded.renditions[0].segments[0])) as container:
        pictures = [bytes(frame.reformat(format="gray").planes[0]) for frame in container.decode(video=0)]
    moved = [sum(a != b for a, b in zip(one[::97], next_[::97], strict=True)) for one, next_ in pairwise(pictures)]
    assert len(pictures) == 100
    # A picture shown twice would make every second step a small one.
    assert 0.5 < sum(moved[::2]) / sum(moved[1::2]) < 2


def test_a_film_of_high_dynamic_range_becomes_one_that_every_screen_shows(tmp_path):
    encoded = encode(clips.film(tmp_path / "hdr.mp4", seconds=2, video=clips.HDR), tmp_path)
    with av.open(str(encoded.renditions[0].segments[0])) as container:
        picture = next(container.decode(video=0))
    assert picture.format.name == "yuv420p"
    assert (int(picture.color_trc), int(picture.colorspace)) == (1, 1), "BT.709 in ITU-T H.273."


def test_a_film_of_changing_frame_rate_becomes_a_steady_one(tmp_path):
    thinned = ("-vf", "select='lt(mod(n,60),30)+not(mod(n,3))'", "-fps_mode", "vfr")
    result = published(clips.film(tmp_path / "phone.mp4", seconds=7, other=thinned), tmp_path)
    assert result.renditions[0].frame_rate == 30
    assert result.renditions[0].segments[0].duration_s == 6


def test_a_film_taken_upright_stays_upright(tmp_path, clip):
    turned = tmp_path / "phone.mp4"
    clips.ffmpeg("-display_rotation", "-90", "-i", clip.path, "-t", "2", "-c", "copy", turned)
    assert [(r.width, r.height) for r in published(turned, tmp_path).renditions] == [(180, 320)]


@pytest.mark.parametrize("heard", [1, 9])
def test_sound_that_is_shorter_or_longer_ends_with_the_picture(tmp_path, clip, heard):
    master = tmp_path / "master.mkv"
    tone = ("-f", "lavfi", "-i", f"sine=d={heard}")
    clips.ffmpeg("-t", "7", "-i", clip.path, *tone, "-map", "0:v", "-map", "1:a", "-c:v", "copy", master)

    encoded = encode(master, tmp_path)

    last = encoded.renditions[0].segments[-1]
    with av.open(str(last)) as container:
        ends = {}
        for packet in container.demux():
            if packet.pts is not None:
                end = float((packet.pts + packet.duration) * packet.time_base)
                ends[packet.stream.type] = max(end, ends.get(packet.stream.type, 0))
    assert encoded.duration_s == pytest.approx(7, abs=0.05)
    assert ends["audio"] == pytest.approx(ends["video"], abs=0.1)


def test_real_clips_become_packages_and_the_one_without_sound_says_so(tmp_path):
    start = tmp_path / "person.mp4"
    clips.ffmpeg("-i", clips.sample("person.mp4"), "-t", "8", "-c", "copy", start)
    result = published(start, tmp_path / "person")
    assert [(r.name, r.codecs[:5], "," in r.codecs) for r in result.renditions] == [
        ("432p", "avc1.", False),
        ("360p", "avc1.", False),
    ]
    result = published(clips.sample("rabbit.mp4"), tmp_path / "rabbit")
    assert [r.name for r in result.renditions] == ["480p", "360p"]
    assert all(r.codecs.endswith("mp4a.40.2") for r in result.renditions)


def program(path: Path, script: str) -> str:
    """Write a program that stands in for ffmpeg."""
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


@pytest.mark.parametrize(
    ("script", "code", "is_transient"),
    [
        ("sleep 60 & wait", "stalled", True),
        ("while :; do echo out_time_us=1000000; sleep 0.05; done", "stalled", True),
        ("kill -9 $$", "killed", True),
        ("echo '[error] av_interleaved_write_frame(): No space left on device' >&2; exit 228", "disk_full", True),
        ("echo '[error] Invalid data found when processing input' >&2; exit 183", "unreadable_master", False),
        ("echo '[error] something new' >&2; exit 3", "encoder_failed", True),
    ],
)
def test_failures_are_told_apart(tmp_path, clip, script, code, is_transient):
    transcoder = FfmpegTranscoder(binary=program(tmp_path / "encoder", script), stall_after_s=0.4)

    with pytest.raises(TranscodeFailed) as caught:
        encode(clip.path, tmp_path, transcoder)

    assert (caught.value.code, caught.value.is_transient) == (code, is_transient)
    assert ("[error]" in caught.value.log_tail) == ("[error]" in script)
    assert within(10, lambda: not at_work_in(tmp_path))


def test_a_rotten_master_shows_what_the_encoder_said(tmp_path, clip):
    rotten = tmp_path / "rotten.mp4"
    rotten.write_bytes(b"no film at all" * 1000)
    with pytest.raises(TranscodeFailed) as caught:
        FfmpegTranscoder().transcode(
            master=rotten,
            probe=clip.probe,
            rungs=ladder(clip.probe),
            workdir=tmp_path,
            on_progress=lambda percent: None,
            should_stop=lambda: False,
        )
    assert (caught.value.code, caught.value.is_transient) == ("unreadable_master", False)
    assert "rotten.mp4" in caught.value.log_tail


def test_the_encoder_reads_no_file_that_a_playlist_names(tmp_path, clip):
    clips.ffmpeg("-i", clip.path, "-c", "copy", tmp_path / "secret.ts")
    playlist = tmp_path / "film.mp4"
    playlist.write_text("ffconcat version 1.0\nfile secret.ts\n")
    with pytest.raises(TranscodeFailed):
        FfmpegTranscoder().transcode(
            master=playlist,
            probe=clip.probe,
            rungs=ladder(clip.probe),
            workdir=tmp_path,
            on_progress=lambda percent: None,
            should_stop=lambda: False,
        )


def test_a_missing_encoder_is_named_with_the_setting_that_points_to_it(tmp_path, monkeypatch):
    monkeypatch.setenv("FFMPEG_BINARY", str(tmp_path / "nowhere"))
    with pytest.raises(TranscodeFailed, match="Set FFMPEG_BINARY"):
        find_binary()


def test_the_environment_chooses_the_encoder(tmp_path, monkeypatch):
    own = program(tmp_path / "own", "exit 0")
    monkeypatch.setenv("FFMPEG_BINARY", own)
    assert find_binary() == own
    monkeypatch.delenv("FFMPEG_BINARY")
    assert os.access(find_binary(), os.X_OK)


def test_a_failure_survives_the_way_between_processes():
    failure = TranscodeFailed("stalled", "It stood still.", is_transient=True, log_tail="frame=1")
    again = pickle.loads(pickle.dumps(failure))
    assert (again.code, again.reason, again.is_transient, again.log_tail) == (
        "stalled",
        "It stood still.",
        True,
        "frame=1",
    )


def test_the_fake_fails_as_told_and_then_works(tmp_path, clip):
    fake = FakeTranscoder(failures=[TranscodeFailed("stalled", "It stood still.", is_transient=True)])

    with pytest.raises(TranscodeFailed, match="stood still"):
        encode(clip.path, tmp_path, fake)

    assert len(encode(clip.path, tmp_path, fake).renditions[0].segments) == 3
    assert fake.masters == [clip.path, clip.path]


def test_a_probe_with_no_sound_gives_a_fake_film_with_no_sound(tmp_path):
    silent = clips.film(tmp_path / "silent.mp4", seconds=2, sound=None)
    facts: Probe = probe(silent)
    assert encode(silent, tmp_path, FakeTranscoder()).has_audio is facts.has_audio is False
