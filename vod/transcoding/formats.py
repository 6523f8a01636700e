"""What a master file may be: the containers that are read, and signs that tell a file's nature by its first bytes."""

from pathlib import Path
from typing import BinaryIO

# Only these are ever opened, by probe and ffmpeg alike. Playlist formats (HLS, concat, DASH) stay out: a text file
# that names other files or addresses must not make the server read them.
VIDEO_CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2",
    "matroska,webm",
    "mpegts",
    "mpeg",
    "avi",
    "mxf",
    "asf",
    "flv",
    "ogg",
)
# Opened by the probe alone, so that a song is refused as a song and not as rubbish.
SOUND_CONTAINERS = ("mp3", "wav", "flac", "aac", "aiff", "ac3")

_PICTURE_SIGNS = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\x00", b"MM\x00*")
_PICTURE_BRANDS = frozenset({b"heic", b"heix", b"mif1", b"avif", b"avis"})
_FIRST_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide"})
_BOX_HEADER = 8
_LARGE_BOX_HEADER = 16


def whitelist(*groups: tuple[str, ...]) -> str:
    """Join container names into the value of libavformat's `format_whitelist`."""
    return ",".join(name for group in groups for name in group)


def is_picture(head: bytes) -> bool:
    """Tell by the first 16 bytes whether a file is a still picture."""
    if head[4:8] == b"ftyp":
        return head[8:12] in _PICTURE_BRANDS
    return head.startswith(_PICTURE_SIGNS) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")


def missing_end(path: Path) -> str | None:
    """Say what an ISO base media file (mp4, mov) lacks, or None when it is whole or of another kind.

    Walks the top-level boxes only (ISO/IEC 14496-12 §4.2), so that a cut file of any size is found at once.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        if file.read(_BOX_HEADER)[4:8] not in _FIRST_BOXES:
            return None
        return _walk(file, size)


def _walk(file: BinaryIO, size: int) -> str | None:
    position, seen = 0, set()
    while position + _BOX_HEADER <= size:
        length, kind = _box_at(file, position, size)
        if not kind.isalnum() or length < _BOX_HEADER:
            break  # Padding after the last box, which players ignore too.
        if position + length > size:
            return f"it should hold {position + length:,} bytes and holds {size:,}"
        seen.add(kind)
        position += length
    return None if b"moov" in seen else "its index (the moov box), which is written last, is missing"


def _box_at(file: BinaryIO, position: int, size: int) -> tuple[int, bytes]:
    file.seek(position)
    header = file.read(_LARGE_BOX_HEADER)
    length, kind = int.from_bytes(header[:4]), header[4:8].rstrip()
    if length == 1:
        length = int.from_bytes(header[8:16])
    elif length == 0 and kind.isalnum():
        length = size - position
    return length, kind
