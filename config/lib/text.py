"""Text in the one form it is compared, kept or shown in: Japanese as people type it, and the length of a film."""

import re
import unicodedata

_KATAKANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}
_HYPHENS = dict.fromkeys(map(ord, "‐‑‒–—―−－ｰ"), "-")


def fold(text: str) -> str:
    """Text as search compares it: full-width and half-width alike, katakana as hiragana, lower case, one space.

    Only for comparing. A person's name is never folded where it is stored: normalising rewrites kanji. A NUL, which
    PostgreSQL's text cannot hold, counts as space.
    """
    return " ".join(unicodedata.normalize("NFKC", text).casefold().translate(_KATAKANA).replace("\0", " ").split())


def clock(seconds: float) -> str:
    """A length or a position in a film, in whole seconds rounded down: 754 gives 12:34, 3754 gives 1:02:34."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def digits(text: str) -> str:
    """The digits of a postal code or telephone number however it was typed: 「〒０６０−００４２」 gives 0600042."""
    return re.sub(r"\D", "", unicodedata.normalize("NFKC", text).translate(_HYPHENS))


def katakana(text: str) -> str:
    """A reading as it is stored: full-width katakana, from hiragana, half-width or full-width."""
    wide = unicodedata.normalize("NFKC", text).strip()
    return wide.translate({low: high for high, low in _KATAKANA.items()})
