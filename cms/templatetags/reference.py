"""What the documentation of the API needs beyond the site's own tags."""

import re

from django import template
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

_TICKED = re.compile(r"`([^`]+)`")


@register.filter
def inline_code(text: str) -> SafeString:
    """The text with what stands between backticks as code, as it is written in the descriptions of the API."""
    return mark_safe(_TICKED.sub(r"<code>\1</code>", conditional_escape(text)))  # noqa: S308 - escaped before
