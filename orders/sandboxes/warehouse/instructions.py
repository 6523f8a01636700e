"""The warehouse's verbs: take an instruction once, ship it in parts, cancel it while nothing has left."""

import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from orders.sandboxes.ledger import Ledger, Row, like, stamp
from orders.sandboxes.warehouse.webhooks import Outbox

CARRIERS = ("ヤマト運輸", "佐川急便", "日本郵便")


class Refused(Exception):
    """The warehouse will not do it. `code` and `status` are the API's; `errors` names fields where it can."""

    def __init__(self, code: str, message: str, *, status: int = 409, errors: Mapping[str, list[str]] | None = None):
        super().__init__(message)
        self.code = code
        self.status = status
        self.errors = errors


def receive(ledger: Ledger, body: Mapping[str, Any], *, now: datetime) -> tuple[Row, bool]:
    """Take an instruction, or find the one that this reference made before; True where it is new.

    Raises Refused: `reference_conflict` for another body under a known reference, `out_of_stock` for an SKU that the
    warehouse does not have. Each time a reference comes in is written down, whatever becomes of it.
    """
    refusal, created = None, False
    with ledger.transaction():
        try:
            created = _take(ledger, body, now=now)
        except Refused as refused:
            refusal = refused
        outcome = refusal.code if refusal else "created" if created else "repeated"
        ledger.insert("receipts", reference=body["reference"], outcome=outcome, received_at=stamp(now))
    if refusal:
        raise refusal
    return found_by_reference(ledger, body["reference"]), created


def _take(ledger: Ledger, body: Mapping[str, Any], *, now: datetime) -> bool:
    if _same_instruction(ledger, body):
        return False
    _refuse_missing_stock(ledger, body)
    _write(ledger, body, now=now)
    return True


def _same_instruction(ledger: Ledger, body: Mapping[str, Any]) -> Row | None:
    known = ledger.row("SELECT id, body FROM instructions WHERE reference = ?", body["reference"])
    if known and known["body"] != _canonical(body):
        raise Refused(
            "reference_conflict",
            f"reference {body['reference']} is known with another body as {known['id']}; use a new reference",
        )
    return known


def _refuse_missing_stock(ledger: Ledger, body: Mapping[str, Any]) -> None:
    missing = set(out_of_stock(ledger))
    errors = {
        f"lines[{index}].sku": [f"{line['sku']} is out of stock"]
        for index, line in enumerate(body["lines"])
        if line["sku"] in missing
    }
    if errors:
        raise Refused("out_of_stock", "the warehouse does not have every item", status=422, errors=errors)


def _write(ledger: Ledger, body: Mapping[str, Any], *, now: datetime) -> None:
    instruction_id = f"ins_{secrets.token_hex(8)}"
    ledger.insert(
        "instructions",
        id=instruction_id,
        reference=body["reference"],
        order_number=body["order_number"],
        body=_canonical(body),
        created_at=stamp(now),
        changed_at=stamp(now),
    )
    for position, line in enumerate(body["lines"]):
        ledger.insert("lines", instruction_id=instruction_id, position=position, **line)


def _canonical(body: Mapping[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False, sort_keys=True)


def ship(
    ledger: Ledger, outbox: Outbox, instruction_id: str, asked: Mapping[str, Any], *, now: datetime
) -> tuple[Row, Row]:
    """Send off some of what remains, or all of it where `asked` names no lines; the instruction and the shipment.

    Raises Refused: `not_found`, `cancelled`, `over_shipped`, `unknown_line`, `unknown_carrier`.
    """
    carrier = asked.get("carrier") or CARRIERS[0]
    if carrier not in CARRIERS:
        raise Refused("unknown_carrier", f"carrier must be one of {', '.join(CARRIERS)}", status=422)
    with ledger.transaction():
        instruction = found(ledger, instruction_id)
        if instruction["state"] == "cancelled":
            raise Refused("cancelled", f"{instruction_id} was cancelled; nothing of it can be shipped")
        parts = _parts(instruction, asked.get("lines"))
        shipment = _write_shipment(ledger, instruction, parts, carrier, asked.get("tracking_number"), now=now)
        shipped = found(ledger, instruction_id)
        outbox.add("shipment.created", _event(shipped, shipment), instruction_id=instruction_id, now=now)
    outbox.wake()
    return shipped, shipment


def _parts(instruction: Row, wanted: Sequence[Mapping[str, Any]] | None) -> list[tuple[Row, int]]:
    """Each line to ship with its quantity, none above what remains of it."""
    if wanted is None:
        wanted = remaining(instruction)
    if not wanted:
        raise Refused("over_shipped", "nothing remains to be shipped")
    lines = {line["line_reference"]: line for line in instruction["lines"]}
    errors, parts = {}, []
    for index, part in enumerate(wanted):
        line = lines.get(part["line_reference"])
        if line is None:
            raise Refused("unknown_line", f"this instruction has no line {part['line_reference']}", status=422)
        left = line["quantity"] - line["shipped"]
        if part["quantity"] > left:
            errors[f"lines[{index}].quantity"] = [f"{left} of {line['sku']} remain, {part['quantity']} were asked for"]
        parts.append((line, part["quantity"]))
    if errors:
        raise Refused("over_shipped", "more than remains cannot be shipped", errors=errors)
    return parts


def _write_shipment(
    ledger: Ledger, instruction: Row, parts: list[tuple[Row, int]], carrier: str, tracking: str | None, *, now: datetime
) -> Row:
    shipment_id = f"shp_{secrets.token_hex(8)}"
    tracking = tracking or tracking_number()
    if ledger.row("SELECT id FROM shipments WHERE tracking_number = ?", tracking):
        raise Refused("tracking_number_used", f"tracking number {tracking} belongs to another shipment")
    ledger.insert(
        "shipments",
        id=shipment_id,
        instruction_id=instruction["id"],
        carrier=carrier,
        tracking_number=tracking,
        shipped_at=stamp(now),
    )
    for line, quantity in parts:
        reference = line["line_reference"]
        ledger.write(
            "UPDATE lines SET shipped = shipped + ? WHERE instruction_id = ? AND line_reference = ?",
            quantity,
            instruction["id"],
            reference,
        )
        ledger.insert(
            "shipment_lines", shipment_id=shipment_id, line_reference=reference, sku=line["sku"], quantity=quantity
        )
    ledger.write(
        "UPDATE instructions SET changed_at = ?, state = CASE WHEN EXISTS (SELECT 1 FROM lines WHERE"
        " instruction_id = id AND shipped < quantity) THEN 'partially_shipped' ELSE 'shipped' END WHERE id = ?",
        stamp(now),
        instruction["id"],
    )
    return next(entry for entry in shipments(ledger, instruction["id"]) if entry["id"] == shipment_id)


def tracking_number() -> str:
    """Twelve digits as the three carriers print them: eleven, and their remainder by seven as a check digit."""
    digits = f"{secrets.randbelow(10**11):011d}"
    return f"{digits}{int(digits) % 7}"


def _event(instruction: Row, shipment: Row) -> dict[str, Any]:
    return {
        "instruction_id": instruction["id"],
        "reference": instruction["reference"],
        "shipment": shipment,
        "remaining": remaining(instruction),
    }


def remaining(instruction: Row) -> list[dict[str, Any]]:
    return [
        {"line_reference": line["line_reference"], "sku": line["sku"], "quantity": line["quantity"] - line["shipped"]}
        for line in instruction["lines"]
        if line["shipped"] < line["quantity"]
    ]


def cancel(ledger: Ledger, instruction_id: str, *, now: datetime) -> Row:
    """Stop an instruction of which nothing has left; once cancelled, it stays so. Raises Refused `already_shipped`."""
    with ledger.transaction():
        state = found(ledger, instruction_id)["state"]
        if state not in ("accepted", "cancelled"):
            raise Refused("already_shipped", f"{instruction_id} is {state}; goods that left cannot be cancelled")
        ledger.write(
            "UPDATE instructions SET state = 'cancelled', changed_at = ? WHERE id = ? AND state = 'accepted'",
            stamp(now),
            instruction_id,
        )
    return found(ledger, instruction_id)


def found(ledger: Ledger, instruction_id: str) -> Row:
    """An instruction with its lines and shipments. Raises Refused `not_found`."""
    row = ledger.row("SELECT * FROM instructions WHERE id = ?", instruction_id)
    if row is None:
        raise Refused("not_found", f"there is no instruction {instruction_id}", status=404)
    return _whole(ledger, row)


def found_by_reference(ledger: Ledger, reference: str) -> Row:
    return found(ledger, ledger.value("SELECT id FROM instructions WHERE reference = ?", reference))


def listed(
    ledger: Ledger,
    *,
    reference: str = "",
    order_number: str = "",
    search: str = "",
    state: str = "",
    limit: int = 100,
    offset: int = 0,
) -> list[Row]:
    """Instructions, newest first; an empty filter filters nothing. `search` finds parts of either number."""
    rows = ledger.rows(
        "SELECT * FROM instructions WHERE ? IN ('', reference) AND ? IN ('', order_number) AND ? IN ('', state)"
        " AND (reference || ' ' || order_number) LIKE ? ESCAPE '\\' ORDER BY rowid DESC LIMIT ? OFFSET ?",
        reference,
        order_number,
        state,
        like(search),
        limit,
        offset,
    )
    return [_whole(ledger, row) for row in rows]


def _whole(ledger: Ledger, row: Row) -> Row:
    lines = ledger.rows(
        "SELECT line_reference, sku, name, quantity, shipped FROM lines WHERE instruction_id = ? ORDER BY position",
        row["id"],
    )
    body = json.loads(row["body"])
    kept = {name: row[name] for name in ("id", "reference", "order_number", "state", "created_at", "changed_at")}
    asked = {name: body.get(name) for name in ("ship_to", "temperature", "note")}
    return {**kept, **asked, "lines": lines, "shipments": shipments(ledger, row["id"])}


def shipments(ledger: Ledger, instruction_id: str) -> list[Row]:
    rows = ledger.rows(
        "SELECT id, carrier, tracking_number, shipped_at FROM shipments WHERE instruction_id = ? ORDER BY rowid",
        instruction_id,
    )
    for row in rows:
        row["lines"] = ledger.rows(
            "SELECT line_reference, sku, quantity FROM shipment_lines WHERE shipment_id = ? ORDER BY rowid", row["id"]
        )
    return rows


def out_of_stock(ledger: Ledger) -> list[str]:
    return [row["sku"] for row in ledger.rows("SELECT sku FROM out_of_stock ORDER BY sku")]


def set_out_of_stock(ledger: Ledger, skus: Sequence[str]) -> list[str]:
    """Make exactly these SKUs the ones that the warehouse does not have."""
    with ledger.transaction():
        ledger.write("DELETE FROM out_of_stock")
        for sku in sorted(set(skus)):
            ledger.write("INSERT INTO out_of_stock VALUES (?)", sku)
    return out_of_stock(ledger)


def counted(ledger: Ledger) -> dict[str, Any]:
    """The whole book: every instruction with its shipments, and how often each reference came in, by outcome."""
    received: dict[str, dict[str, int]] = {}
    for row in ledger.rows("SELECT reference, outcome, count(*) AS times FROM receipts GROUP BY reference, outcome"):
        received.setdefault(row["reference"], {})[row["outcome"]] = row["times"]
    instructions = listed(ledger, limit=-1)
    return {
        "instructions": [
            {**instruction, "received": sum(received.get(instruction["reference"], {}).values())}
            for instruction in reversed(instructions)
        ],
        "received": {
            reference: {"times": sum(outcomes.values()), "outcomes": outcomes}
            for reference, outcomes in received.items()
        },
    }
