"""The statements of the hot path, written out: what every stage of every run costs the database.

A run of seven stages is about forty statements; put together by the ORM they take several times as long in Python as
they do in PostgreSQL (`make bench`). So these few are text, made once per table layout from the models' own names, the
same on SQLite and PostgreSQL but for `FOR UPDATE SKIP LOCKED`. Everything else of the engine uses the ORM.
"""

import functools
import json
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.db.models.expressions import Col

from config.lib import leases
from orders.models import PipelineRun, StageAttempt, StageRun

RUN, STAGE, ATTEMPT = (model._meta.db_table for model in (PipelineRun, StageRun, StageAttempt))
FIELDS = [field.attname for field in StageRun._meta.concrete_fields]
State = StageRun.State
Outcome = StageAttempt.Outcome


def claim(
    run_id: uuid.UUID,
    *,
    now: datetime,
    until: datetime,
    only: str | None = None,
    names: Sequence[str] = (),
    held: Sequence[str] = (),
) -> StageRun | None:
    """Take the first ready stage of the run that nobody else takes, until `until`; one statement, so one winner.

    `only` or `names` keep to stages of these names, `held` leaves out others.
    """
    wanted = (only,) if only else tuple(names)
    owner = leases.this_process()
    given = [owner, _moment(until), _moment(now), _moment(now), key_of(run_id), _moment(now), *wanted, *held]
    with connection.cursor() as cursor:
        cursor.execute(_claim_sql(connection.vendor, len(wanted), len(held)), given)
        found = cursor.fetchone()
    return _stage(found) if found else None


def _stage(values: Sequence[Any]) -> StageRun:
    """The instance of a row that came back from the database, each value converted as the ORM does."""
    converted = []
    for value, (expression, converters) in zip(values, _columns(connection.vendor), strict=True):
        for convert in converters:
            value = convert(value, expression, connection)
        converted.append(value)
    return StageRun.from_db(connection.alias, FIELDS, converted)


@functools.cache
def _columns(vendor: str) -> list[tuple[Col, list[Callable[..., Any]]]]:
    """For each column of a stage what turns a value of this database into one of Python's."""
    expressions = [field.get_col(STAGE) for field in StageRun._meta.concrete_fields]
    return [
        (expression, connection.ops.get_db_converters(expression) + expression.get_db_converters(connection))
        for expression in expressions
    ]


def succeed(stage: StageRun, output: dict[str, Any], *, started_at: datetime, now: datetime) -> bool:
    """Write success under the fence, and the row of the attempt; False where another process took the stage over.

    PostgreSQL does both in one statement.
    """
    text = json.dumps(output, ensure_ascii=False, cls=DjangoJSONEncoder)
    done = [text, _moment(now), stage.pk, stage.fence]
    tried = [stage.attempts, stage.fence, stage.lease_owner, Outcome.SUCCEEDED, _moment(started_at), _moment(now)]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            both = f"WITH done AS ({_succeed_sql('%s::jsonb')} RETURNING id) {_attempt_sql('id', 'FROM done')}"
            cursor.execute(both, [*done, *tried])
            return bool(cursor.rowcount)
        cursor.execute(_succeed_sql("%s"), done)
        if not cursor.rowcount:
            return False
        cursor.execute(_attempt_sql("%s"), [stage.pk, *tried])
        return True


def free(run_id: uuid.UUID, rows: Sequence[tuple[str, str]], now: datetime) -> int:
    """One stage less to wait for, for those of the rows (name and item) that are blocked.

    Returns how many are ready now, since nothing is left for them to wait for.
    """
    if not rows:
        return 0
    given = [_moment(now), key_of(run_id), *(value for row in rows for value in row)]
    with connection.cursor() as cursor:
        cursor.execute(_free_sql(len(rows)), given)
        return sum(state == State.READY for (state,) in cursor.fetchall())


def is_unfinished(run_id: uuid.UUID) -> bool:
    """Whether any stage of the run is left to be done."""
    with connection.cursor() as cursor:
        cursor.execute(_unfinished_sql(), [key_of(run_id), *StageRun.UNFINISHED])
        return cursor.fetchone() is not None


@functools.cache
def _claim_sql(vendor: str, wanted: int, held: int) -> str:
    columns = ", ".join(field.column for field in StageRun._meta.concrete_fields)
    only = f"AND name IN ({_marks(wanted)})" if wanted else ""
    without = f"AND name NOT IN ({_marks(held)})" if held else ""
    skip_locked = "FOR UPDATE SKIP LOCKED" if vendor == "postgresql" else ""
    return f"""
        UPDATE {STAGE} SET state = '{State.RUNNING}', fence = fence + 1, attempts = attempts + 1, is_woken = false,
            overdue_since = NULL,
            lease_owner = %s, lease_until = %s, started_at = COALESCE(started_at, %s),
            tried_since = COALESCE(tried_since, %s)
        WHERE state = '{State.READY}' AND id = (
            SELECT id FROM {STAGE} WHERE run_id = %s AND state = '{State.READY}' AND available_at <= %s {only} {without}
            ORDER BY seq, id LIMIT 1 {skip_locked})
        RETURNING {columns}"""  # noqa: S608 (names of tables and columns alone)


@functools.cache
def _succeed_sql(output: str) -> str:
    return f"""
        UPDATE {STAGE} SET state = '{State.SUCCEEDED}', output = {output}, error = '', error_kind = '',
            error_class = '', lease_owner = '', lease_until = NULL, finished_at = %s
        WHERE id = %s AND fence = %s AND state = '{State.RUNNING}'"""  # noqa: S608


@functools.cache
def _attempt_sql(stage: str, source: str = "") -> str:
    return f"""
        INSERT INTO {ATTEMPT} (stage_id, number, fence, worker, outcome, error, traceback, started_at, finished_at)
        SELECT {stage}, %s, %s, %s, %s, '', '', %s, %s {source}"""


@functools.cache
def _free_sql(rows: int) -> str:
    wanted = " OR ".join(["(name = %s AND item = %s)"] * rows)
    return f"""
        UPDATE {STAGE} SET blocked_by = blocked_by - 1,
            state = CASE WHEN blocked_by = 1 THEN '{State.READY}' ELSE state END,
            available_at = CASE WHEN blocked_by = 1 THEN %s ELSE available_at END
        WHERE run_id = %s AND state = '{State.BLOCKED}' AND ({wanted})
        RETURNING state"""  # noqa: S608


@functools.cache
def _unfinished_sql() -> str:
    states = _marks(len(StageRun.UNFINISHED))
    return f"SELECT 1 FROM {STAGE} WHERE run_id = %s AND state IN ({states}) LIMIT 1"  # noqa: S608


def _marks(number: int) -> str:
    return ", ".join(["%s"] * number)


def _moment(value: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(value)


def key_of(value: uuid.UUID) -> Any:
    """A run's primary key as this database stores it."""
    return value if connection.features.has_native_uuid_field else value.hex
