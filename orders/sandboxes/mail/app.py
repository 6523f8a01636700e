"""The mailbox's HTTP side: pages for people, JSON for tests, and the SMTP server beside it."""

import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from orders.sandboxes.faults import Faults, fault_routes
from orders.sandboxes.ledger import Ledger, Row, shown
from orders.sandboxes.mail import messages, smtp
from orders.sandboxes.mail.display import SANDBOX, inline_pictures, letter
from orders.sandboxes.pages import Pages, static_files
from orders.sandboxes.serving import BadBody, SecurityHeaders, bad_body, healthz

PRODUCT = {
    "name": "メールサンドボックス",
    "name_en": "Mail sandbox",
    "icon": "mail.svg",
    "note": "ここに届いたメールは、どこにも配信されません。新しいものから 5,000 通まで残します。",
    "nav": [("", "mailbox", "受信箱"), ("faults/", "faults", "障害")],
}
PAGE_SIZE = 50
PREVIEW = 120  # characters


def application(ledger: Ledger, smtp_listener: socket.socket) -> Starlette:
    faults = Faults(smtp.SMTP_FAULTS)
    pages = Pages(Path(__file__).parent / "templates", product=PRODUCT)

    @contextlib.asynccontextmanager
    async def mail_server(app: Starlette) -> AsyncIterator[None]:
        server = await smtp.start(smtp_listener, ledger, faults)
        try:
            yield
        finally:
            server.close()

    return Starlette(
        routes=[
            *page_routes(ledger, pages),
            *api_routes(ledger),
            *fault_routes(faults, pages),
            Route("/healthz", healthz),
            static_files(),
        ],
        middleware=[Middleware(SecurityHeaders)],
        exception_handlers={BadBody: bad_body},
        lifespan=mail_server,
    )


def api_routes(ledger: Ledger) -> list[Route]:
    async def search(request: Request) -> Response:
        asked = request.query_params
        found = messages.listed(
            ledger,
            to=asked.get("to", ""),
            subject=asked.get("subject", ""),
            message_id=asked.get("message_id", ""),
            before=_newest_id(asked.get("before", "")),
            limit=_whole(asked.get("limit", "100")),
        )
        return JSONResponse({"messages": found})

    async def one(request: Request) -> Response:
        return JSONResponse({name: value for name, value in _found(ledger, request).items() if name != "raw"})

    async def book(request: Request) -> Response:
        return JSONResponse(messages.counted(ledger))

    return [
        Route("/api/messages.json", search),
        Route("/api/messages/{id:int}.json", one),
        Route("/sandbox/ledger.json", book),
    ]


def _newest_id(text: str) -> int:
    """The number that all messages asked for lie below; without one, above every message."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 2**62


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= messages.KEPT_MESSAGES):
        raise BadBody(f"limit must be a whole number from 1 to {messages.KEPT_MESSAGES}, not {text!r}")
    return int(text)


def page_routes(ledger: Ledger, pages: Pages) -> list[Route]:
    async def mailbox(request: Request) -> Response:
        return pages.render(request, "mailbox.html", _mailbox_context(ledger, request))

    async def show(request: Request) -> Response:
        message = _found(ledger, request)
        context = {"message": message, "received": shown(message["received_at"]), "sandbox": SANDBOX}
        return pages.render(request, "message.html", context | {"here": "mailbox"})

    async def html(request: Request) -> Response:
        message = _found(ledger, request)
        page, policy = letter(message["html"], inline_pictures(messages.parsed(message["raw"])))
        return HTMLResponse(page, headers={"Content-Security-Policy": policy})

    async def raw(request: Request) -> Response:
        return Response(_found(ledger, request)["raw"], media_type="text/plain; charset=utf-8")

    return [
        Route("/", mailbox),
        Route("/messages/{id:int}/", show),
        Route("/messages/{id:int}/html", html),
        Route("/messages/{id:int}/raw", raw),
    ]


def _found(ledger: Ledger, request: Request) -> Row:
    message = messages.found(ledger, min(request.path_params["id"], 2**62))
    if message is None:
        raise HTTPException(404, "そのメールはありません。/ No such message; only the newest 5,000 are kept.")
    return message


def _mailbox_context(ledger: Ledger, request: Request) -> dict[str, Any]:
    to, before = request.query_params.get("to", ""), request.query_params.get("before", "")
    found = messages.listed(ledger, to=to, before=_newest_id(before), limit=PAGE_SIZE + 1)
    rows = [_row(message) for message in found[:PAGE_SIZE]]
    return {
        "rows": rows,
        "to": to,
        "total": ledger.value("SELECT count(*) FROM messages"),
        "older": f"?before={rows[-1]['id']}&to={to}" if len(found) > PAGE_SIZE else "",
        "newest": "./" if before else "",
        "here": "mailbox",
    }


def _row(message: Row) -> Row:
    return message | {
        "received": shown(message["received_at"])[5:16],
        "preview": " ".join(message["text"].split())[:PREVIEW],
        "to": "、".join(message["rcpt_to"]),
    }
