"""Documents as PDF: A4, tagged for screen readers (PDF/UA-1), the same bytes for the same content, in milliseconds.

A template is a file of Typst in `templates/documents/`; it is given plain data, whose words are never read as markup.
The letters are Noto Sans CJK JP, from packages of the lock, so that every machine sets the same document; of them only
those that a document uses go into it. What no font has is refused by the typesetter, and never printed as a box.
"""

import functools
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import noto_cjk_sans_jp_bold
import noto_cjk_sans_jp_regular
import typst
from django.conf import settings

GETA = "〓"  # what Japanese printers set for a letter that they have not
ANY_DAY = datetime(2000, 1, 1, tzinfo=UTC)


class LetterMissing(Exception):
    """Something in the data cannot be printed, since no font of ours has it."""


def pdf(template: str, data: Mapping[str, Any], *, at: datetime) -> bytes:
    """Set `templates/documents/<template>.typ` with `data` (what JSON can hold); `at` is the document's date.

    A letter that no font has is printed as 〓, since a document that was issued has to come out.
    """
    try:
        return _compile(template, data, at)
    except LetterMissing:
        return _compile(template, _mended(data), at)


def unprintable(text: str) -> str:
    """The letters of a text that cannot be printed, each once; empty where it can be printed as it is."""
    mended = zip(text, _mended(text), strict=True)
    return "".join(dict.fromkeys(letter for letter, printed in mended if letter != printed))


def _compile(template: str, data: Mapping[str, Any], at: datetime) -> bytes:
    root = Path(settings.BASE_DIR) / "templates" / "documents"
    try:
        return typst.compile(
            root / f"{template}.typ",
            root=root,
            font_paths=_fonts(),
            sys_inputs={"data": json.dumps(data)},
            pdf_standards=["ua-1"],
            timestamp=int(at.timestamp()),
        )
    except typst.TypstError as refusal:
        if "could not be displayed" in refusal.message:
            raise LetterMissing(refusal.message) from refusal
        raise


@functools.cache
def _fonts() -> typst.Fonts:
    """Noto, and for Latin beyond it Libertinus, which the typesetter brings. The machine's own are not looked at."""
    folders = [str(Path(str(font.FONT_PATH)).parent) for font in (noto_cjk_sans_jp_regular, noto_cjk_sans_jp_bold)]
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=folders)


def _mended(value: Any) -> Any:
    """The same with 〓 for each letter that cannot be printed: each text by itself, so that none changes another."""
    if isinstance(value, Mapping):
        return {key: _mended(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_mended(one) for one in value]
    return _mended_text(value) if isinstance(value, str) else value


def _mended_text(text: str) -> str:
    if _is_printable(text):
        return text
    text = "".join(letter if _is_printable(letter) else GETA for letter in text)
    if _is_printable(text):
        return text
    kept = ""
    for letter in text:  # a mark that is there by itself, and that no font has together with what it stands on
        kept += letter if _is_printable(kept + letter) else GETA
    return kept


@functools.lru_cache(maxsize=4096)
def _is_printable(text: str) -> bool:
    try:
        _compile("words", {"words": text}, ANY_DAY)
    except LetterMissing:
        return False
    return True
