"""CSV for offices in Japan: no formula, no lost character, both encodings, in pieces."""

import asyncio
import csv
import io

import pytest
from django.test import AsyncRequestFactory, RequestFactory

from config.lib import sheets
from config.lib.sheets import SHIFT_JIS, UTF_8, guarded, in_shift_jis, written


def read(body: bytes, encoding: str) -> list[list[str]]:
    text = body.decode("cp932" if encoding == SHIFT_JIS else "utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("encoding", sheets.ENCODINGS)
def test_what_was_written_is_read_back(encoding):
    rows = [("名前", "金額"), ("髙橋 﨑 ①㈱", -1980), ('引用"符, 改\n行', 0)]
    body = b"".join(written(rows, encoding))
    assert read(body, encoding) == [[str(cell) for cell in row] for row in rows]
    assert b"\r\n" in body
    assert body.startswith(b"\xef\xbb\xbf") == (encoding == UTF_8)


@pytest.mark.parametrize("text", ["=1+1", "+81", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", "＋1", "－1", "＠x"])
def test_no_text_is_taken_for_a_formula_and_numbers_stay_numbers(text):
    assert guarded(text) == f"'{text}"
    assert guarded(-1980) == -1980
    assert guarded("1-2") == "1-2"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("𠮷田", "〓田"),  # a kanji of four bytes
        ("森鷗外", "森〓外"),
        ("剥𠮟剝", "剥〓〓"),
        ("☕ と 한글", "〓 と 〓〓"),
        ("10〜20 −5", "10～20 －5"),  # what a Mac types for what Windows has
        ("か\u3099っこう", "がっこう"),  # kana in two pieces, as in a file name of a Mac
        ("辻\U000e0100", "辻"),  # the mark of a kanji's form
        ("神\ufa19", "神\ufa19"),  # an old form that Windows has: not folded into the new one
    ],
)
def test_what_shift_jis_lacks_is_seen_to_be_missing(text, told):
    assert in_shift_jis(text) == told
    assert read(b"".join(written([(text,)], SHIFT_JIS)), SHIFT_JIS) == [[told]]
    assert read(b"".join(written([(text,)], UTF_8)), UTF_8) == [[text]]


def test_rows_are_sent_while_they_are_read():
    read_so_far = []

    def rows():
        for number in range(sheets.ROWS_AT_A_TIME * 3):
            read_so_far.append(number)
            yield (number,)

    chunks = written(rows())
    next(chunks)
    assert len(read_so_far) == sheets.ROWS_AT_A_TIME
    assert sum(chunk.count(b"\n") for chunk in chunks) == sheets.ROWS_AT_A_TIME * 2


def test_an_asynchronous_server_sends_it_piece_by_piece(monkeypatch):
    """It would gather the whole file first, were it given a plain iterator."""
    monkeypatch.setattr(sheets, "ROWS_AT_A_TIME", 2)

    async def ask() -> list[bytes]:
        rows = ((number,) for number in range(7))
        response = sheets.download(AsyncRequestFactory().get("/"), "a.csv", rows, UTF_8)
        assert response.is_async
        return [chunk async for chunk in response]

    chunks = asyncio.run(ask())
    assert len(chunks) == 4
    assert read(b"".join(chunks), UTF_8) == [[str(number)] for number in range(7)]
    assert not sheets.download(RequestFactory().get("/"), "a.csv", [], UTF_8).is_async
