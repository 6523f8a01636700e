"""Row locks through one helper: sorted by primary key, evaluated at once, and bounded in time.

A `select_for_update()` that nobody evaluates locks nothing; two callers that lock in different orders wait for each
other. Both have cost other shops money, so no module but this one calls it.
"""

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection, models, transaction

Row = TypeVar("Row", bound=models.Model)
Given = ParamSpec("Given")
Answer = TypeVar("Answer")

LOCK_TIMEOUT_MS = 3000
ATTEMPTS = 3
CONTENTION = {"55P03", "40P01"}  # PostgreSQL: a lock was not to be had in time, or two waited for each other


def lock(rows: "models.QuerySet[Row]") -> list[Row]:
    """Lock all of `rows` until the end of the transaction and return them, in primary-key order.

    Raises `django.db.OperationalError` when a lock is not to be had within three seconds. On SQLite the transaction
    itself is the lock (IMMEDIATE), so the rows are only read.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("lock() needs a transaction around it")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}")
        rows = rows.select_for_update(of=("self",))
    return list(rows.order_by("pk"))


def lock_one(rows: "models.QuerySet[Row]", **key: object) -> Row:
    """Lock the single row with `key`; raises the model's `DoesNotExist` where there is none."""
    found = lock(rows.filter(**key))
    if not found:
        raise rows.model.DoesNotExist(  # type: ignore[attr-defined]
            f"{rows.model._meta.verbose_name} {key} does not exist"
        )
    return found[0]


def again_when_locked(act: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """Repeat a whole transaction that had to give up a lock, three times in all; within another one, not at all."""

    @functools.wraps(act)
    def repeated(*args: Given.args, **kwargs: Given.kwargs) -> Answer:
        for _ in range(ATTEMPTS - 1):
            try:
                return act(*args, **kwargs)
            except OperationalError as error:
                is_contention = getattr(error.__cause__, "sqlstate", "") in CONTENTION
                if not is_contention or connection.in_atomic_block:
                    raise
        return act(*args, **kwargs)

    return repeated
