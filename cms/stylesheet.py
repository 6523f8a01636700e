"""The one stylesheet that pages load, put together from the files under `static/css/` without a build.

One file a component is right for those who write, one request is right for those who wait. The address carries a
digest of the content, so it may be kept for ever and changes with the first changed byte.
"""

import gzip
import re
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from django.conf import settings

_FOLDER = Path(settings.BASE_DIR) / "static" / "css"
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_INDENT = re.compile(r"\n\s*")


@dataclass(frozen=True)
class Stylesheet:
    """The text as it is sent, the same compressed, and the name of this version."""

    text: bytes
    gzipped: bytes
    digest: str


def stylesheet() -> Stylesheet:
    """The stylesheet of this release; outside production, of this moment."""
    return _built(0 if settings.PRODUCTION else max(file.stat().st_mtime_ns for file in _files()))


@lru_cache(maxsize=1)
def _built(_version: int) -> Stylesheet:
    text = "\n".join(_slim(file.read_text(encoding="utf-8")) for file in _files()).encode()
    return Stylesheet(text=text, gzipped=gzip.compress(text, 9, mtime=0), digest=sha256(text).hexdigest()[:16])


def _files() -> list[Path]:
    """`layers.css` states the order of precedence and comes first; after it any order will do."""
    first = _FOLDER / "layers.css"
    return [first, *sorted(file for file in _FOLDER.rglob("*.css") if file != first)]


def _slim(text: str) -> str:
    return _INDENT.sub("\n", _COMMENT.sub("", text)).strip()
