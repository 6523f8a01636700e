"""Chance that falls the same way every time, so that a drawing is the same on every machine."""

from random import Random


def dice(seed: int) -> Random:
    """A source of chance for drawing; its seed fixes all it will ever throw."""
    return Random(seed)  # noqa: S311 - it places snowflakes and guards nothing.
