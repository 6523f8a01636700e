"""The warehouse's addresses: the API that a shop calls, the sandbox's own ones, and the pages."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from secrets import compare_digest
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from orders.sandboxes.faults import HTTP_FAULTS, FaultMiddleware, Faults, fault_routes
from orders.sandboxes.ledger import Ledger, utc_now
from orders.sandboxes.pages import Pages, static_files
from orders.sandboxes.serving import BadBody, SecurityHeaders, bad_body, healthz, read_json
from orders.sandboxes.warehouse import autoship, instructions
from orders.sandboxes.warehouse.bodies import Invalid, checked_instruction, checked_shipment
from orders.sandboxes.warehouse.instructions import Refused
from orders.sandboxes.warehouse.pages import page_routes
from orders.sandboxes.warehouse.webhooks import Outbox

FAULTS = HTTP_FAULTS | {
    "webhook_off": "Webhook を送らない / do not send the webhook",
    "duplicate": "Webhook を二度送る / send the webhook twice",
}
PRODUCT = {
    "name": "倉庫サンドボックス",
    "name_en": "Warehouse sandbox",
    "icon": "warehouse.svg",
    "note": "外部の物流システムの代わりです。実際の荷物は動きません。",
    "nav": [("", "instructions", "出荷指示"), ("events/", "events", "Webhook"), ("faults/", "faults", "障害")],
}


@dataclass(frozen=True, kw_only=True)
class Options:
    """How this warehouse is set up; `retry_scale` stretches the webhooks' back-off, `auto_ship` is in seconds."""

    api_key: str
    webhook_url: str = ""
    webhook_secret: str
    retry_scale: float = 1.0
    auto_ship: float | None = None


def application(ledger: Ledger, options: Options) -> Starlette:
    faults = Faults(FAULTS)
    outbox = Outbox(ledger, faults, url=options.webhook_url, secret=options.webhook_secret, scale=options.retry_scale)
    pages = Pages(Path(__file__).parent / "templates", product=PRODUCT)
    return Starlette(
        routes=[
            *api_routes(ledger, options.api_key),
            *sandbox_routes(ledger, outbox),
            *page_routes(ledger, outbox, pages),
            *fault_routes(faults, pages),
            Route("/healthz", healthz),
            static_files(),
        ],
        middleware=[Middleware(SecurityHeaders), Middleware(FaultMiddleware, faults=faults, prefix="/v1/", answers={})],
        exception_handlers={BadBody: bad_body, Invalid: invalid, Refused: refused},
        lifespan=lambda app: background(ledger, outbox, options),
    )


@contextlib.asynccontextmanager
async def background(ledger: Ledger, outbox: Outbox, options: Options) -> AsyncIterator[None]:
    """Deliver webhooks, and ship by itself where asked to, while the server runs."""
    work: list[Coroutine[Any, Any, None]] = [outbox.run()]
    if options.auto_ship is not None:
        work.append(autoship.run(ledger, outbox, seconds=options.auto_ship))
    tasks = [asyncio.create_task(job) for job in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, Invalid)
    content = {"code": "invalid", "message": "Some fields are wrong; errors names them.", "errors": error.errors}
    return JSONResponse(content, 422)


async def refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    content = {"code": error.code, "message": str(error)}
    return JSONResponse(content | ({"errors": dict(error.errors)} if error.errors else {}), error.status)


Endpoint = Callable[[Request], Coroutine[Any, Any, Response]]


def behind_key(endpoint: Endpoint, api_key: str) -> Endpoint:
    async def guarded(request: Request) -> Response:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not compare_digest(key.encode(), api_key.encode()):
            content = {"code": "unauthorized", "message": "Send Authorization: Bearer with this warehouse's API key."}
            return JSONResponse(content, 401, {"WWW-Authenticate": "Bearer"})
        return await endpoint(request)

    return guarded


def api_routes(ledger: Ledger, api_key: str) -> list[Route]:
    async def create(request: Request) -> Response:
        body = checked_instruction(await read_json(request))
        instruction, created = instructions.receive(ledger, body, now=utc_now())
        return JSONResponse(instruction, 201 if created else 200)

    async def search(request: Request) -> Response:
        known = {"reference", "order_number", "state", "limit", "offset"}
        if unknown := set(request.query_params) - known:
            raise Invalid({name: ["is not known here"] for name in sorted(unknown)})
        filters = {name: request.query_params.get(name, "") for name in ("reference", "order_number", "state")}
        limit, offset = _whole(request, "limit", 100, 1, 500), _whole(request, "offset", 0, 0, 2**31)
        found = instructions.listed(ledger, **filters, limit=limit, offset=offset)
        return JSONResponse({"instructions": found})

    async def show(request: Request) -> Response:
        return JSONResponse(instructions.found(ledger, request.path_params["id"]))

    async def cancel(request: Request) -> Response:
        return JSONResponse(instructions.cancel(ledger, request.path_params["id"], now=utc_now()))

    routes: list[tuple[str, Endpoint, str]] = [
        ("/v1/instructions", create, "POST"),
        ("/v1/instructions", search, "GET"),
        ("/v1/instructions/{id}", show, "GET"),
        ("/v1/instructions/{id}/cancel", cancel, "POST"),
    ]
    return [Route(path, behind_key(endpoint, api_key), methods=[method]) for path, endpoint, method in routes]


def _whole(request: Request, name: str, default: int, lowest: int, highest: int) -> int:
    text = request.query_params.get(name, str(default))
    if not (text.isascii() and text.isdigit() and lowest <= int(text) <= highest):
        raise Invalid({name: [f"must be a whole number from {lowest} to {highest}"]})
    return int(text)


def sandbox_routes(ledger: Ledger, outbox: Outbox) -> list[Route]:
    """What no real warehouse offers: press its buttons, and read its book."""

    async def ship(request: Request) -> Response:
        asked = checked_shipment(await read_json(request))
        instruction, shipment = instructions.ship(ledger, outbox, request.path_params["id"], asked, now=utc_now())
        return JSONResponse({"instruction": instruction, "shipment": shipment}, 201)

    async def resend(request: Request) -> Response:
        if not outbox.resend(request.path_params["id"]):
            raise Refused("not_found", f"there is no event {request.path_params['id']}", status=404)
        return JSONResponse({"resent": request.path_params["id"]}, 202)

    async def out_of_stock(request: Request) -> Response:
        if request.method == "PUT":
            instructions.set_out_of_stock(ledger, _skus(await read_json(request)))
        return JSONResponse({"skus": instructions.out_of_stock(ledger)})

    async def book(request: Request) -> Response:
        return JSONResponse(instructions.counted(ledger) | {"events": list(reversed(outbox.listed()))})

    return [
        Route("/sandbox/instructions/{id}/ship", ship, methods=["POST"]),
        Route("/sandbox/events/{id}/resend", resend, methods=["POST"]),
        Route("/sandbox/out-of-stock", out_of_stock, methods=["GET", "PUT"]),
        Route("/sandbox/ledger.json", book),
    ]


def _skus(body: Any) -> list[str]:
    skus = body.get("skus") if isinstance(body, dict) else None
    if not isinstance(skus, list) or not all(isinstance(sku, str) and sku for sku in skus):
        raise Invalid({"skus": ["must be a list of SKUs"]})
    return skus
