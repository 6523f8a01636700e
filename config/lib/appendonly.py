"""Rows that are written once: ledgers, events and documents that explain themselves later."""

from typing import Any

from django.db import models


class Unchangeable(Exception):
    """A row of a ledger was about to be changed or deleted; write a new one that corrects it."""


class AppendOnlyQuerySet(models.QuerySet[Any]):
    def update(self, **fields: Any) -> int:
        raise Unchangeable(f"{self.model._meta.label} is append-only")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise Unchangeable(f"{self.model._meta.label} is append-only")

    def take_out(self) -> int:
        """Delete rows of which a whole copy was just written elsewhere; returns how many. For archives alone."""
        return super().delete()[0]

    def point_elsewhere(self, **relations: Any) -> int:
        """Change what the rows hang on, when that goes into an archive; what they tell stays. Returns how many."""
        return super().update(**relations)


class AppendOnly(models.Model):
    """A model whose rows can be added and read, nothing else."""

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise Unchangeable(f"{self._meta.label} {self.pk} is append-only")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise Unchangeable(f"{self._meta.label} {self.pk} is append-only")
