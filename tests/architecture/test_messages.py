"""Every text of the site has its Japanese."""

import gettext

from scripts import catalogue, messages


def test_every_text_has_its_japanese():
    assert not messages.complaints()


def test_the_catalogue_is_the_one_that_the_extractor_writes():
    """No text that is gone, none twice: `make messages` would change nothing."""
    assert sorted(messages.known()) == sorted(messages.used())


def test_the_compiled_catalogue_is_loaded_by_gettext(tmp_path):
    plain = (message for message in messages.known().values() if not (message.context or message.plural))
    kept = [message for message in plain if message.is_translated]
    catalogue.compile_to(tmp_path / "django.mo", catalogue.read(messages.JAPANESE))
    with (tmp_path / "django.mo").open("rb") as file:
        loaded = gettext.GNUTranslations(file)
    assert len(kept) > 100
    assert not [message.msgid for message in kept if loaded.gettext(message.msgid) != message.translations[0]]
