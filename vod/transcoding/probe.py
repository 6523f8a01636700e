"""Look at a master file before any work is spent on it: what it is, or why it cannot become a film here."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from vod.transcoding import formats

_TAIL_S = 10
_END_PACKETS = 300
_HDR_TRANSFERS = frozenset({16, 18})  # PQ and HLG in ITU-T H.273, table 3.
_FIRST_INTERLACED_ORDER = 2  # AVFieldOrder: 0 unknown, 1 progressive, 2 and above name a field.


class NotPlayable(Exception):
    """The file cannot become a film; `code` is stable, the message says what is wrong and what to do.

    Codes: missing_file, empty_file, too_large, picture, not_a_video, truncated, damaged, no_video_stream,
    unsupported, picture_size, too_short, too_long.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        """Keep both arguments when the exception crosses a process border."""
        return type(self), (self.code, self.message)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a station accepts as a master: bytes, seconds, and pixels along one side."""

    max_bytes: int = 200 * 1024**3
    min_duration_s: float = 1.0
    max_duration_s: float = 12 * 3600.0
    min_side: int = 64
    max_side: int = 8192


@dataclass(frozen=True, kw_only=True)
class Probe:
    """A master file as measured. Width and height are those shown: after pixel aspect ratio and rotation.

    `rotation` is in degrees clockwise, as the player must turn the coded picture; `duration_s` runs from the
    container's start to the end of the last picture.
    """

    container: str
    size_bytes: int
    duration_s: float
    video_index: int
    video_codec: str
    pixel_format: str
    width: int
    height: int
    sample_aspect_ratio: Fraction
    rotation: int
    frame_rate: Fraction
    is_interlaced: bool
    is_hdr: bool
    audio_index: int | None
    audio_codec: str | None
    audio_channels: int

    @property
    def has_audio(self) -> bool:
        return self.audio_index is not None

    def as_json(self) -> dict[str, Any]:
        """Return what a JSON column can hold; fractions become text such as `24000/1001`."""
        return {key: str(value) if isinstance(value, Fraction) else value for key, value in asdict(self).items()}


def probe(path: str | Path, *, limits: Limits | None = None) -> Probe:
    """Measure a master file, or raise NotPlayable with the reason it is refused.

    Reads the head and the last seconds only (all of it when no duration is declared), and decodes the first
    picture and the last keyframe, so that a cut or rotten file is found before hours of encoding.
    """
    source = Path(path).absolute()
    limits = limits or Limits()
    size = _check_bytes(source, limits)
    with _opened(source) as container:
        found = _measure(container, size, limits)
    _check_measures(found, limits)
    return found


def _check_bytes(source: Path, limits: Limits) -> int:
    if not source.is_file():
        raise NotPlayable("missing_file", f"There is no file {source}. Check the path.")
    size = source.stat().st_size
    if size == 0:
        raise NotPlayable("empty_file", "The file is empty (0 bytes). Export it anew and send it again.")
    if size > limits.max_bytes:
        raise NotPlayable(
            "too_large",
            f"The file has {size:,} bytes; at most {limits.max_bytes:,} are accepted. Export it at a lower bit rate.",
        )
    with source.open("rb") as file:
        if formats.is_picture(file.read(16)):
            raise NotPlayable("picture", "The file is a still picture, not a video. Choose the film's own file.")
    if lack := formats.missing_end(source):
        raise _truncated(lack)
    return size


def _truncated(lack: str) -> NotPlayable:
    return NotPlayable("truncated", f"The file is cut off: {lack}. Copy or export it again, to its end.")


@contextmanager
def _opened(source: Path) -> Iterator[InputContainer]:
    options = {
        "protocol_whitelist": "file",
        "format_whitelist": formats.whitelist(formats.VIDEO_CONTAINERS, formats.SOUND_CONTAINERS),
    }
    try:
        container = av.open(str(source), options=options)
    except (av.FFmpegError, ValueError) as error:
        raise NotPlayable(
            "not_a_video",
            "The file is not a video, whatever its name says. Send MP4, MOV, MKV, WebM, MPEG-TS, MXF or AVI.",
        ) from error
    with container:
        yield container


def _measure(container: InputContainer, size: int, limits: Limits) -> Probe:
    video = _film_stream(container)
    sound = next((s for s in container.streams.audio if s.codec_context), None)
    picture = _first_picture(container, video)
    end, last_key = _tail(container, video)
    _check_end(container, video, last_key)
    rotation = -picture.rotation % 360
    width, height = _shown_size(picture, rotation, _pixel_aspect(video))
    _check_side(width, height, limits)
    return Probe(
        container=container.format.name,
        size_bytes=size,
        duration_s=round(float(end), 6),
        video_index=video.index,
        video_codec=video.codec_context.name,
        pixel_format=picture.format.name,
        width=width,
        height=height,
        sample_aspect_ratio=_pixel_aspect(video),
        rotation=rotation,
        frame_rate=_frame_rate(video),
        is_interlaced=picture.interlaced_frame or video.codec_context.field_order >= _FIRST_INTERLACED_ORDER,
        is_hdr=video.codec_context.color_trc in _HDR_TRANSFERS,
        audio_index=sound.index if sound else None,
        audio_codec=sound.codec_context.name if sound else None,
        audio_channels=sound.codec_context.channels if sound else 0,
    )


def _film_stream(container: InputContainer) -> VideoStream:
    films = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not films:
        what = "only sound" if container.streams.audio else "no picture"
        raise NotPlayable("no_video_stream", f"The file holds {what}. Send the file that has the picture track too.")
    decodable = [s for s in films if s.codec_context]
    if not decodable:
        raise NotPlayable(
            "unsupported",
            "The picture track is in a format that cannot be read here. Export it as H.264, H.265 or ProRes.",
        )
    return max(decodable, key=lambda s: (s.disposition & Disposition.default, s.width * s.height))


def _first_picture(container: InputContainer, video: VideoStream) -> VideoFrame:
    try:
        return next(container.decode(video))
    except (av.FFmpegError, StopIteration) as error:
        raise _damaged("first picture") from error


def _check_end(container: InputContainer, video: VideoStream, last_key: int) -> None:
    """Decode from the last keyframe on. One bad packet is how a recording ends; more bad than good is damage."""
    container.seek(last_key, stream=video)
    good, bad = 0, 0
    for packet in islice(container.demux(video), _END_PACKETS):
        try:
            good += len(packet.decode())
        except av.FFmpegError:
            bad += 1
    if bad >= good:
        raise _damaged("last part")


def _damaged(where: str) -> NotPlayable:
    return NotPlayable("damaged", f"The {where} cannot be read: the file is damaged. Copy or export it again.")


def _tail(container: InputContainer, video: VideoStream) -> tuple[Fraction, int]:
    """Return where the last picture ends, in seconds from the container's start, and the last keyframe's timestamp.

    Raises NotPlayable when the packets stop well before the declared end, which is how a cut Matroska or AVI shows.
    """
    origin = Fraction(container.start_time or 0, av.time_base)
    declared = _declared(container, video)
    start = max(Fraction(0), declared - _TAIL_S)
    last_key, ends = _read_from(container, video, origin + start)
    reached = max(ends.values(), default=origin) - origin
    if reached < declared - max(Fraction(1), declared / 50):
        raise _truncated(f"it says {float(declared):.1f} s and stops after {float(reached):.1f} s")
    if last_key is None:
        raise NotPlayable("damaged", "The picture track has no keyframe. Copy or export the file again.")
    return ends[video.index] - origin, last_key


def _declared(container: InputContainer, video: VideoStream) -> Fraction:
    """Return the seconds the file says it lasts, 0 when it does not say: AVI says it for the stream alone."""
    whole = Fraction(container.duration or 0, av.time_base)
    return max(whole, (video.duration or 0) * Fraction(video.time_base or 0))


def _read_from(
    container: InputContainer, video: VideoStream, start: Fraction
) -> tuple[int | None, dict[int, Fraction]]:
    """Read packets from a moment to the end; return the last keyframe and where each stream ends, in seconds."""
    container.seek(int(start * av.time_base))
    last_key: int | None = None
    ends: dict[int, Fraction] = {}
    for packet in _packets(container, [video, *container.streams.audio]):
        index = packet.stream.index
        end = (packet.pts + (packet.duration or 0)) * packet.time_base
        ends[index] = max(ends.get(index, end), end)
        if index == video.index and packet.is_keyframe:
            last_key = packet.pts
    return last_key, ends


def _packets(container: InputContainer, streams: list[Any]) -> Iterator[Any]:
    try:
        for packet in container.demux(streams):
            if packet.pts is not None and not packet.is_discard:
                yield packet
    except av.FFmpegError as error:
        raise _truncated("its last part cannot be read") from error


def _pixel_aspect(video: VideoStream) -> Fraction:
    return Fraction(video.sample_aspect_ratio or 1)


def _shown_size(picture: VideoFrame, rotation: int, pixel_aspect: Fraction) -> tuple[int, int]:
    width, height = round(picture.width * pixel_aspect), picture.height
    return (height, width) if rotation % 180 == 90 else (width, height)


def _frame_rate(video: VideoStream) -> Fraction:
    """Take the rate that keeps every picture of a variable-rate file, if that is a rate of this world."""
    average = video.average_rate or video.guessed_rate
    base = video.base_rate
    if not average:
        raise NotPlayable("unsupported", "The file does not say its frame rate. Export it at a fixed frame rate.")
    if base and average <= base <= 60 and base <= 4 * average:
        return Fraction(base)
    return Fraction(average)


def _check_side(width: int, height: int, limits: Limits) -> None:
    if min(width, height) < limits.min_side or max(width, height) > limits.max_side:
        raise NotPlayable(
            "picture_size",
            f"The picture is {width}×{height}; each side must have {limits.min_side} to {limits.max_side} pixels. "
            "Export it in another size.",
        )


def _check_measures(found: Probe, limits: Limits) -> None:
    if found.duration_s < limits.min_duration_s:
        raise NotPlayable(
            "too_short",
            f"The film lasts {found.duration_s:.2f} s; at least {limits.min_duration_s:g} s are needed. "
            "Choose the whole film.",
        )
    if found.duration_s > limits.max_duration_s:
        raise NotPlayable(
            "too_long",
            f"The film lasts {found.duration_s:.0f} s; at most {limits.max_duration_s:g} s are accepted. Split it.",
        )
