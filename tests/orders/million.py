"""A great many finished runs, written by the database itself: what years of business leave behind."""

import uuid

from django.db import connection
from django.utils import timezone

from accounts.models import User
from orders.models import Order, PipelineRun, StageRun
from orders.pipeline.purchase import PURCHASE

STAGES = tuple(stage.name for stage in PURCHASE.stages)[:3]  # of each run, so that a million fit on a small disk


def fill(runs: int) -> None:
    """Write `runs` finished runs of one order each, all their stages succeeded, and have the tables analysed."""
    buyer, _ = User.objects.get_or_create(email="a-million@example.com")
    pattern = Order.objects.create(checkout_key=uuid.uuid4(), user=buyer, email=buyer.email, subtotal=1, total=1)
    numbers = _numbers(runs)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE numbered AS {numbers}")
        _copy(cursor, Order, {"id": "1000000 + n", "number": _text("'M' ||"), "checkout_key": _uuid("0")}, pattern.pk)
        run = PipelineRun.objects.create(
            pipeline="purchase", version=PURCHASE.version, order=pattern, state="succeeded", finished_at=timezone.now()
        )
        _copy(cursor, PipelineRun, {"id": _uuid("1"), "order_id": "1000000 + n"}, run.pk)
        for seq, name in enumerate(STAGES, 1):
            stage = StageRun.objects.create(
                run=run, seq=seq, name=name, kind=StageRun.Kind.EXTERNAL, state="succeeded", finished_at=run.finished_at
            )
            _copy(cursor, StageRun, {"id": f"{seq * 10_000_000} + n", "run_id": _uuid("1")}, stage.pk)
        cursor.execute("DROP TABLE numbered")
        cursor.execute("ANALYZE")


def _copy(cursor, model, other: dict[str, str], pattern: object) -> None:
    """One row for each number, like the pattern but for the columns in `other`."""
    columns = [field.column for field in model._meta.concrete_fields]
    values = ", ".join(other.get(column, f"p.{column}") for column in columns)
    table = model._meta.db_table
    key = pattern if connection.vendor == "postgresql" or not isinstance(pattern, uuid.UUID) else pattern.hex
    cursor.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM numbered, {table} AS p WHERE p.id = %s", [key]
    )


def _numbers(count: int) -> str:
    if connection.vendor == "postgresql":
        return f"SELECT n FROM generate_series(1, {count}) AS n"
    return f"WITH RECURSIVE up(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up WHERE n < {count}) SELECT n FROM up"


def _text(prefix: str) -> str:
    return f"{prefix} n"


def _uuid(kind: str) -> str:
    """A UUID made of the number; `kind` keeps those of two tables apart."""
    if connection.vendor == "postgresql":
        return f"lpad('{kind}' || lpad(to_hex(n), 12, '0'), 32, 'a')::uuid"
    return f"printf('aaaaaaaaaaaaaaaaaaa{kind}%012x', n)"
