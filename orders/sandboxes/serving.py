"""How a stand-in runs: its options, its port, one line when it is ready, a clean end, and connections it may cut."""

import argparse
import asyncio
import json
import os
import signal
import socket
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import uvicorn
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
BODY_LIMIT = 2 * 1024 * 1024  # bytes of one request; far above any real instruction

_transports: dict[tuple[str, int], asyncio.Transport] = {}


class CannotStart(Exception):
    """The message says what stands in the way and what to do; the command ends with status 2."""


class BadBody(Exception):
    """The body of a request is not what the address takes; the message says why."""


class DroppableProtocol(H11Protocol):
    """HTTP whose open connections are known by the client's address, so that a fault may cut one."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._peer = _peer(transport.get_extra_info("peername"))
        _transports[self._peer] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        _transports.pop(self._peer, None)
        super().connection_lost(exc)


class SecurityHeaders:
    """Adds a strict policy to every answer, and refuses a form that another site's page sent."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif _is_foreign_form(Headers(scope=scope)):
            refusal = PlainTextResponse("この操作は別のサイトから送られました。/ Sent from another site.", 403)
            await refusal(scope, receive, send)
        else:
            await self.app(scope, receive, _with_headers(send))


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
            headers.setdefault("X-Content-Type-Options", "nosniff")
            # Not no-referrer: a browser would then send our own forms with `Origin: null`.
            headers.setdefault("Referrer-Policy", "same-origin")
            headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return send_with_headers


def _is_foreign_form(headers: Headers) -> bool:
    """Browsers name the page that sent a form; programs name none."""
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != headers.get("host")


def _peer(address: Any) -> tuple[str, int]:
    return str(address[0]), int(address[1])


async def drop_connection(scope: Scope, receive: Receive) -> None:
    """Cut the connection of this request without a word, as a fallen network does."""
    _transports[_peer(scope["client"])].abort()
    while (await receive())["type"] != "http.disconnect":
        continue


async def read_body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_LIMIT:
            raise BadBody(f"the body is longer than {BODY_LIMIT} bytes; send less at once")
    return body


async def read_json(request: Request) -> Any:
    """The body as JSON. Raises BadBody where it is none, is too long, or does not say that it is JSON."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise BadBody("the body must be JSON and say so: Content-Type: application/json")
    try:
        return json.loads(await read_body(request))
    except ValueError as error:
        raise BadBody(f"the body is not valid JSON: {error}") from error


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a page's form, the last of each name."""
    return dict(parse_qsl((await read_body(request)).decode(), keep_blank_values=True))


async def bad_body(request: Request, error: Exception) -> Response:
    return JSONResponse({"code": "bad_request", "message": str(error)}, 400)


async def healthz(request: Request) -> Response:
    return PlainTextResponse("ok\n")


def parser(name: str, *, description: str, port: int) -> argparse.ArgumentParser:
    """The options that every stand-in has; `name` is the command, and names the ledger."""
    options = argparse.ArgumentParser(prog=name, description=description)
    options.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    options.add_argument("--port", type=int, default=port, help=f"HTTP port; 0 picks a free one (default {port})")
    ledger = Path("var") / "sandboxes" / f"{name.removesuffix('_sandbox')}.sqlite3"
    options.add_argument("--ledger", type=Path, default=ledger, help=f"SQLite file (default {ledger})")
    return options


def from_environment(name: str, default: str) -> str:
    """The secret both sides share: from the environment variable that the shop reads too, else the development one."""
    return os.environ.get(name) or default


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises CannotStart where the port is taken or the address is not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise CannotStart(
            f"cannot listen on {host}:{port} ({error}); choose another --port, or 0 for a free one"
        ) from error
    listener.listen(256)
    return listener


def address(listener: socket.socket, scheme: str = "http") -> str:
    host, port = listener.getsockname()[:2]
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def serve(app: ASGIApp, listener: socket.socket, *, announce: Callable[[], str]) -> None:
    """Answer until SIGTERM or Ctrl-C, then end with status 0. The announced line is printed once all is ready."""
    config = uvicorn.Config(
        app,
        http=DroppableProtocol,
        ws="none",
        loop="asyncio",
        lifespan="on",
        proxy_headers=False,  # drop_connection finds a connection by its real peer
        server_header=False,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=2,
    )
    _AnnouncingServer(config, announce).run(sockets=[listener])


class _AnnouncingServer(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, announce: Callable[[], str]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if not self.should_exit:
            print(self._announce(), flush=True)  # noqa: T201 (the line that a caller waits for)


def run_command(name: str, main: Callable[[], None]) -> None:
    """Run a stand-in's main. What keeps it from starting is one sentence and status 2; being told to end, status 0."""
    for number in (signal.SIGTERM, signal.SIGINT):
        # The server raises the signal again once it has ended in good order.
        signal.signal(number, lambda *_: sys.exit(0))
    try:
        main()
    except (CannotStart, sqlite3.Error, OSError) as error:
        print(f"{name}: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(2)
