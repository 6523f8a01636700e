"""The hosted page of a Checkout Session: the lines, the total, and a card form that needs no script."""

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from orders.sandboxes.payment.errors import Refusal
from orders.sandboxes.payment.flows import checkout
from orders.sandboxes.payment.ledger import Book, Record
from orders.sandboxes.payment.money import shown
from orders.sandboxes.payment.pages.card_form import CardForm, read
from orders.sandboxes.payment.pages.desk import Desk, desk_of, form_of, page, see_other
from orders.sandboxes.payment.words import card_message, language_of


async def show(request: Request) -> Response:
    return await run_in_threadpool(_show, desk_of(request), *_asked(request))


async def pay(request: Request) -> Response:
    typed = await form_of(request)
    return await run_in_threadpool(_pay, desk_of(request), *_asked(request), typed)


async def come_back(request: Request) -> Response:
    """Take the buyer back from 3-D Secure: on to the shop if it is paid, else to the form."""
    return await run_in_threadpool(_come_back, desk_of(request), *_asked(request))


def _asked(request: Request) -> tuple[str, str]:
    return request.path_params["session"], request.headers.get("accept-language", "")


def _language(session: Record, accepted: str) -> str:
    return language_of(accepted if session["locale"] in (None, "auto") else session["locale"])


def _show(desk: Desk, identifier: str, accepted: str) -> Response:
    with desk.ledger.read() as book:
        session = book.find("checkout.session", identifier)
        if session is None:
            return _outcome(desk, "not_found", language_of(accepted), status=404)
        return _form_or_outcome(desk, book, session, CardForm(), _language(session, accepted))


def _form_or_outcome(
    desk: Desk, book: Book, session: Record, form: CardForm, language: str, *, status: int = 200
) -> Response:
    if session["status"] == "complete":
        return _outcome(desk, "paid", language, link=checkout.after_success(session))
    if session["status"] == "expired" or checkout.is_overdue(book, session):
        return _outcome(desk, "expired", language, link=session["cancel_url"], status=410)
    if not form.errors and not form.values:
        form.errors |= _earlier_failure(book, session, language)
    return page(
        desk,
        "checkout.html",
        language=language,
        status=status,
        leads_to=(session["success_url"],),
        session=session,
        total=shown(session["amount_total"], session["currency"]),
        lines=[_line(line) for line in checkout.lines_of(book, session)],
        needs_email=_needs_email(session),
        values=form.values,
        errors=form.errors,
    )


def _line(line: Record) -> dict[str, Any]:
    unit = shown(line["price"]["unit_amount"], line["currency"])
    total = shown(line["amount_total"], line["currency"])
    return {"name": line["description"], "quantity": line["quantity"], "unit": unit, "total": total}


def _earlier_failure(book: Book, session: Record, language: str) -> dict[str, str]:
    """Return the sentence for a try that failed before this page was opened (at 3-D Secure)."""
    intent = book.find("payment_intent", session["payment_intent"] or "")
    error = intent["last_payment_error"] if intent else None
    return {"form": card_message(error, language)} if error else {}


def _needs_email(session: Record) -> bool:
    return not session["customer"] and not session["customer_email"]


def _outcome(desk: Desk, name: str, language: str, *, link: str | None = None, status: int = 200) -> Response:
    return page(desk, "outcome.html", language=language, status=status, outcome=name, link=link)


def _pay(desk: Desk, identifier: str, accepted: str, typed: dict[str, str]) -> Response:
    with desk.ledger.read() as book:
        session, now = book.find("checkout.session", identifier), book.now
    if session is None:
        return _outcome(desk, "not_found", language_of(accepted), status=404)
    language = _language(session, accepted)
    form = read(typed, language=language, needs_email=_needs_email(session), now=now)
    status = 422
    if not form.errors or session["status"] == "complete":
        try:
            return _paid(desk, identifier, form)
        except Refusal as refusal:
            form.blame(refusal, language)
            status = refusal.status
        finally:
            desk.committed()
    with desk.ledger.read() as book:
        session = book.find("checkout.session", identifier) or session
        return _form_or_outcome(desk, book, session, form, language, status=status)


def _paid(desk: Desk, identifier: str, form: CardForm) -> Response:
    """Pay inside one write transaction, where the session is read anew: a second submit finds it paid."""
    with desk.ledger.write() as book:
        session = book.find("checkout.session", identifier)
        assert session is not None, "sessions are never deleted"
        session = checkout.pay(book, desk.house, session, form.params)
        bank = checkout.bank_page(book, session)
    return see_other(bank or _onward(session))


def _onward(session: Record) -> str:
    return checkout.after_success(session) if session["status"] == "complete" else f"/c/pay/{session['id']}"


def _come_back(desk: Desk, identifier: str, accepted: str) -> Response:
    with desk.ledger.read() as book:
        session = book.find("checkout.session", identifier)
    if session is None:
        return _outcome(desk, "not_found", language_of(accepted), status=404)
    return see_other(_onward(session))


ROUTES = [
    Route("/c/pay/{session}", show, methods=["GET"]),
    Route("/c/pay/{session}", pay, methods=["POST"]),
    Route("/c/pay/{session}/return", come_back, methods=["GET"]),
]
