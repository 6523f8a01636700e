"""Starts the sandbox, says when it is ready, and ends it cleanly."""

import signal
import socket
import sqlite3
import sys
from types import FrameType
from typing import Any, NoReturn

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from orders.sandboxes.payment.app import application
from orders.sandboxes.payment.ledger import LedgerInUse
from orders.sandboxes.payment.options import Options

GRACE_S = 2


class DroppingProtocol(H11Protocol):
    """Lets the application cut the connection without an answer, for the ``drop`` fault."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        served = self.app

        async def with_drop(scope: Any, receive: Any, send: Any) -> None:
            async def drop() -> None:
                transport.abort()
                while (await receive())["type"] != "http.disconnect":
                    pass

            scope.setdefault("extensions", {})["payment_sandbox.drop"] = drop
            await served(scope, receive, send)

        self.app = with_drop


class AnnouncedServer(uvicorn.Server):
    """Prints one line once requests are answered."""

    def __init__(self, config: uvicorn.Config, *, ready: str) -> None:
        super().__init__(config)
        self.ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            sys.stdout.write(f"{self.ready}\n")
            sys.stdout.flush()


def serve(options: Options) -> None:
    """Serve until SIGTERM or SIGINT, then return with exit status 0.

    Exits with status 2 and one sentence where the port or the ledger cannot be used.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    listener = _listener(options)
    house = options.on_port(listener.getsockname()[1])
    try:
        app = application(house)
    except LedgerInUse as error:
        _refuse(f"{error}. {LedgerInUse.__doc__}")
    except (OSError, sqlite3.Error) as error:
        _refuse(f"cannot use the ledger {house.ledger} ({error}); choose another --ledger")
    config = uvicorn.Config(
        app,
        http=DroppingProtocol,
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )
    AnnouncedServer(config, ready=_ready(house)).run(sockets=[listener])


def _ready(house: Options) -> str:
    api = f"http://{house.host}:{house.port}"
    return f"payment_sandbox: ready on {api} (browsers: {house.public_url}/sandbox/, ledger {house.ledger})"


def _listener(options: Options) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((options.host, options.port))
    except OSError as error:
        listener.close()
        _refuse(f"cannot listen on {options.host}:{options.port} ({error.strerror}); choose another --port, or 0")
    listener.set_inheritable(True)
    return listener


def _refuse(sentence: str) -> NoReturn:
    sys.stderr.write(f"payment_sandbox: {sentence}\n")
    sys.exit(2)


def _leave(_number: int, _frame: FrameType | None) -> None:
    """End the process; uvicorn raises the signal anew once it has shut down."""
    sys.exit(0)
