"""The sandbox's own endpoints for tests: faults, the clock, refunds that fail late, events sent again, the ledger."""

import hmac
import json
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from orders.sandboxes.payment import faults
from orders.sandboxes.payment.errors import Refusal, no_such, unauthenticated
from orders.sandboxes.payment.flows import refunding
from orders.sandboxes.payment.pages.accounts import account
from orders.sandboxes.payment.pages.desk import Desk, desk_of, see_other


def _check_secret(request: Request) -> None:
    key = request.headers.get("authorization", "").removeprefix("Bearer ")
    if not any(hmac.compare_digest(key.encode(), known.encode()) for known in desk_of(request).house.secret_keys):
        raise unauthenticated("This address of the sandbox needs a secret key: Authorization: Bearer sk_test_…")


async def _json(request: Request) -> dict[str, Any]:
    try:
        read = json.loads(await request.body())
    except ValueError:
        read = None
    if not isinstance(read, dict):
        raise Refusal("Send one JSON object.")
    return read


async def show_ledger(request: Request) -> Response:
    """Answer counts and sums, in all and by order; ``?key=`` names the metadata key that holds the order."""
    key = request.query_params.get("key", "order")
    return JSONResponse(await run_in_threadpool(_account, desk_of(request), key))


def _account(desk: Desk, key: str) -> dict[str, Any]:
    with desk.ledger.read() as book:
        return account(book, key=key)


async def show_faults(request: Request) -> Response:
    return JSONResponse({"faults": await run_in_threadpool(_planned, desk_of(request))})


def _planned(desk: Desk) -> list[dict[str, Any]]:
    with desk.ledger.read() as book:
        return faults.planned(book)


async def change_faults(request: Request) -> Response:
    try:
        _check_secret(request)
        asked = await _json(request) if request.method == "POST" else None
        answer = await run_in_threadpool(_change_faults, desk_of(request), asked)
        return JSONResponse(answer, status_code=200 if asked is None else 201)
    except Refusal as refusal:
        return JSONResponse(refusal.body(), status_code=refusal.status)


def _change_faults(desk: Desk, asked: dict[str, Any] | None) -> dict[str, Any]:
    with desk.ledger.write() as book:
        if asked is not None:
            return faults.plan(book, asked)
        faults.clear(book)
        return {"faults": []}


async def move_clock(request: Request) -> Response:
    """Move the ledger's clock ahead: ``{"advance": 86400}`` makes idempotency keys and sessions a day older."""
    try:
        _check_secret(request)
        seconds = (await _json(request)).get("advance")
        if not isinstance(seconds, int | float) or seconds < 0:
            raise Refusal("advance must be a number of seconds, 0 or above.", param="advance")
        return JSONResponse(await run_in_threadpool(_move_clock, desk_of(request), seconds))
    except Refusal as refusal:
        return JSONResponse(refusal.body(), status_code=refusal.status)


def _move_clock(desk: Desk, seconds: float) -> dict[str, Any]:
    with desk.ledger.write() as book:
        book.set_setting("clock_ahead_s", book.setting("clock_ahead_s") + seconds)
        now = book.now + seconds
    desk.committed()
    return {"now": now}


async def resend(request: Request) -> Response:
    """Send an event once more: by a test with the secret key, or by the button of the ledger's page."""
    from_page = request.headers.get("sec-fetch-site") == "same-origin"
    try:
        if not from_page:
            _check_secret(request)
        event = await run_in_threadpool(_resend, desk_of(request), request.path_params["event"])
    except Refusal as refusal:
        return JSONResponse(refusal.body(), status_code=refusal.status)
    return see_other("/sandbox/#events") if from_page else JSONResponse(event)


def _resend(desk: Desk, identifier: str) -> dict[str, Any]:
    if not desk.house.webhook_url:
        raise Refusal("The sandbox was started without --webhook-url, so there is nowhere to send an event.")
    with desk.ledger.write() as book:
        event = book.find("event", identifier)
        if event is None:
            raise no_such("event", identifier, param="id", status=404)
        book.outbox.owe_once(identifier)
    desk.committed()
    return event


async def fail_refund(request: Request) -> Response:
    """Let a refund fail late: by a test with the secret key, or by the button of the ledger's page."""
    from_page = request.headers.get("sec-fetch-site") == "same-origin"
    try:
        if not from_page:
            _check_secret(request)
        refund = await run_in_threadpool(_fail_refund, desk_of(request), request.path_params["refund"])
    except Refusal as refusal:
        return JSONResponse(refusal.body(), status_code=refusal.status)
    return see_other("/sandbox/#refunds") if from_page else JSONResponse(refund)


def _fail_refund(desk: Desk, identifier: str) -> dict[str, Any]:
    with desk.ledger.write() as book:
        failed = refunding.fail(book, identifier)
    desk.committed()
    return failed


ROUTES = [
    Route("/sandbox/ledger.json", show_ledger, methods=["GET"]),
    Route("/sandbox/faults", show_faults, methods=["GET"]),
    Route("/sandbox/faults", change_faults, methods=["POST", "DELETE"]),
    Route("/sandbox/clock", move_clock, methods=["POST"]),
    Route("/sandbox/refunds/{refund}/fail", fail_refund, methods=["POST"]),
    Route("/sandbox/events/{event}/resend", resend, methods=["POST"]),
]
