"""A mail's HTML made fit for a page with a strict policy: its styles keep working, its scripts do not."""

import base64
import hashlib
from collections.abc import Mapping
from email.message import EmailMessage
from html import escape
from html.parser import HTMLParser

DROPPED = frozenset({"script", "base", "meta", "iframe", "object", "embed"})
SANDBOX = "allow-popups allow-popups-to-escape-sandbox"  # links open in a tab of their own
MARK = "data-inline-style"


class _Rewriter(HTMLParser):
    """Moves every `style` attribute into a rule of one style sheet, whose hash the policy can name."""

    def __init__(self, pictures: Mapping[str, str]) -> None:
        super().__init__(convert_charrefs=False)
        self.parts: list[str] = []
        self.rules: list[str] = []
        self.sheets: list[str] = []
        self._pictures = pictures
        self._dropping: str | None = None
        self._sheet: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._dropping:
            return
        if tag in DROPPED:
            self._dropping = tag if tag in ("script", "iframe", "object") else None
        elif tag == "style":
            self._sheet = []
        else:
            self.parts.append(f"<{tag}{''.join(self._attribute(name, value or '') for name, value in attrs)}>")

    def _attribute(self, name: str, value: str) -> str:
        if name == "style":
            self.rules.append(value)
            return f' {MARK}="{len(self.rules)}"'
        if name == "src" and value.lower().startswith("cid:"):
            value = self._pictures.get(value[4:], value)
        return f' {name}="{escape(value)}"'

    def handle_endtag(self, tag: str) -> None:
        if tag == "style" and self._sheet is not None:
            self.sheets.append("".join(self._sheet))
            self._sheet = None
        elif tag == self._dropping:
            self._dropping = None
        elif not self._dropping and tag not in DROPPED:
            self.parts.append(f"</{tag}>")

    def _say(self, text: str) -> None:
        if self._sheet is not None:
            self._sheet.append(text)
        elif not self._dropping:
            self.parts.append(text)

    def handle_data(self, data: str) -> None:
        self._say(data)

    def handle_entityref(self, name: str) -> None:
        self._say(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._say(f"&#{name};")


def letter(html: str, pictures: Mapping[str, str]) -> tuple[str, str]:
    """A page that shows the mail, and the policy to send with it; `pictures` maps content ids to data addresses."""
    rewriter = _Rewriter(pictures)
    rewriter.feed(html)
    rewriter.close()
    sheet = "\n".join([*rewriter.sheets, *_rules(rewriter.rules)])
    page = (
        '<!doctype html><meta charset="utf-8"><base target="_blank">'
        f'<meta name="viewport" content="width=device-width"><style>{sheet}</style>{"".join(rewriter.parts)}'
    )
    return page, policy(sheet)


def _rules(styles: list[str]) -> list[str]:
    # A closing tag inside a style would end the sheet early, a brace would start a rule of its own.
    cleaned = [style.replace("<", "").replace("{", "").replace("}", "") for style in styles]
    return [f'[{MARK}="{number}"]{{{style}}}' for number, style in enumerate(cleaned, start=1)]


def policy(sheet: str) -> str:
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    return (
        f"sandbox {SANDBOX}; default-src 'none'; style-src 'sha256-{digest}'; img-src data: http: https:; "
        "font-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    )


def inline_pictures(message: EmailMessage) -> dict[str, str]:
    """The pictures a mail brings along, by content id, as data addresses."""
    found = {}
    for part in message.walk():
        content_id = (part.get("Content-ID") or "").strip().strip("<>")
        payload = part.get_payload(decode=True)
        if content_id and part.get_content_maintype() == "image" and isinstance(payload, bytes):
            found[content_id] = f"data:{part.get_content_type()};base64,{base64.b64encode(payload).decode()}"
    return found
