"""The Japanese of the site: `python scripts/messages.py extract | merge FILE… | compile | check`.

The source texts are English, in code and templates; `locale/ja/LC_MESSAGES/django.po` holds the Japanese and is written
by this program alone. `extract` adds what is new and drops what is gone, `merge` takes translations from other
catalogues, `compile` writes what gettext loads (it needs nothing but Python), `check` names every text that lacks one.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts import catalogue  # noqa: E402 - the folder must be known first
from scripts.catalogue import Key, Message  # noqa: E402

LOCALE = ROOT / "locale"
JAPANESE = LOCALE / "ja" / "LC_MESSAGES" / "django.po"
SOURCES = ("accounts", "vod", "shop", "orders", "cms", "config", "templates")
KEYWORDS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"), None),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}
PLACEHOLDER = re.compile(r"%\(\w+\)[sdrf]|\{\w*\}|%[sd]")
HEADER = Message(
    "",
    translations={
        0: "Language: ja\nMIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\n"
        "Content-Transfer-Encoding: 8bit\nPlural-Forms: nplurals=1; plural=0;\n"
    },
)


def extract() -> int:
    """Bring the catalogue up to date with the sources; translations stay with their texts."""
    kept = known()
    messages = used()
    for key, message in messages.items():
        if key in kept:
            message.translations, message.flags = kept[key].translations, kept[key].flags
    catalogue.write(JAPANESE, [HEADER, *messages.values()])
    missing = sum(not message.is_translated for message in messages.values())
    print(f"{len(messages)} messages, {missing} of them without Japanese")
    return 0


def merge(files: list[Path]) -> int:
    """Take the translations of other catalogues; a text that was translated before keeps what it has, and is named."""
    messages = known() | {HEADER.key: HEADER}
    for file in files:
        for message in catalogue.read(file):
            before = messages.get(message.key)
            if before is None or not before.is_translated:
                messages[message.key] = message if before is None else _translated(before, message)
            elif message.msgid and message.is_translated and message.translations != before.translations:
                print(f"{file}: {message.msgid!r} keeps {before.translations}, not {message.translations}")
    catalogue.write(JAPANESE, messages.values())
    return 0


def compile_all() -> int:
    for source in LOCALE.glob("*/LC_MESSAGES/*.po"):
        catalogue.compile_to(source.with_suffix(".mo"), catalogue.read(source))
    return 0


def check() -> int:
    """Name every text without Japanese, every fuzzy one, and every translation that lost a placeholder."""
    found = complaints()
    for line in found:
        print(line)
    return 1 if found else 0


def complaints() -> list[str]:
    """What stands between the catalogue and a page that is wholly Japanese, one sentence each."""
    translated = known()
    lines = []
    for key, message in sorted(used().items()):
        place = f"{message.places[0]}: {message.msgid!r}"
        kept = translated.get(key)
        if kept is None or not kept.is_translated:
            lines.append(f"{place} has no Japanese")
        elif kept.is_fuzzy:
            lines.append(f"{place} is marked fuzzy")
        elif lost := _lost_placeholders(message, kept):
            lines.append(f"{place}: the Japanese lacks or invents {', '.join(sorted(lost))}")
    return lines


def known() -> dict[Key, Message]:
    """The catalogue's messages without its header."""
    messages = catalogue.read(JAPANESE) if JAPANESE.exists() else []
    return {message.key: message for message in messages if message.msgid}


def used() -> dict[Key, Message]:
    """Every text that the sources ask a translation for, with the files that do."""
    messages: dict[Key, Message] = {}
    for path in sources():
        for found in texts_in(path):
            message = messages.setdefault(found.key, found)
            message.plural = message.plural or found.plural
            message.places.append(str(path.relative_to(ROOT)))
    return messages


def sources() -> Iterator[Path]:
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*")):
            is_source = path.suffix == ".py" or (path.suffix in (".html", ".txt") and "templates" in path.parts)
            if path.is_file() and is_source and "sandboxes" not in path.parts:
                yield path


def texts_in(path: Path) -> Iterator[Message]:
    from babel.messages.extract import extract as babel_extract

    source = path.read_text(encoding="utf-8")
    code = source if path.suffix == ".py" else _as_python(source, path)
    for _line, text, _comments, context in babel_extract("python", io.BytesIO(code.encode()), KEYWORDS):
        forms = (text,) if isinstance(text, str) else tuple(text)
        if forms[0]:
            yield Message(forms[0], plural=forms[1] if len(forms) > 1 else "", context=context or "")


def _as_python(source: str, path: Path) -> str:
    """Django's own reading of a template's texts, without the rest, which is no Python."""
    from django.conf import settings
    from django.utils.translation.template import templatize

    if not settings.configured:
        settings.configure()
    calls = re.compile(r"\b(?:_|(?:n|p|np)?gettext)\(.*")
    lines = (calls.search(line) for line in templatize(source, origin=str(path)).splitlines())
    return "\n".join(found.group() if found else "" for found in lines)


def _translated(message: Message, by: Message) -> Message:
    message.translations, message.flags = by.translations, by.flags
    return message


def _lost_placeholders(message: Message, kept: Message) -> set[str]:
    wanted = set(PLACEHOLDER.findall(message.plural or message.msgid))
    return {name for text in kept.translations.values() for name in wanted ^ set(PLACEHOLDER.findall(text))}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    for name, does in (("extract", "bring the catalogue up to date"), ("compile", "write what gettext loads"),
                       ("check", "name every text without Japanese")):  # fmt: skip
        commands.add_parser(name, help=does)
    commands.add_parser("merge", help="take translations").add_argument("files", nargs="+", type=Path)
    chosen = parser.parse_args()
    if chosen.command == "merge":
        return merge(chosen.files)
    return {"extract": extract, "compile": compile_all, "check": check}[chosen.command]()


if __name__ == "__main__":
    sys.exit(main())
