"""The statements of the hot path, written out: what every stage of every run costs the database.

A run of seven stages is about forty statements; put together by the ORM they take several times as long in Python as
they do in PostgreSQL (`make bench`). So these few are text, made once per table layout from the models' own names, the
same on SQLite and PostgreSQL but for `FOR UPDATE SKIP LOCKED`. Everything else of the engine uses the ORM.
"""

import functools
import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.db.models.expressions import Col

from config.lib import leases
from orders.models import PipelineRun, StageAttempt, StageRun

RUN, STAGE, ATTEMPT = (model._meta.db_table for model in (PipelineRun, StageRun, StageAttempt))
FIELDS = [field.attname for field in StageRun._meta.concrete_fields]
COLUMNS = [field.column for field in StageRun._meta.concrete_fields]
Row = tuple[str, str]  # name and item
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


@dataclass(frozen=True)
class Ended:
    """What came of ending a stage: how many of those after it were met, how many are ready now, and the one claimed."""

    met: int = 0
    freed: int = 0
    claimed: StageRun | None = None


def end(
    stage: StageRun,
    output: dict[str, Any],
    following: Sequence[Row],
    *,
    started_at: datetime,
    now: datetime,
    claim_until: datetime | None = None,
) -> Ended | None:
    """Write success under the fence, the attempt, and one less to wait for in the rows `following` (name and item).

    None where another process has taken the stage over. With `claim_until` a lone follower that has nothing left to
    wait for is claimed in the same breath. PostgreSQL does all of it in one statement.
    """
    is_claimed = claim_until is not None and len(following) == 1
    done = [json.dumps(output, ensure_ascii=False, cls=DjangoJSONEncoder), _moment(now), stage.pk, stage.fence]
    tried = [stage.attempts, stage.fence, stage.lease_owner, Outcome.SUCCEEDED, _moment(started_at), _moment(now)]
    freed = [_moment(now)]
    if is_claimed and claim_until:
        freed += [leases.this_process(), _moment(claim_until), _moment(now), _moment(now)]
    freed += [key_of(stage.run_id), *(value for row in following for value in row)]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_end_sql(len(following), is_claimed), [*done, *tried, *(freed if following else ())])
            rows = cursor.fetchall()
            if not rows[0][0]:
                return None
            return _ended([row[1:] for row in rows if len(row) > 1 and row[1] is not None], is_claimed)
        cursor.execute(_succeed_sql("%s"), done)
        if not cursor.rowcount:
            return None
        cursor.execute(_attempt_sql("%s"), [stage.pk, *tried])
        if not following:
            return Ended()
        cursor.execute(_free_sql(len(following), is_claimed), freed)
        return _ended(cursor.fetchall(), is_claimed)


def _ended(rows: Sequence[Sequence[Any]], is_claimed: bool) -> Ended:
    if not is_claimed:
        return Ended(len(rows), sum(state == State.READY for (state,) in rows))
    stages = [_stage(row) for row in rows]
    claimed = next((one for one in stages if one.state == State.RUNNING), None)
    return Ended(len(stages), int(claimed is not None), claimed)


def free(run_id: uuid.UUID, rows: Sequence[Row], now: datetime) -> int:
    """One stage less to wait for, for those of the rows that are blocked; returns how many are ready now."""
    given = [_moment(now), key_of(run_id), *(value for row in rows for value in row)]
    with connection.cursor() as cursor:
        cursor.execute(_free_sql(len(rows), False), given)
        return sum(state == State.READY for (state,) in cursor.fetchall())


def is_unfinished(run_id: uuid.UUID) -> bool:
    """Whether any stage of the run is left to be done."""
    with connection.cursor() as cursor:
        cursor.execute(_unfinished_sql(), [key_of(run_id), *StageRun.UNFINISHED])
        return cursor.fetchone() is not None


@functools.cache
def _claim_sql(vendor: str, wanted: int, held: int) -> str:
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
        RETURNING {", ".join(COLUMNS)}"""  # noqa: S608 (names of tables and columns alone)


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
def _free_sql(rows: int, is_claimed: bool, also: str = "") -> str:
    """A blocked row that has nothing left to wait for is ready, or at once running where it `is_claimed`."""
    last = "CASE WHEN blocked_by = 1 THEN"
    claim = f"""fence = {last} fence + 1 ELSE fence END, attempts = {last} attempts + 1 ELSE attempts END,
            lease_owner = {last} %s ELSE lease_owner END, lease_until = {last} %s ELSE lease_until END,
            started_at = {last} %s ELSE started_at END, tried_since = {last} %s ELSE tried_since END,"""
    return f"""
        UPDATE {STAGE} SET available_at = {last} %s ELSE available_at END, {claim if is_claimed else ""}
            state = {last} '{State.RUNNING if is_claimed else State.READY}' ELSE state END, blocked_by = blocked_by - 1
        WHERE run_id = %s AND state = '{State.BLOCKED}' AND (name, item) IN ({", ".join(["(%s, %s)"] * rows)}) {also}
        RETURNING {", ".join(COLUMNS) if is_claimed else "state"}"""  # noqa: S608


@functools.cache
def _end_sql(following: int, is_claimed: bool) -> str:
    """All of it for PostgreSQL: the first column says whether the fence held, the others are the rows that were met."""
    done = f"WITH done AS ({_succeed_sql('%s::jsonb')} RETURNING id), tried AS ({_attempt_sql('id', 'FROM done')})"
    if not following:
        return f"{done} SELECT count(*) FROM done"  # noqa: S608
    free = _free_sql(following, is_claimed, "AND EXISTS (SELECT 1 FROM done)")
    return f"""{done}, freed AS ({free})
        SELECT (SELECT count(*) FROM done), freed.* FROM (SELECT 1) AS always LEFT JOIN freed ON true"""  # noqa: S608


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
