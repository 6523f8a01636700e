"""Turn clear renditions into an encrypted package: checked, complete, and there all at once or not at all."""

import errno
import glob
import math
import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from vod.transcoding.base import Encoded, EncodedRendition, ShouldStop, TranscodeFailed, TranscodeStopped
from vod.transcoding.ladder import Rung
from vod.transcoding.segments import TS_CLOCK_HZ, BadSegment, SegmentFacts, check_first_picture, facts_of

KEY_BYTES = 16
POSTER_NAME = "poster.jpg"
_PARTIAL = ".partial"
_DURATION_TOLERANCE_S = 0.2


@dataclass(frozen=True, kw_only=True)
class PackagedSegment:
    """One encrypted file. `path` is relative to the package, with forward slashes."""

    path: str
    duration_s: float
    size_bytes: int


@dataclass(frozen=True, kw_only=True)
class PackagedRendition:
    """One variant: peak and average bandwidth in bits a second, measured over the files as they are served."""

    name: str
    width: int
    height: int
    frame_rate: Fraction
    codecs: str
    bandwidth: int
    average_bandwidth: int
    segments: tuple[PackagedSegment, ...]


@dataclass(frozen=True, kw_only=True)
class ContentKey:
    """The key of the segments from `first_sequence` on. It is never written into the package."""

    first_sequence: int
    key: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Packaged:
    """A finished package. All renditions share the keys and the cut, so one list of keys serves them all.

    `first_pts` (90 kHz) is what subtitles give as X-TIMESTAMP-MAP; `poster` is relative to `folder`.
    """

    folder: Path
    renditions: tuple[PackagedRendition, ...]
    keys: tuple[ContentKey, ...]
    duration_s: float
    first_pts: int
    poster: str | None
    size_bytes: int


def package(
    encoded: Encoded,
    out_dir: str | Path,
    key_seconds: float = 600,
    *,
    should_stop: ShouldStop = lambda: False,
) -> Packaged:
    """Encrypt clear renditions into the new folder `out_dir`, with a new key every `key_seconds` of media.

    AES-128-CBC with PKCS7 padding, the initialisation vector is the media sequence number (RFC 8216 §5.2). Work goes
    on in a hidden folder beside it and ends with one rename; what a killed run left there is removed by the next
    run. `should_stop` is asked before each segment. Raises TranscodeFailed (also when `out_dir` exists, since
    players may hold its files for ever) or TranscodeStopped.
    """
    out_dir = Path(out_dir).absolute()
    if key_seconds <= 0:
        raise ValueError(f"key_seconds must be above 0, not {key_seconds}.")
    _check_shape(encoded)
    with _partial_folder(out_dir) as partial:
        packaged = _fill(encoded, partial, out_dir, key_seconds, should_stop)
        _publish(partial, out_dir)
    return packaged


def _check_shape(encoded: Encoded) -> None:
    counts = {rendition.rung.name: len(rendition.segments) for rendition in encoded.renditions}
    if not counts or 0 in counts.values() or len(set(counts.values())) != 1:
        raise _refused(f"the renditions do not have the same number of segments: {counts or 'none'}")


@contextmanager
def _partial_folder(out_dir: Path) -> Iterator[Path]:
    if out_dir.exists():
        raise _exists(out_dir)
    partial = out_dir.parent / f".{out_dir.name}.{secrets.token_hex(4)}{_PARTIAL}"
    try:
        out_dir.parent.mkdir(parents=True, exist_ok=True)
        for left in out_dir.parent.glob(f".{glob.escape(out_dir.name)}.*{_PARTIAL}"):
            # A run that lost its lease may still write there; then it fails, and what it adds goes next time.
            shutil.rmtree(left, ignore_errors=True)
        partial.mkdir()
        yield partial
    except OSError as error:
        raise _storage_failed(error) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _publish(partial: Path, out_dir: Path) -> None:
    """Make the data durable, then visible: a power cut must not leave a whole name over half the bytes."""
    for path in (*partial.rglob("*"), partial):
        _flush(path)
    try:
        os.rename(partial, out_dir)
    except OSError as error:
        if error.errno in (errno.EEXIST, errno.ENOTEMPTY):
            raise _exists(out_dir) from error
        raise
    _flush(out_dir.parent)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _fill(encoded: Encoded, partial: Path, out_dir: Path, key_seconds: float, should_stop: ShouldStop) -> Packaged:
    first = encoded.renditions[0]
    keys = _keys(len(first.segments), first.rung.segment_s, key_seconds)
    written = [_write(rendition, partial, keys, encoded.has_audio, should_stop) for rendition in encoded.renditions]
    facts = [facts for _, facts in written]
    _check_cut(encoded, facts)
    renditions = tuple(
        _rendition(source.rung, sizes, facts)
        for source, (sizes, facts) in zip(encoded.renditions, written, strict=True)
    )
    poster = _copy_poster(encoded, partial)
    return Packaged(
        folder=out_dir,
        renditions=renditions,
        keys=keys,
        duration_s=round(sum(segment.duration_s for segment in renditions[0].segments), 6),
        first_pts=facts[0][0].first_pts,
        poster=poster,
        size_bytes=sum(segment.size_bytes for rendition in renditions for segment in rendition.segments),
    )


def _keys(count: int, segment_s: Fraction, key_seconds: float) -> tuple[ContentKey, ...]:
    """Begin a key with each segment that begins in a new period; the first always does."""
    period = Fraction(key_seconds)
    starts = [n for n in range(count) if n == 0 or n * segment_s // period != (n - 1) * segment_s // period]
    return tuple(ContentKey(first_sequence=n, key=secrets.token_bytes(KEY_BYTES)) for n in starts)


def _write(
    rendition: EncodedRendition,
    partial: Path,
    keys: Sequence[ContentKey],
    has_audio: bool,
    should_stop: ShouldStop,
) -> tuple[list[int], list[SegmentFacts]]:
    """Check and encrypt one rendition; return the size and the facts of each segment."""
    folder = partial / rendition.rung.name
    folder.mkdir()
    key_of = {key.first_sequence: key.key for key in keys}
    key = b""
    sizes, facts = [], []
    for sequence, clear in enumerate(rendition.segments):
        if should_stop():
            raise TranscodeStopped("The packaging was stopped on request.")
        key = key_of.get(sequence, key)
        data = clear.read_bytes()
        facts.append(_checked(data, rendition.rung, sequence, has_audio))
        sizes.append((folder / segment_name(sequence)).write_bytes(encrypt(data, key=key, sequence=sequence)))
    return sizes, facts


def segment_name(sequence: int) -> str:
    """Name a segment's file by its media sequence number."""
    return f"{sequence:05d}.ts"


def encrypt(data: bytes, *, key: bytes, sequence: int) -> bytes:
    """Encrypt one whole segment as RFC 8216 §4.3.2.4 and §5.2 say for METHOD=AES-128 without an IV attribute."""
    padder = PKCS7(algorithms.AES128.block_size).padder()
    encryptor = Cipher(algorithms.AES128(key), modes.CBC(sequence.to_bytes(KEY_BYTES))).encryptor()
    return encryptor.update(padder.update(data)) + encryptor.update(padder.finalize()) + encryptor.finalize()


def _checked(data: bytes, rung: Rung, sequence: int, has_audio: bool) -> SegmentFacts:
    try:
        facts = facts_of(data)
        if sequence == 0:
            check_first_picture(data)
    except BadSegment as error:
        raise _refused(f"segment {sequence} of {rung.name} is not usable: {error}") from error
    if (facts.width, facts.height) != (rung.width, rung.height):
        raise _refused(f"segment {sequence} of {rung.name} is {facts.width}×{facts.height}, not of the rung's size")
    if facts.has_audio != has_audio:
        raise _refused(f"segment {sequence} of {rung.name} {'lacks' if has_audio else 'has'} sound")
    return facts


def _check_cut(encoded: Encoded, facts: Sequence[Sequence[SegmentFacts]]) -> None:
    """All renditions are cut at the same pictures, no picture is missing, and the whole is as long as the source."""
    rung = encoded.renditions[0].rung
    cut = [segment.pictures for segment in facts[0]]
    for rendition, segments in zip(encoded.renditions, facts, strict=True):
        if [segment.pictures for segment in segments] != cut:
            raise _refused(f"{rendition.rung.name} is not cut where {rung.name} is")
        _check_timestamps(rendition.rung, segments)
    # A slow rate cannot end nearer to the source's end than half a picture.
    tolerance = max(_DURATION_TOLERANCE_S, float(1 / rung.frame_rate))
    duration = float(sum(cut) / rung.frame_rate)
    if abs(duration - encoded.duration_s) > tolerance:
        raise _refused(f"the result lasts {duration:.2f} s and the source {encoded.duration_s:.2f} s")


def _check_timestamps(rung: Rung, segments: Sequence[SegmentFacts]) -> None:
    picture = TS_CLOCK_HZ / rung.frame_rate
    expected = Fraction(segments[0].first_pts)
    for sequence, segment in enumerate(segments):
        if abs(segment.first_pts - expected) > picture / 2:
            raise _refused(f"there is a gap in time before segment {sequence} of {rung.name}")
        expected += segment.pictures * picture


def _rendition(rung: Rung, sizes: Sequence[int], facts: Sequence[SegmentFacts]) -> PackagedRendition:
    durations = [segment.pictures / rung.frame_rate for segment in facts]
    return PackagedRendition(
        name=rung.name,
        width=rung.width,
        height=rung.height,
        frame_rate=rung.frame_rate,
        codecs=facts[0].codecs,
        bandwidth=peak_bandwidth(durations, sizes),
        average_bandwidth=_bits_a_second(sum(sizes), sum(durations, Fraction(0))),
        segments=tuple(
            PackagedSegment(path=f"{rung.name}/{segment_name(n)}", duration_s=round(float(length), 6), size_bytes=size)
            for n, (length, size) in enumerate(zip(durations, sizes, strict=True))
        ),
    )


def peak_bandwidth(durations: Sequence[Fraction], sizes: Sequence[int]) -> int:
    """Return the BANDWIDTH of RFC 8216 §4.1: the highest rate of any run of segments of 0.5 to 1.5 target durations.

    Durations in seconds, sizes in bytes, the result in bits a second.
    """
    target = max(durations)
    peak = 0
    for start in range(len(durations)):
        length, size = Fraction(0), 0
        for end in range(start, len(durations)):
            length, size = length + durations[end], size + sizes[end]
            if length > target * 3 / 2:
                break
            if length >= target / 2:
                peak = max(peak, _bits_a_second(size, length))
    return peak


def _bits_a_second(size: int, length: Fraction) -> int:
    return math.ceil(8 * size / length)


def _copy_poster(encoded: Encoded, partial: Path) -> str | None:
    if not encoded.posters:
        return None
    shutil.copyfile(encoded.posters[0], partial / POSTER_NAME)
    return POSTER_NAME


def _refused(what: str) -> TranscodeFailed:
    return TranscodeFailed(
        "bad_encoding", f"The encoded film did not pass its check: {what}. Nothing was published.", is_transient=False
    )


def _exists(out_dir: Path) -> TranscodeFailed:
    return TranscodeFailed(
        "package_exists",
        f"The package folder {out_dir} is there already. Give each attempt a folder of its own.",
        is_transient=False,
    )


def _storage_failed(error: OSError) -> TranscodeFailed:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return TranscodeFailed("disk_full", "The disk is full. Make room where packages are kept.", is_transient=True)
    return TranscodeFailed("storage", f"The package could not be written: {error}.", is_transient=True)
