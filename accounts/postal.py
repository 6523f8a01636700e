"""How a Japanese address is typed and how it is kept.

Each function takes what a person typed, in any width and with any hyphen, and returns the one form it is saved in.
It raises `ValidationError` with a sentence that says what is wrong and what to type instead, one for each mistake.
"""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from config.lib.text import digits, katakana

_HYPHEN = "-‐‑‒–—―−－ｰー"  # "-" first: it stands for itself at the head of a set
_BETWEEN_NUMBERS = re.compile(rf"(?<=[0-9A-Za-z])[{_HYPHEN}](?=[0-9])")
_WIDE = {code: code - 0xFEE0 for first, last in ("０９", "ＡＺ", "ａｚ") for code in range(ord(first), ord(last) + 1)}
_FURNITURE = re.compile(rf"[{_HYPHEN}\s()〒.]")
_KANA = re.compile(r"[ァ-ヺー・＝\s]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")


def _number(text: str) -> str:
    """The text without what people put around digits; whatever else is left in it is a mistake."""
    return _FURNITURE.sub("", unicodedata.normalize("NFKC", text))


def postal_code(text: str) -> str:
    """Seven digits: 「〒０６０−００４２」 gives 0600042."""
    typed = _number(text)
    if not (typed.isascii() and typed.isdigit()):
        raise ValidationError(_("Type the postal code in digits, for example 060-0042."), code="postal_code_letters")
    if len(typed) != 7:
        raise ValidationError(
            ngettext_lazy(
                "A postal code has 7 digits; %(count)d digit was typed.",
                "A postal code has 7 digits; %(count)d digits were typed.",
                "count",
            ),
            code="postal_code_length",
            params={"count": len(typed)},
        )
    return digits(typed)


def telephone(text: str) -> str:
    """Ten or eleven digits from 0: 「＋８１ ９０−１２３４−５６７８」 gives 09012345678."""
    typed = _number(text)
    typed = re.sub(r"^\+81(0?)", "0", typed)
    if not (typed.isascii() and typed.isdigit()):
        raise ValidationError(
            _("Type the telephone number in digits, for example 090-1234-5678."), code="telephone_letters"
        )
    if not typed.startswith("0"):
        raise ValidationError(_("Begin the telephone number with the area code, from 0."), code="telephone_area_code")
    if len(typed) not in (10, 11):
        raise ValidationError(
            ngettext_lazy(
                "A telephone number has 10 or 11 digits; %(count)d digit was typed.",
                "A telephone number has 10 or 11 digits; %(count)d digits were typed.",
                "count",
            ),
            code="telephone_length",
            params={"count": len(typed)},
        )
    return digits(typed)


def reading(text: str) -> str:
    """Full-width katakana, from hiragana or katakana of either width; kanji and Latin letters are refused."""
    kana = katakana(text)
    if kana and not _KANA.fullmatch(kana):
        raise ValidationError(_("Type the reading in hiragana or katakana."), code="reading_not_kana")
    return kana


def block(text: str) -> str:
    """Full-width digits and Latin letters become plain ones, hyphens of any kind before a number become "-".

    A long vowel in a word (センター) stays as it is, and so does every kanji: nothing else is normalised.
    """
    return _BETWEEN_NUMBERS.sub("-", text.translate(_WIDE))


def half_width(text: str) -> str:
    """Full-width Latin letters and digits as their plain selves, for what is Latin by nature: an e-mail address."""
    return unicodedata.normalize("NFKC", text)


def one_line(text: str) -> str:
    """The text itself; a line break or another control character would break the label it is printed on."""
    if _CONTROL.search(text):
        raise ValidationError(_("Type this on one line, without line breaks."), code="not_one_line")
    return text
