"""Catalogues without gettext's programs: what is written can be read again, by us and by Python's gettext."""

import gettext

import pytest

from scripts import catalogue, messages
from scripts.catalogue import Message

MESSAGES = [
    messages.HEADER,
    Message('He said "go"\nand went\t\\n', translations={0: "「行け」\nと言った\t\\n"}, places=["a.py"]),
    Message("%(count)s item", plural="%(count)s items", translations={0: "%(count)s点"}),
    Message("May", context="month", translations={0: "5月"}),
    Message("May", translations={0: "してもよい"}),
    Message("Not yet"),
    Message("Guessed", translations={0: "推測"}, flags=["fuzzy"]),
]


@pytest.fixture
def po(tmp_path):
    path = tmp_path / "ja" / "django.po"
    catalogue.write(path, MESSAGES)
    return path


def test_what_is_written_is_read_again(po):
    read = {message.key: message for message in catalogue.read(po)}
    assert read.keys() == {message.key for message in MESSAGES}
    for message in MESSAGES:
        found = read[message.key]
        assert (found.plural, found.flags, found.places) == (message.plural, message.flags, message.places)
        assert found.translations == (message.translations or {0: ""})


def test_writing_twice_changes_nothing(po):
    before = po.read_bytes()
    catalogue.write(po, catalogue.read(po))
    assert po.read_bytes() == before


def test_gettext_reads_the_compiled_catalogue(po):
    catalogue.compile_to(po.with_suffix(".mo"), catalogue.read(po))
    with po.with_suffix(".mo").open("rb") as file:
        loaded = gettext.GNUTranslations(file)
    assert loaded.gettext('He said "go"\nand went\t\\n') == "「行け」\nと言った\t\\n"
    assert loaded.ngettext("%(count)s item", "%(count)s items", 3) == "%(count)s点"
    assert (loaded.pgettext("month", "May"), loaded.gettext("May")) == ("5月", "してもよい")


def test_a_guess_and_a_gap_are_not_compiled(po):
    catalogue.compile_to(po.with_suffix(".mo"), catalogue.read(po))
    with po.with_suffix(".mo").open("rb") as file:
        loaded = gettext.GNUTranslations(file)
    assert loaded.gettext("Guessed") == "Guessed"
    assert loaded.gettext("Not yet") == "Not yet"


def test_a_line_that_is_no_catalogue_is_named(tmp_path):
    path = tmp_path / "django.po"
    path.write_text('msgid "Cart"\nmsgstr カート\n')
    with pytest.raises(catalogue.BadCatalogue, match="line 2"):
        catalogue.read(path)


def test_texts_of_a_template_are_found(tmp_path):
    template = tmp_path / "page.html"
    template.write_text(
        '{% load i18n %}<a title="x">{% translate "Cart" %}</a>{% translate "May" context "month" %}'
        "{% blocktranslate count n=items %}{{ n }} item{% plural %}{{ n }} items{% endblocktranslate %}"
        '\n  {% blocktranslate trimmed %}\n  Say\n  "hello"\n  {% endblocktranslate %}{{ x|default:_("none") }}'
    )
    found = {(message.context, message.msgid, message.plural) for message in messages.texts_in(template)}
    assert found == {
        ("", "Cart", ""),
        ("month", "May", ""),
        ("", "%(n)s item", "%(n)s items"),
        ("", 'Say "hello"', ""),
        ("", "none", ""),
    }


def test_texts_of_code_are_found(tmp_path):
    code = tmp_path / "views.py"
    code.write_text('title = _("Cart")\nngettext("one", "many", n)\npgettext_lazy("month", "May")\nother("no")\n')
    found = {(message.context, message.msgid, message.plural) for message in messages.texts_in(code)}
    assert found == {("", "Cart", ""), ("", "one", "many"), ("month", "May", "")}


@pytest.fixture
def in_a_small_house(tmp_path, monkeypatch):
    """A repository of one file, with no catalogue yet."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "views.py").write_text('_("Cart %(count)s")\n_("Price")\n')
    monkeypatch.setattr(messages, "ROOT", tmp_path)
    monkeypatch.setattr(messages, "JAPANESE", tmp_path / "locale" / "ja" / "LC_MESSAGES" / "django.po")
    return tmp_path


def test_extracting_keeps_translations_and_drops_what_is_gone(in_a_small_house, capsys):
    catalogue.write(
        messages.JAPANESE, [Message("Price", translations={0: "価格"}), Message("Gone", translations={0: "無"})]
    )
    messages.extract()
    assert {message.msgid: message.translations for message in messages.known().values()} == {
        "Cart %(count)s": {0: ""},
        "Price": {0: "価格"},
    }
    assert "2 messages, 1 of them without Japanese" in capsys.readouterr().out


def test_checking_names_gaps_and_lost_placeholders(in_a_small_house):
    catalogue.write(messages.JAPANESE, [Message("Cart %(count)s", translations={0: "カート %(n)s"})])
    lost, gap = messages.complaints()
    assert "%(count)s" in lost
    assert "'Price' has no Japanese" in gap


def test_merging_fills_gaps_and_keeps_what_is_there(in_a_small_house, capsys):
    catalogue.write(messages.JAPANESE, [Message("Price", translations={0: "価格"}), Message("Cart %(count)s")])
    theirs = in_a_small_house / "theirs.po"
    catalogue.write(
        theirs,
        [Message("Price", translations={0: "値段"}), Message("Cart %(count)s", translations={0: "カート%(count)s"})],
    )
    messages.merge([theirs])
    assert messages.complaints() == []
    assert messages.known()[("", "Price")].translations == {0: "価格"}
    assert "keeps" in capsys.readouterr().out
