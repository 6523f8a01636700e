"""The addresses of the sandbox."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from orders.sandboxes.payment import idempotency
from orders.sandboxes.payment.dispatch import Dispatcher
from orders.sandboxes.payment.ledger import Ledger
from orders.sandboxes.payment.options import Options
from orders.sandboxes.payment.pages import checkout, control, elements, overview, three_d_secure
from orders.sandboxes.payment.pages.desk import Desk
from orders.sandboxes.payment.version import API_VERSION
from orders.sandboxes.payment.webhooks.delivery import Deliverer

STATIC = Path(__file__).with_name("static")


def application(house: Options) -> Starlette:
    """Return the whole sandbox on its ledger; the options must name the port."""
    ledger = Ledger(house.ledger, webhooks=bool(house.webhook_url), api_version=API_VERSION)
    deliverer = Deliverer(ledger, house)
    dispatcher = Dispatcher(ledger, house, committed=deliverer.wake)
    desk = Desk(ledger=ledger, house=house, committed=deliverer.wake)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        with ledger.write() as book:
            idempotency.release_all_unfinished(book)
        deliverer.start()
        yield
        deliverer.stop()
        ledger.close()

    app = Starlette(routes=_routes(dispatcher), lifespan=lifespan, middleware=[_cross_origin()])
    app.state.desk = desk
    return app


def _cross_origin() -> Middleware:
    """Let the browser's library call from any shop; keys travel in headers, and there are no cookies."""
    return Middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["GET", "POST"],
        allow_headers=["Authorization", "Content-Type", "Accept-Language", "Idempotency-Key", "Stripe-Version"],
        expose_headers=["Request-Id", "Idempotent-Replayed", "Retry-After"],
    )


def _routes(dispatcher: Dispatcher) -> list[Route | Mount]:
    return [
        Route("/healthz", _healthy),
        Route("/v3/", _library),
        Route("/v1/{rest:path}", dispatcher.answer, methods=["GET", "POST", "DELETE"]),
        Mount("/static", StaticFiles(directory=STATIC)),
        *elements.ROUTES,
        *checkout.ROUTES,
        *three_d_secure.ROUTES,
        *control.ROUTES,
        *overview.ROUTES,
    ]


async def _healthy(_: Request) -> Response:
    return PlainTextResponse("ok\n")


async def _library(_: Request) -> Response:
    headers = {"Cache-Control": "no-cache", "Cross-Origin-Resource-Policy": "cross-origin"}
    return FileResponse(STATIC / "stripe.js", media_type="text/javascript; charset=utf-8", headers=headers)
