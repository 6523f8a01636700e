"""The 3-D Secure page of the test bank: alone, or in the frame that the browser's library opens."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from orders.sandboxes.payment.flows import checkout, payment
from orders.sandboxes.payment.ledger import Book, Record
from orders.sandboxes.payment.money import shown
from orders.sandboxes.payment.pages.desk import Desk, desk_of, form_of, page, see_other
from orders.sandboxes.payment.words import language_of


async def ask(request: Request) -> Response:
    return await run_in_threadpool(_ask, desk_of(request), *_asked(request))


async def answer(request: Request) -> Response:
    passed = (await form_of(request)).get("result") == "pass"
    return await run_in_threadpool(_answer, desk_of(request), *_asked(request), passed)


async def over(request: Request) -> Response:
    """Tell the library, in its frame, that the step has ended; it asks for the result itself."""
    language = language_of(request.headers.get("accept-language"))
    attempt = request.path_params["attempt"]
    return page(desk_of(request), "three_d_secure_over.html", language=language, framed=True, attempt=attempt)


def _asked(request: Request) -> tuple[str, str, bool, str]:
    framed = request.query_params.get("frame") == "1"
    return (
        request.path_params["intent"],
        request.path_params["attempt"],
        framed,
        request.headers.get("accept-language", ""),
    )


def _ask(desk: Desk, identifier: str, attempt: str, framed: bool, accepted: str) -> Response:
    with desk.ledger.read() as book:
        intent = book.find("payment_intent", identifier)
        private = book.private(identifier)
        session = checkout.session_of(book, intent) if intent else None
        if intent is None or intent["status"] != "requires_action" or private.get("attempt") != attempt:
            return _over(desk, intent, private.get("return_url"), accepted, framed=framed)
        method = book.find("payment_method", intent["payment_method"])
    return page(
        desk,
        "three_d_secure.html",
        language=_language(session, accepted),
        framed=framed,
        leads_to=(private.get("return_url"), session["success_url"] if session else None),
        amount=shown(intent["amount"], intent["currency"]),
        card=method["card"] if method else None,
        attempt=attempt,
        address=f"/3ds/{identifier}/{attempt}{'?frame=1' if framed else ''}",
    )


def _language(session: Record | None, accepted: str) -> str:
    return language_of(accepted if session is None or session["locale"] in (None, "auto") else session["locale"])


def _answer(desk: Desk, identifier: str, attempt: str, framed: bool, accepted: str, passed: bool) -> Response:
    with desk.ledger.write() as book:
        intent = book.find("payment_intent", identifier)
        private = book.private(identifier)
        ended = _end(book, desk, intent, attempt=attempt, passed=passed) if intent else None
    desk.committed()
    if framed:
        return see_other(f"/3ds/{identifier}/{attempt}/over")
    if ended is None or not private.get("return_url"):
        return _over(desk, ended or intent, private.get("return_url"), accepted, framed=False)
    return see_other(payment.address_to_return_to(private["return_url"], ended))


def _end(book: Book, desk: Desk, intent: Record, *, attempt: str, passed: bool) -> Record | None:
    """End the step; a Checkout Session that waits for it is completed in the same transaction."""
    session = checkout.session_of(book, intent)
    ended = payment.authenticate(book, desk.house, intent, attempt=attempt, passed=passed)
    if session is not None and ended is not None:
        checkout.complete_if_paid(book, session, ended)
    return ended


def _over(desk: Desk, intent: Record | None, return_url: str | None, accepted: str, *, framed: bool) -> Response:
    link = payment.address_to_return_to(return_url, intent) if intent and return_url else None
    return page(
        desk,
        "outcome.html",
        language=language_of(accepted),
        status=200 if intent else 404,
        framed=framed,
        outcome="three_ds_over" if intent else "not_found",
        link=link,
    )


ROUTES = [
    Route("/3ds/{intent}/{attempt}", ask, methods=["GET"]),
    Route("/3ds/{intent}/{attempt}", answer, methods=["POST"]),
    Route("/3ds/{intent}/{attempt}/over", over, methods=["GET"]),
]
