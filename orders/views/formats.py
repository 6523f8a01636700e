"""Who reads an answer: a script of the page, or a person's browser."""

from django.http import HttpRequest


def wants_json(request: HttpRequest) -> bool:
    """Whether a script asks, which reads JSON, and not a plain form post."""
    return "application/json" in request.headers.get("Accept", "")
