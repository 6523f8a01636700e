"""Read the facts of one clear MPEG-TS segment: its pictures, its timestamps, its codecs."""

import io
from dataclasses import dataclass

import av
from av.container import InputContainer
from av.video.stream import VideoStream

TS_CLOCK_HZ = 90_000
_SPS = 7  # nal_unit_type of a sequence parameter set, ITU-T H.264 table 7-1.
_ADTS_SYNC = 0xFFF


class BadSegment(Exception):
    """The bytes are not a segment a player can begin with; the message says why."""


@dataclass(frozen=True, kw_only=True)
class SegmentFacts:
    """What is inside a segment. `first_pts` counts in 90 kHz, of the first picture shown."""

    pictures: int
    first_pts: int
    width: int
    height: int
    codecs: str
    has_audio: bool


def facts_of(data: bytes) -> SegmentFacts:
    """Read a segment without decoding it, or raise BadSegment.

    A segment must stand alone: it begins with a keyframe and carries its own parameter sets.
    """
    try:
        with av.open(io.BytesIO(data), "r", format="mpegts") as container:
            return _read(container)
    except av.FFmpegError as error:
        raise BadSegment(f"it is no MPEG transport stream ({error.strerror})") from error


def check_first_picture(data: bytes) -> None:
    """Decode the first picture, or raise BadSegment."""
    try:
        with av.open(io.BytesIO(data), "r", format="mpegts") as container:
            picture = next(container.decode(video=0))
    except (av.FFmpegError, StopIteration, IndexError) as error:
        raise BadSegment("its first picture cannot be decoded") from error
    if picture.is_corrupt:
        raise BadSegment("its first picture is corrupt")


def _read(container: InputContainer) -> SegmentFacts:
    if not container.streams.video:
        raise BadSegment("it has no picture")
    video = container.streams.video[0]
    shown: list[int] = []
    sound = b""
    for packet in container.demux():
        if packet.pts is None:
            continue
        if packet.stream.index != video.index:
            sound = sound or bytes(packet)
            continue
        if not shown and not packet.is_keyframe:
            raise BadSegment("it does not begin with a keyframe")
        shown.append(packet.pts)
    if not shown:
        raise BadSegment("it has no picture")
    return SegmentFacts(
        pictures=len(shown),
        first_pts=min(shown),
        width=video.width,
        height=video.height,
        codecs=",".join(filter(None, (_avc(video), _aac(sound)))),
        has_audio=bool(sound),
    )


def _avc(video: VideoStream) -> str:
    """Name profile, constraints and level as the stream itself states them (RFC 6381 §3.3)."""
    for unit in (video.codec_context.extradata or b"").split(b"\x00\x00\x01"):
        if unit[:1] and unit[0] & 0x1F == _SPS:
            return f"avc1.{unit[1:4].hex()}"
    raise BadSegment("it carries no H.264 parameter set")


def _aac(sound: bytes) -> str | None:
    """Name the audio object type of the ADTS header (ISO/IEC 14496-3 §1.A.2)."""
    if not sound:
        return None
    if len(sound) < 3 or int.from_bytes(sound[:2]) >> 4 != _ADTS_SYNC:
        raise BadSegment("its sound is not AAC")
    return f"mp4a.40.{(sound[2] >> 6) + 1}"
