"""The mailbox's ledger: what came in, taken apart for reading, and how often each Message-ID arrived."""

import json
from collections.abc import Sequence
from datetime import datetime
from email import policy
from email.errors import MessageError
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

from orders.sandboxes.ledger import Ledger, Row, like, stamp

KEPT_MESSAGES = 5_000
KEPT_ARRIVALS = 50_000


def parsed(raw: bytes) -> EmailMessage:
    return BytesParser(policy=policy.default.clone(utf8=True)).parsebytes(raw)


def receive(ledger: Ledger, *, mail_from: str, rcpt_to: Sequence[str], raw: bytes, now: datetime) -> int:
    """Keep a message as it came, whatever is wrong with it; its number in the box."""
    message = parsed(raw)
    message_id = header(message, "Message-ID").strip()
    values = {
        "message_id": message_id,
        "mail_from": mail_from,
        "rcpt_to": json.dumps(list(rcpt_to), ensure_ascii=False),
        "recipients": "\n".join(rcpt_to).lower(),
        "subject": header(message, "Subject"),
        "text": body(message, "plain"),
        "html": body(message, "html"),
        "headers": json.dumps([[name, header_text(value)] for name, value in _headers(message)], ensure_ascii=False),
        "attachments": json.dumps(attachments(message), ensure_ascii=False),
        "raw": raw,
        "received_at": stamp(now),
    }
    with ledger.transaction():
        number = ledger.insert("messages", **values)
        ledger.write(
            "INSERT INTO arrivals VALUES (?1, 1, ?2, ?2) ON CONFLICT (message_id)"
            " DO UPDATE SET times = times + 1, last_at = ?2",
            message_id,
            stamp(now),
        )
        _forget_oldest(ledger, number)
    return number


def _forget_oldest(ledger: Ledger, newest: int) -> None:
    ledger.write("DELETE FROM messages WHERE id <= ?", newest - KEPT_MESSAGES)
    if newest % 1000 == 0:
        ledger.write(
            "DELETE FROM arrivals WHERE rowid IN (SELECT rowid FROM arrivals ORDER BY last_at DESC LIMIT -1 OFFSET ?)",
            KEPT_ARRIVALS,
        )


def header_text(value: object) -> str:
    """A header for reading: bytes that are no UTF-8 become replacement marks instead of an error."""
    return str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _headers(message: EmailMessage) -> list[tuple[str, object]]:
    """All headers in order; one that cannot be parsed is given as it came."""
    try:
        return list(message.items())
    except (MessageError, ValueError, IndexError, AttributeError):
        return [(name, value) for name, value in message.raw_items()]


def header(message: EmailMessage, name: str) -> str:
    for key, value in _headers(message):
        if key.lower() == name.lower():
            return header_text(value)
    return ""


def body(message: EmailMessage, kind: str) -> str:
    """The part to read as `plain` or `html`; empty where there is none."""
    part = message.get_body(preferencelist=(kind,))
    return part_text(part) if isinstance(part, EmailMessage) else ""


def part_text(part: EmailMessage) -> str:
    """The text of a part, its lines ended by a newline alone.

    A character set that Python does not know is read as UTF-8, with replacement marks.
    """
    try:
        text = str(part.get_content())
    except (LookupError, UnicodeError):
        payload = part.get_payload(decode=True)
        text = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    return text.replace("\r\n", "\n")


def attachments(message: EmailMessage) -> list[dict[str, Any]]:
    if not message.is_multipart():
        return []
    found = []
    for part in message.iter_attachments():
        payload = part.get_payload(decode=True)
        size = len(payload) if isinstance(payload, bytes) else 0
        found.append({"filename": part.get_filename() or "", "content_type": part.get_content_type(), "size": size})
    return found


def listed(
    ledger: Ledger,
    *,
    to: str = "",
    subject: str = "",
    message_id: str = "",
    before: int = 2**62,
    limit: int = 100,
) -> list[Row]:
    """Messages, newest first, without the raw bytes. `to` and `subject` find parts, `message_id` the whole one."""
    rows = ledger.rows(
        "SELECT messages.*, arrivals.times AS arrived FROM messages JOIN arrivals USING (message_id)"
        " WHERE recipients LIKE ? ESCAPE '\\' AND subject LIKE ? ESCAPE '\\'"
        " AND ? IN ('', message_id) AND messages.id < ? ORDER BY messages.id DESC LIMIT ?",
        like(to.lower()),
        like(subject),
        message_id,
        before,
        limit,
    )
    return [_shown(row) for row in rows]


def found(ledger: Ledger, number: int) -> Row | None:
    """One message, its raw bytes under `raw`."""
    row = ledger.row(
        "SELECT messages.*, times AS arrived FROM messages JOIN arrivals USING (message_id) WHERE messages.id = ?",
        number,
    )
    return _shown(row) | {"raw": row["raw"]} if row else None


def _shown(row: Row) -> Row:
    kept = {name: value for name, value in row.items() if name not in ("raw", "recipients")}
    for name in ("rcpt_to", "headers", "attachments"):
        kept[name] = json.loads(kept[name])
    return kept | {"size": len(row["raw"])}


def counted(ledger: Ledger) -> dict[str, Any]:
    """The whole book: every message kept, oldest first, and how often each Message-ID arrived."""
    arrivals = ledger.rows("SELECT message_id, times FROM arrivals ORDER BY first_at")
    return {
        "messages": list(reversed(listed(ledger, limit=-1))),
        "arrivals": {row["message_id"]: row["times"] for row in arrivals},
        "total": sum(row["times"] for row in arrivals),
    }
