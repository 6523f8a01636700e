"""The theme's colours are in `static/staff/colours.css`, not in the page: our policy allows no style in a page."""

from typing import Any

from django.http import HttpRequest


def none_in_the_page(request: HttpRequest) -> dict[str, Any]:
    """No colours for the theme to write into each page."""
    return {}
