"""The ledger as a page: intents with their charges, refunds, sessions, and events with their deliveries."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from orders.sandboxes.payment.faults import planned
from orders.sandboxes.payment.ledger import Book, Record
from orders.sandboxes.payment.money import shown
from orders.sandboxes.payment.pages.accounts import account
from orders.sandboxes.payment.pages.desk import Desk, desk_of, page, see_other

NEWEST = 60
JAPAN = timedelta(hours=9)

STATES = {
    "requires_payment_method": "支払い方法待ち",
    "requires_confirmation": "確定待ち",
    "requires_action": "本人認証待ち",
    "processing": "処理中",
    "succeeded": "成功",
    "canceled": "取消",
    "failed": "失敗",
    "open": "受付中",
    "complete": "完了",
    "expired": "期限切れ",
    "waiting": "送信待ち",
    "sending": "送信中",
    "delivered": "配信済み",
    "abandoned": "配信断念",
}


async def overview(request: Request) -> Response:
    return await run_in_threadpool(_overview, desk_of(request))


async def home(_: Request) -> Response:
    return see_other("/sandbox/")


def _overview(desk: Desk) -> Response:
    with desk.ledger.read() as book:
        totals = account(book, key="order")["totals"]
        return page(
            desk,
            "overview.html",
            totals=totals | {"charged": shown(totals["amount_charged"], "jpy")},
            refunded=shown(totals["amount_refunded"], "jpy"),
            intents=[_intent(book, intent) for intent in _newest(book, "payment_intent")],
            refunds=[_plain(refund) for refund in _newest(book, "refund")],
            sessions=[_session(session) for session in _newest(book, "checkout.session")],
            events=[_event(book, event) for event in _newest(book, "event")],
            faults=planned(book),
            newest=NEWEST,
            webhook_url=desk.house.webhook_url,
        )


def _newest(book: Book, kind: str) -> list[Record]:
    return book.page(kind, where=[], limit=NEWEST)


def _plain(record: Record) -> dict[str, Any]:
    return record | {
        "at": _at(record["created"]),
        "money": shown(record["amount"], record["currency"]),
        "state": STATES[record["status"]],
    }


def _at(second: float) -> str:
    return f"{datetime.fromtimestamp(second, UTC) + JAPAN:%m-%d %H:%M:%S}"


def _intent(book: Book, intent: Record) -> dict[str, Any]:
    charges = [_charge(charge) for charge in book.every("charge", payment_intent=intent["id"])]
    metadata = " ".join(f"{name}={value}" for name, value in intent["metadata"].items())
    return _plain(intent) | {"charges": charges, "metadata": metadata}


def _charge(charge: Record) -> dict[str, Any]:
    card = charge["payment_method_details"]["card"]
    return _plain(charge) | {"card": card, "refunded": charge["amount_refunded"] and shown(
        charge["amount_refunded"], charge["currency"]
    )}  # fmt: skip


def _session(session: Record) -> dict[str, Any]:
    priced = session | {"amount": session["amount_total"]}
    return _plain(priced) | {"until": _at(session["expires_at"])}


def _event(book: Book, event: Record) -> dict[str, Any]:
    rows = book.connection.execute("SELECT * FROM deliveries WHERE event = ? ORDER BY number", (event["id"],))
    deliveries = [dict(row) | {"label": STATES[row["state"]], "due": _at(row["due_at"])} for row in rows]
    body = json.dumps(event, indent=2, ensure_ascii=False)
    return event | {
        "at": _at(event["created"]),
        "about": event["data"]["object"]["id"],
        "deliveries": deliveries,
        "body": body,
    }


ROUTES = [Route("/sandbox/", overview), Route("/", home)]
