"""How tests read pages."""

from django.http import HttpResponse


def words(response: HttpResponse) -> str:
    """The page as text on one line, so that a line break in a template tells nothing."""
    return " ".join(response.content.decode().split())
