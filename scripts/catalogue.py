"""Message catalogues: read and write GNU `.po` files, and write the `.mo` files that gettext loads.

Written from the file formats of the gettext manual, since neither gettext's programs nor a package of ours may be
needed to start the service.
"""

from __future__ import annotations

import ast
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

MO_MAGIC = 0x950412DE
CONTEXT_SEPARATOR = "\x04"
PLURAL_SEPARATOR = "\0"

Key = tuple[str, str]  # context and message id


class BadCatalogue(Exception):
    """A line of a `.po` file cannot be read; the message names file and line."""


@dataclass
class Message:
    """One text: its context, its id (with a plural where it has one), its translations, and where it is used."""

    msgid: str
    plural: str = ""
    context: str = ""
    translations: dict[int, str] = field(default_factory=dict)
    flags: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)

    @property
    def key(self) -> Key:
        return self.context, self.msgid

    @property
    def is_fuzzy(self) -> bool:
        return "fuzzy" in self.flags

    @property
    def is_translated(self) -> bool:
        return bool(self.translations) and all(self.translations.values())


def read(path: Path) -> list[Message]:
    """The messages of a `.po` file, its header (the empty id) among them; obsolete ones are left out."""
    return [message for block in _blocks(path) if (message := _message(path, block))]


def write(path: Path, messages: Iterable[Message]) -> None:
    """A `.po` file: the header first, then all by id, so that two people's additions seldom meet."""
    ordered = sorted(messages, key=lambda message: (message.msgid != "", message.msgid, message.context))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join("\n".join(_lines(message)) + "\n" for message in ordered), encoding="utf-8")


def compile_to(path: Path, messages: Iterable[Message]) -> None:
    """A `.mo` file of all translated messages that are not fuzzy."""
    pairs = sorted(_pair(message) for message in messages if message.is_translated and not message.is_fuzzy)
    table, offset = b"", 28 + 16 * len(pairs)
    for column in (0, 1):
        for pair in pairs:
            table += struct.pack("<II", len(pair[column]), offset)
            offset += len(pair[column]) + 1
    texts = b"".join(pair[column] + b"\0" for column in (0, 1) for pair in pairs)
    header = struct.pack("<7I", MO_MAGIC, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, 28 + 16 * len(pairs))
    path.write_bytes(header + table + texts)


def _pair(message: Message) -> tuple[bytes, bytes]:
    key = message.context + CONTEXT_SEPARATOR + message.msgid if message.context else message.msgid
    if message.plural:
        key += PLURAL_SEPARATOR + message.plural
    texts = [message.translations[number] for number in sorted(message.translations)]
    return key.encode(), PLURAL_SEPARATOR.join(texts).encode()


Block = list[tuple[int, str]]


def _blocks(path: Path) -> Iterator[Block]:
    """The file's entries, each as its numbered lines: an entry ends at an empty line or where the next one begins."""
    block: Block = []
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = raw.strip()
        translated = any(known.startswith("msgstr") for _, known in block)
        if block and (not line or (translated and line.startswith(("msgid ", "msgctxt ", "#")))):
            yield block
            block = []
        if line:
            block.append((number, line))
    if block:
        yield block


def _message(path: Path, block: Block) -> Message | None:
    message = Message("")
    texts: dict[str, str] = {}
    keyword = ""
    for number, line in block:
        if line.startswith("#"):
            _comment(message, line)
            continue
        if not line.startswith('"'):
            keyword, _, line = line.partition(" ")
        texts[keyword] = texts.get(keyword, "") + _unquoted(path, number, keyword, line.strip())
    if "msgid" not in texts:
        return None
    message.msgid, message.plural = texts["msgid"], texts.get("msgid_plural", "")
    message.context = texts.get("msgctxt", "")
    strings = {name: text for name, text in texts.items() if name.startswith("msgstr")}
    message.translations = {int(name[7:-1] or 0): text for name, text in strings.items()}
    return message


def _comment(message: Message, line: str) -> None:
    if line.startswith("#,"):
        message.flags += [flag.strip() for flag in line[2:].split(",")]
    elif line.startswith("#:"):
        message.places += line[2:].split()


def _unquoted(path: Path, number: int, keyword: str, text: str) -> str:
    known = keyword in ("msgid", "msgid_plural", "msgctxt", "msgstr") or keyword.startswith("msgstr[")
    try:
        value = ast.literal_eval(text) if known and text[:1] == '"' else None
    except (SyntaxError, ValueError):
        value = None
    if not isinstance(value, str):
        raise BadCatalogue(f"{path}, line {number}: this is neither a comment nor a keyword with a text in quotes")
    return value


def _lines(message: Message) -> Iterator[str]:
    if message.places:
        yield f"#: {' '.join(sorted(set(message.places)))}"
    if message.flags:
        yield f"#, {', '.join(message.flags)}"
    if message.context:
        yield f"msgctxt {_quoted(message.context)}"
    yield f"msgid {_quoted(message.msgid)}"
    if message.plural:
        yield f"msgid_plural {_quoted(message.plural)}"
    for number, text in sorted((message.translations or {0: ""}).items()):
        yield f"msgstr{f'[{number}]' if message.plural else ''} {_quoted(text)}"


def _quoted(text: str) -> str:
    """The text in quotes; a text of several lines begins on a line of its own, one line each."""
    parts = [_escaped(line) for line in text.splitlines(keepends=True)] or [""]
    return f'"{parts[0]}"' if len(parts) == 1 else '""\n' + "\n".join(f'"{part}"' for part in parts)


def _escaped(text: str) -> str:
    for character, written in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\t", "\\t"), ("\r", "\\r")):
        text = text.replace(character, written)
    return text
