"""Records and their unique values: one request changes all the records that it names, or none."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from orders.sandboxes.kintone.definition import KEY_TYPES, App, BadValue, Field
from orders.sandboxes.kintone.errors import invalid, no_record, stale_revision
from orders.sandboxes.kintone.query import Query
from orders.sandboxes.ledger import Ledger, Row, stamp

MOST_RECORDS = 100
PARTS = frozenset({"id", "updateKey", "record", "revision"})


def put(
    ledger: Ledger, app: App, records: Sequence[Mapping[str, Any]], *, upsert: bool, now: datetime
) -> list[dict[str, str]]:
    """Change the records, with `upsert` make those that are missing; `{id, revision, operation}` of each, in order.

    Raises KintoneError, and then changes nothing: CB_VA01 for what is ill-formed or not unique, GAIA_RE01 for a record
    that is missing without upsert, GAIA_CO02 for a revision that is not the newest.
    """
    _refuse_ill_formed(records)
    done: list[dict[str, str]] = []
    errors: dict[str, list[str]] = {}
    with ledger.transaction():
        for index, asked in enumerate(records):
            key = _update_key(app, asked, index)
            found = _named(ledger, app, asked, key)
            if found is None and not upsert:
                raise no_record(str(asked.get("id", asked.get("updateKey", {}).get("value"))))
            content, wrong = _content(app, asked.get("record") or {}, found, key, index)
            errors |= wrong or _taken(ledger, app, content, found, index)
            if not errors:
                done.append(_write(ledger, app, asked, found, content, key, now=now))
        if errors:
            raise invalid(errors)
    return done


def _refuse_ill_formed(records: Sequence[Mapping[str, Any]]) -> None:
    errors: dict[str, list[str]] = {}
    if len(records) > MOST_RECORDS:
        errors["records"] = [f"一度に{MOST_RECORDS}件までのレコードを更新できます。"]
    for index, asked in enumerate(records):
        place = f"records[{index}]"
        if not isinstance(asked, dict) or not isinstance(asked.get("record") or {}, dict):
            errors[place] = ["オブジェクトでなければなりません。"]
        elif ("id" in asked) == ("updateKey" in asked):
            errors[place] = ["id と updateKey のどちらか一方を指定してください。"]
        elif unknown := set(asked) - PARTS:
            errors[place] = [f"不明な項目です: {', '.join(sorted(unknown))}"]
    if errors:
        raise invalid(errors)


def _update_key(app: App, asked: Mapping[str, Any], index: int) -> tuple[Field, str] | None:
    """The unique field and the value that name the record, or None where it is named by id."""
    if "updateKey" not in asked:
        return None
    place = f"records[{index}].updateKey"
    key = asked["updateKey"]
    if not isinstance(key, dict) or set(key) != {"field", "value"}:
        raise invalid({place: ["field と value を指定してください。"]})
    field = app.fields.get(str(key["field"]))
    if field is None or not field.unique or field.type not in KEY_TYPES:
        raise invalid({f"{place}.field": ["重複禁止を設定した文字列（1行）または数値フィールドを指定してください。"]})
    try:
        value = field.stored(key["value"])
    except BadValue as problem:
        raise invalid({f"{place}.value": [str(problem)]}) from problem
    if not value:
        raise invalid({f"{place}.value": ["必須です。"]})
    return field, value


def _named(ledger: Ledger, app: App, asked: Mapping[str, Any], key: tuple[Field, str] | None) -> Row | None:
    if key is None:
        return ledger.row("SELECT * FROM records WHERE app = ? AND id = ?", app.id, str(asked["id"]))
    field, value = key
    return ledger.row(
        "SELECT records.* FROM records JOIN unique_values ON record_id = records.id"
        " WHERE unique_values.app = ? AND field = ? AND value = ?",
        app.id,
        field.code,
        value,
    )


def _content(
    app: App, sent: Mapping[str, Any], found: Row | None, key: tuple[Field, str] | None, index: int
) -> tuple[dict[str, str], dict[str, list[str]]]:
    """The whole record as it would be, and what is wrong with it. A field that was not sent keeps its value."""
    content = json.loads(found["content"]) if found else {}
    if key:
        content[key[0].code] = key[1]
    errors: dict[str, list[str]] = {}
    for code, cell in sent.items():
        if code not in app.fields:
            errors[f"records[{index}].{code}"] = [f"フィールド（{code}）はこのアプリにありません。"]
        elif not isinstance(cell, dict) or "value" not in cell:
            errors[f"records[{index}].{code}"] = ["value を持つオブジェクトでなければなりません。"]
        else:
            content[code] = cell["value"]
    for code, field in app.fields.items():
        try:
            content[code] = field.stored(content.get(code))
        except BadValue as problem:
            errors[f"records[{index}].{code}.value"] = [str(problem)]
    return content, errors


def _taken(ledger: Ledger, app: App, content: Mapping[str, str], found: Row | None, index: int) -> dict[str, list[str]]:
    """The unique fields whose value another record holds."""
    errors = {}
    for field in app.fields.values():
        if field.unique and content[field.code]:
            holder = ledger.row(
                "SELECT record_id FROM unique_values WHERE app = ? AND field = ? AND value = ?",
                app.id,
                field.code,
                content[field.code],
            )
            if holder and (found is None or holder["record_id"] != found["id"]):
                errors[f"records[{index}].{field.code}.value"] = ["値がほかのレコードと重複しています。"]
    return errors


def _write(
    ledger: Ledger,
    app: App,
    asked: Mapping[str, Any],
    found: Row | None,
    content: Mapping[str, str],
    key: tuple[Field, str] | None,
    *,
    now: datetime,
) -> dict[str, str]:
    text = json.dumps(content, ensure_ascii=False)
    if found is None:
        operation, revision = "INSERT", 1
        record_id = ledger.insert("records", app=app.id, content=text, created_at=stamp(now), updated_at=stamp(now))
    else:
        if str(asked.get("revision", -1)) not in ("-1", str(found["revision"])):
            raise stale_revision()
        operation, revision, record_id = "UPDATE", found["revision"] + 1, found["id"]
        ledger.write(
            "UPDATE records SET content = ?, revision = ?, updated_at = ? WHERE id = ?",
            text,
            revision,
            stamp(now),
            record_id,
        )
    _claim(ledger, app, record_id, content)
    ledger.insert(
        "operations",
        app=app.id,
        record_id=record_id,
        update_key=key[1] if key else str(record_id),
        operation=operation,
        revision=revision,
        done_at=stamp(now),
    )
    return {"id": str(record_id), "revision": str(revision), "operation": operation}


def _claim(ledger: Ledger, app: App, record_id: int, content: Mapping[str, str]) -> None:
    """Hold the record's unique values. The primary key refuses one that another record holds."""
    ledger.write("DELETE FROM unique_values WHERE app = ? AND record_id = ?", app.id, record_id)
    for field in app.fields.values():
        if field.unique and content[field.code]:
            ledger.insert("unique_values", app=app.id, field=field.code, value=content[field.code], record_id=record_id)


def found(ledger: Ledger, app: App, query: Query) -> tuple[list[Row], int]:
    """The records of a query in kintone's form, and how many match without its limit."""
    where, values = query.where()
    matching = f"FROM records WHERE app = ? AND {where}"  # the query's own names, looked up in the app
    page = f"SELECT * {matching} ORDER BY {query.order()} LIMIT ? OFFSET ?"
    rows = ledger.rows(page, app.id, *values, query.limit, query.offset)
    total = ledger.value(f"SELECT count(*) {matching}", app.id, *values)
    return [shown(app, row) for row in rows], total


def shown(app: App, row: Row) -> Row:
    content = json.loads(row["content"])
    record = {code: {"type": field.type, "value": content.get(code, "")} for code, field in app.fields.items()}
    return {
        **record,
        "$id": {"type": "__ID__", "value": str(row["id"])},
        "$revision": {"type": "__REVISION__", "value": str(row["revision"])},
        "レコード番号": {"type": "RECORD_NUMBER", "value": str(row["id"])},
        "作成日時": {"type": "CREATED_TIME", "value": row["created_at"]},
        "更新日時": {"type": "UPDATED_TIME", "value": row["updated_at"]},
    }


def counted(ledger: Ledger) -> dict[str, Any]:
    """The whole book: every record, and how many INSERTs and UPDATEs each key got."""
    records = ledger.rows("SELECT * FROM records ORDER BY id")
    keys: dict[str, dict[str, int]] = {}
    for row in ledger.rows(
        "SELECT update_key, operation, count(*) AS times FROM operations GROUP BY update_key, operation"
    ):
        keys.setdefault(row["update_key"], {"INSERT": 0, "UPDATE": 0})[row["operation"]] = row["times"]
    return {"records": [row | {"content": json.loads(row["content"])} for row in records], "keys": keys}
