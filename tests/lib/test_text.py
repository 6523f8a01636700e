"""What people type finds what editors wrote, and what must not change does not."""

import pytest

from config.lib.text import digits, fold, katakana


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("ごまくん", "ゴマくん"),
        ("ｺﾞﾏｸﾝ", "ごまくん"),
        ("ＤＶＤ　第１巻", "dvd 第1巻"),
        ("スープ", "すーぷ"),
        ("㈱みなと", "(株)みなと"),
    ],
)
def test_scripts_and_widths_are_alike_to_search(typed, written):
    assert fold(typed) == fold(written)


@pytest.mark.parametrize("typed", ["〒０６０−００４２", "060-0042", "060ー0042", "０６０ ００４２", "060\u20100042"])
def test_a_postal_code_is_its_digits(typed):
    assert digits(typed) == "0600042"


@pytest.mark.parametrize("typed", ["たかはし よしの", "ﾀｶﾊｼ ﾖｼﾉ", "タカハシ　ヨシノ"])
def test_a_reading_is_kept_in_full_width_katakana(typed):
    assert katakana(typed) == "タカハシ ヨシノ"


def test_a_nul_is_folded_away_since_postgresql_cannot_look_for_it():
    assert fold("灯\0台 \0") == "灯 台"
