"""Documents as PDF, read back and looked at by another library."""

import re
import unicodedata
from datetime import UTC, datetime

import pypdfium2
from hypothesis import given, settings
from hypothesis import strategies as st

from config.lib import typeset
from tests.reading_pdf import text_of

AT = datetime(2026, 11, 24, 3, tzinfo=UTC)


def jis_x_0213() -> str:
    """Every single kanji of the standard."""
    found = []
    for plane in (b"", b"\x8f"):
        for row in range(0xA1, 0xFF):
            for cell in range(0xA1, 0xFF):
                letter = (plane + bytes([row, cell])).decode("euc_jis_2004", errors="ignore")
                if len(letter) == 1 and "CJK" in unicodedata.name(letter, ""):
                    found.append(letter)
    return "".join(found)


def words(text: str) -> str:
    return text_of(typeset.pdf("words", {"words": text}, at=AT))


def test_rare_kanji_are_set_and_can_be_copied_out_as_they_are():
    assert "\ufa19社と\u795e社" in words("\ufa19社と\u795e社")  # two code points, and both stay
    for name in ("\U00020bb7野家", "\u9ad9橋", "𠀋𡈽𩸽", "山﨑・濵・瀨・德・齋", "㈱①Ⅳ㍻", "か゚"):
        assert name in words(name)


def test_the_form_of_a_kanji_that_was_chosen_stays():
    """The same kanji with and without a variation selector: 葛󠄀城市 and 葛飾区 write it differently."""
    assert "葛\U000e0100城と葛飾" in words("葛\U000e0100城と葛飾")


def test_every_kanji_of_jis_x_0213_comes_out():
    kanji = jis_x_0213()
    assert len(kanji) > 10_000
    out = words(kanji)
    assert not set(kanji) - set(out)


def test_letters_that_no_font_has_are_named():
    assert typeset.unprintable("髙橋 𠮷乃 Łucja Žižek") == ""
    for text, letters in (
        ("王𪚥", "𪚥"),
        ("夏🎆祭🎆𪚥", "🎆𪚥"),
        ("a\u0007b", "\u0007"),
        ("\ue000", "\ue000"),
        ("0🏻", "🏻"),
    ):
        assert typeset.unprintable(text) == letters


def test_a_document_that_was_issued_comes_out_all_the_same():
    assert '夏〓祭〓と\\と"と〓' in words('夏🎆祭𪚥と\\と"と\u0007')


def test_a_mark_that_cannot_be_printed_takes_nothing_else_with_it():
    """A letter and a mark that no font has together: the letter stays, here and in all other texts."""
    assert "100円〓" in words("100円🏻")
    assert "0〓 0〓" in words("0🏻")


def test_words_are_never_read_as_markup():
    text = '#panic("x") *a* $x$ @b <c> // d \\ #{1+1} `raw` = e'
    assert text.replace(" ", "") in words(text).replace(" ", "")


def test_the_same_content_is_the_same_bytes():
    first = typeset.pdf("words", {"words": "領収"}, at=AT)
    typeset.pdf("words", {"words": "請求"}, at=AT)
    assert typeset.pdf("words", {"words": "領収"}, at=AT) == first
    assert typeset.pdf("words", {"words": "領收"}, at=AT) != first


def test_it_is_tagged_says_its_language_and_is_small():
    made = typeset.pdf("words", {"words": "領収書"}, at=AT)
    document = pypdfium2.PdfDocument(made)
    assert pypdfium2.raw.FPDFCatalog_IsTagged(document)
    assert re.search(rb"/Lang ?\(ja", made)
    assert b"pdfuaid" in made
    assert [round(side) for side in document[0].get_size()] == [595, 842]
    assert len(made) < 40_000


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_any_words_make_a_document(text):
    assert typeset.pdf("words", {"words": text}, at=AT).startswith(b"%PDF")
