"""States that move only along a declared table."""

from typing import Any

from django.db import models


class IllegalMove(Exception):
    """A row was asked to go from one state to another that its table of moves does not hold."""


class Stateful(models.Model):
    """A row with a `state` and the table `MOVES`: from each state, the states that may follow."""

    MOVES: dict[str, tuple[str, ...]] = {}
    state: Any  # the column is the subclass's, with its own choices

    class Meta:
        abstract = True

    def move_to(self, state: str, **changes: Any) -> None:
        """Go to `state` and save it with `changes`; refuses a move that the table does not hold."""
        current = self.state
        if state not in self.MOVES.get(current, ()):
            raise IllegalMove(f"{self._meta.label} {self.pk} cannot go from {current} to {state}")
        self.state = state
        for name, value in changes.items():
            setattr(self, name, value)
        self.save(update_fields=["state", *changes])
