"""Row locks through one helper: sorted by primary key, evaluated at once, and bounded in time.

A `select_for_update()` that nobody evaluates locks nothing; two callers that lock in different orders wait for each
other. Both have cost other shops money, so no module but this one calls it. On PostgreSQL every connection gives up
waiting for a lock after three seconds, except while it migrates.

The locks are `FOR NO KEY UPDATE`: nobody changes a primary key, and a stronger one would keep others from writing rows
that refer to the locked one. Such a reference is checked at COMMIT, which deadlocked with whoever held the row.
"""

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate, pre_migrate
from django.dispatch import receiver

Row = TypeVar("Row", bound=models.Model)
Given = ParamSpec("Given")
Answer = TypeVar("Answer")

LOCK_TIMEOUT_MS = 3000
IDLE_TIMEOUT_MS = 60_000  # a transaction in which nothing happens holds its locks no longer
ATTEMPTS = 3
CONTENTION = {"55P03", "40P01"}  # PostgreSQL: a lock was not to be had in time, or two waited for each other


def lock(rows: "models.QuerySet[Row]") -> list[Row]:
    """Lock all of `rows` until the end of the transaction and return them, in primary-key order.

    Raises `django.db.OperationalError` when a lock is not to be had within three seconds. On SQLite the transaction
    itself is the lock (IMMEDIATE), so the rows are only read.
    """
    _need_transaction()
    if connection.vendor == "postgresql":
        rows = rows.select_for_update(of=("self",), no_key=True)
    return list(rows.order_by("pk"))


def lock_one(rows: "models.QuerySet[Row]", **key: object) -> Row:
    """Lock the single row with `key`; raises the model's `DoesNotExist` where there is none."""
    found = lock(rows.filter(**key))
    if not found:
        raise rows.model.DoesNotExist(  # type: ignore[attr-defined]
            f"{rows.model._meta.verbose_name} {key} does not exist"
        )
    return found[0]


def lock_columns(model: type[models.Model], key: Any, *columns: str) -> tuple[Any, ...] | None:
    """Lock the row with primary key `key`, as it is stored, and return some of its columns; None where there is none.

    The same lock as `lock_one`, without a model instance: for the hot path.
    """
    _need_transaction()
    with connection.cursor() as cursor:
        cursor.execute(_columns_sql(model, columns, connection.vendor), [key])
        found: tuple[Any, ...] | None = cursor.fetchone()
    return found


@functools.cache
def _columns_sql(model: type[models.Model], columns: tuple[str, ...], vendor: str) -> str:
    for_update = "FOR NO KEY UPDATE" if vendor == "postgresql" else ""
    assert model._meta.pk is not None
    table, key = model._meta.db_table, model._meta.pk.column
    return f"SELECT {', '.join(columns)} FROM {table} WHERE {key} = %s {for_update}"  # noqa: S608


def is_in_transaction(connection: BaseDatabaseWrapper) -> bool:
    """Whether our code has opened a transaction; the one that a test wraps around a case is not meant."""
    return any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks)


def _need_transaction() -> None:
    if not is_in_transaction(connections[DEFAULT_DB_ALIAS]):
        raise transaction.TransactionManagementError("lock() needs a transaction around it")


@receiver(connection_created)
def _bound_every_wait(connection: BaseDatabaseWrapper, **kwargs: object) -> None:
    """No statement waits for a lock longer than this; said once for each connection, not in every transaction."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = {LOCK_TIMEOUT_MS}")
            cursor.execute(f"SET idle_in_transaction_session_timeout = {IDLE_TIMEOUT_MS}")


@receiver(pre_migrate)
def _let_migrations_wait(using: str, **kwargs: object) -> None:
    """A change of a table waits for whoever is at work on it."""
    if connections[using].vendor == "postgresql":
        with connections[using].cursor() as cursor:
            cursor.execute("SET lock_timeout = 0")


@receiver(post_migrate)
def _bound_again(using: str, **kwargs: object) -> None:
    _bound_every_wait(connection=connections[using])


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
