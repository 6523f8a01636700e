"""The station's own pages are written in Markdown; HTML in them is shown as text, never run."""

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

_MARKDOWN = MarkdownIt("commonmark", {"html": False, "typographer": False}).enable("table")


def to_html(text: str) -> SafeString:
    """`text` as HTML. Links to scripts are refused by the library, raw HTML is escaped."""
    return mark_safe(_MARKDOWN.render(text))  # noqa: S308 - rendered with html switched off
