"""Tables for spreadsheets: CSV in the encodings that offices in Japan open, written row by row.

A cell of text that a spreadsheet would take for a formula gets an apostrophe in front. Shift-JIS is Windows' own form
of it (code page 932), as Excel reads it. What it lacks is not dropped: a character with a twin there, such as the wave
dash, becomes its twin, and any other becomes 〓, the printer's mark for a type that is missing.
"""

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse

UTF_8, SHIFT_JIS = "utf-8", "shift-jis"
ENCODINGS = (UTF_8, SHIFT_JIS)
MISSING = "〓"
ROWS_AT_A_TIME = 500

# Source: OWASP, CSV Injection; the full-width ones since a Japanese Excel reads them alike.
_FORMULAS = tuple("=+-@\t\r\n＝＋－＠")
# Characters that code page 932 has under another number than the one that is typed on other systems.
_TWINS = str.maketrans(
    {"〜": "～", "−": "－", "‖": "∥", "—": "―", "–": "―", "¢": "￠", "£": "￡", "¬": "￢", "¥": "￥"}
)
_SPLIT_KANA = re.compile(r"[\u3041-\u30ff][\u3099\u309a]")
_SELECTORS = re.compile(r"[\ufe00-\ufe0f\U000e0100-\U000e01ef]")  # which of its forms a kanji is drawn in


def guarded(cell: Any) -> Any:
    """The cell so that no spreadsheet reads it as a formula; numbers stay numbers."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULAS) else cell


def in_shift_jis(text: str) -> str:
    """The text with nothing that Shift-JIS lacks; a kanji loses the mark of its form, not itself."""
    text = _SPLIT_KANA.sub(lambda found: unicodedata.normalize("NFC", found.group()), text)
    return _SELECTORS.sub("", text.translate(_TWINS)).encode("cp932", "missing_type").decode("cp932")


def written(rows: Iterable[Sequence[Any]], encoding: str = UTF_8) -> Iterator[bytes]:
    """The rows as CSV with CRLF, some hundred at a time; UTF-8 begins with the mark by which Excel knows it."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    if encoding == UTF_8:
        buffer.write("\ufeff")
    for number, row in enumerate(rows, 1):
        writer.writerow([guarded(cell) for cell in row])
        if number % ROWS_AT_A_TIME == 0:
            yield _emptied(buffer, encoding)
    yield _emptied(buffer, encoding)


def _emptied(buffer: io.StringIO, encoding: str) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return in_shift_jis(text).encode("cp932") if encoding == SHIFT_JIS else text.encode()


def _missing(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    return MISSING * (error.end - error.start), error.end


codecs.register_error("missing_type", _missing)


def download(request: HttpRequest, name: str, rows: Iterable[Sequence[Any]], encoding: str) -> StreamingHttpResponse:
    """The rows as a file that the browser keeps, sent while they are read."""
    charset = "Shift_JIS" if encoding == SHIFT_JIS else "utf-8"
    chunks = written(rows, encoding)
    body: Any = _one_by_one(chunks) if isinstance(request, ASGIRequest) else chunks
    response = StreamingHttpResponse(body, content_type=f"text/csv; charset={charset}")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


async def _one_by_one(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Each chunk is read in the request's own thread, which holds its database connection."""
    read = sync_to_async(lambda: next(chunks, None), thread_sensitive=True)
    while (chunk := await read()) is not None:
        yield chunk
