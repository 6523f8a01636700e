"""Takes a request of the API through its steps: key, parameters, idempotency, faults, work, answer.

The work and its stored answer commit in one transaction, so a killed process leaves both or neither.
"""

import asyncio
import hmac
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from orders.sandboxes.payment import faults, idempotency
from orders.sandboxes.payment.api import ENDPOINTS
from orders.sandboxes.payment.api.endpoints import Call, Endpoint
from orders.sandboxes.payment.api.expansion import expanded
from orders.sandboxes.payment.errors import Refusal, unauthenticated
from orders.sandboxes.payment.identifiers import new_id
from orders.sandboxes.payment.ledger import Book, Ledger
from orders.sandboxes.payment.options import Options
from orders.sandboxes.payment.parameters.decoding import decode
from orders.sandboxes.payment.version import API_VERSION
from orders.sandboxes.payment.words import card_message, language_of

logger = logging.getLogger("payment_sandbox")

LARGEST_BODY = 1_000_000
BROWSER_FIELDS = ("key", "_stripe_version", "payment_user_agent")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A status with its JSON text."""

    status: int
    body: str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A request that passed its checks and is to be executed."""

    endpoint: Endpoint
    identifier: str
    params: dict[str, Any]
    from_browser: bool
    request_id: str
    key: str | None
    path: str
    language: str


class Dispatcher:
    """Answers every address below /v1/."""

    def __init__(self, ledger: Ledger, house: Options, *, committed: Callable[[], None]) -> None:
        """``committed`` is called after each committed write: events may be waiting to be delivered."""
        self.ledger = ledger
        self.house = house
        self.committed = committed

    async def answer(self, request: Request) -> Response:
        request_id = new_id("req")
        try:
            answer = await self._answered(request, request_id)
        except Refusal as refusal:
            answer = _refused(refusal)
        headers = {"Request-Id": request_id, **answer.headers}
        headers["Stripe-Version"] = request.headers.get("stripe-version", API_VERSION)
        if key := request.headers.get("idempotency-key"):
            headers["Idempotency-Key"] = key
            if answer.status >= 500:
                # A stored 500 is replayed for ever, so the client is told that a retry is of no use.
                headers["Stripe-Should-Retry"] = "false"
        return Response(answer.body, status_code=answer.status, media_type="application/json", headers=headers)

    async def _answered(self, request: Request, request_id: str) -> Answer:
        body = await _body(request)
        plan = self._plan(request, body, request_id)
        if plan.key is not None:
            stored = await run_in_threadpool(self._claim, plan, decode(body))
            if stored is not None:
                replayed = {"Idempotent-Replayed": "true", "Original-Request": stored.request_id}
                return Answer(status=stored.status, body=stored.body, headers=replayed)
        return await self._with_faults(plan, request)

    def _plan(self, request: Request, body: str, request_id: str) -> Plan:
        """Check the key and the parameters; nothing is written before this has passed."""
        path, method = request.url.path.rstrip("/"), request.method
        given = decode(request.url.query if method == "GET" else body)
        from_browser = self._is_publishable(_key_of(request, given))
        endpoint, identifier = _endpoint(method, path)
        if from_browser and not endpoint.for_browsers:
            raise unauthenticated(
                "This API call cannot be made with a publishable API key. Please use a secret API key, on a server."
            )
        known = {name: value for name, value in given.items() if not (from_browser and name in BROWSER_FIELDS)}
        return Plan(
            endpoint=endpoint,
            identifier=identifier,
            params=endpoint.accepted.checked(known),
            from_browser=from_browser,
            request_id=request_id,
            key=request.headers.get("idempotency-key") if method == "POST" else None,
            path=path,
            language=language_of(request.headers.get("accept-language", "")) if from_browser else "en",
        )

    def _is_publishable(self, key: str | None) -> bool:
        """Return whether the key is the publishable one; refuse a key that is neither that nor a secret key."""
        if not key:
            raise unauthenticated(
                "You did not provide an API key. You need to provide your API key in the Authorization header, using"
                " Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
            )
        if hmac.compare_digest(key.encode(), self.house.publishable_key.encode()):
            return True
        if any(hmac.compare_digest(key.encode(), known.encode()) for known in self.house.secret_keys):
            return False
        raise unauthenticated(f"Invalid API Key provided: {key[:8]}{'*' * 8}{key[-4:] if len(key) > 16 else ''}")

    def _claim(self, plan: Plan, raw: dict[str, Any]) -> idempotency.Stored | None:
        fingerprint = idempotency.fingerprint(plan.endpoint.method, plan.path, raw)
        assert plan.key is not None, "only a request with a key claims it"
        return idempotency.claim(self.ledger, plan.key, fingerprint=fingerprint, request_id=plan.request_id)

    async def _with_faults(self, plan: Plan, request: Request) -> Answer:
        """Execute the plan, with the fault that was asked for before, instead of, or after the work."""
        fault = await run_in_threadpool(self._fault_for, plan)
        if fault is None:
            return await run_in_threadpool(self._execute, plan)
        if fault.kind == "429":
            return await run_in_threadpool(self._rate_limited, plan, fault.seconds)
        if fault.kind == "500":
            return await run_in_threadpool(self._execute, plan, fault)
        if fault.kind == "hang" and not fault.after_work:
            await asyncio.sleep(fault.seconds)
        if fault.kind == "drop" and not fault.after_work:
            return await self._dropped(plan, request)
        answer = await run_in_threadpool(self._execute, plan)
        if fault.after_work:
            await (asyncio.sleep(fault.seconds) if fault.kind == "hang" else _drop(request))
        return answer

    async def _dropped(self, plan: Plan, request: Request) -> Answer:
        """Cut the connection of a request that was not executed; its key is free again."""
        await run_in_threadpool(self._release, plan)
        await _drop(request)
        return _internal_error()

    def _fault_for(self, plan: Plan) -> faults.Fault | None:
        with self.ledger.read() as book:
            if not faults.any_planned(book):
                return None
        with self.ledger.write() as book:
            return faults.request_fault(book, plan.endpoint.method, plan.path)

    def _release(self, plan: Plan) -> None:
        if plan.key is not None:
            with self.ledger.write() as book:
                idempotency.release(book, plan.key)

    def _rate_limited(self, plan: Plan, seconds: float) -> Answer:
        """Answer 429; the request was not executed, so its key is free again."""
        self._release(plan)
        message = f"Request rate limit exceeded. Try again after {seconds:g} s."
        headers = {"Retry-After": f"{seconds:g}"}
        return _refused(Refusal(message, status=429, code="rate_limit", headers=headers))

    def _execute(self, plan: Plan, broken: faults.Fault | None = None) -> Answer:
        if plan.endpoint.method == "GET" and broken is None:
            with self.ledger.read() as book:
                return _worked(plan, book, self.house)
        with self.ledger.write() as book:
            book.request = {"id": plan.request_id, "idempotency_key": plan.key}
            answer = self._work(plan, book, broken)
            if plan.key is not None:
                idempotency.store(book, plan.key, status=answer.status, body=answer.body)
        self.committed()
        return answer

    def _work(self, plan: Plan, book: Book, broken: faults.Fault | None) -> Answer:
        """Do the work inside a savepoint, so that a failure takes back the work but not the stored answer."""
        if broken is not None and not broken.after_work:
            return _internal_error()
        book.connection.execute("SAVEPOINT work")
        try:
            answer = _worked(plan, book, self.house)
        except Refusal as refusal:
            if not refusal.keeps_work:
                book.connection.execute("ROLLBACK TO work")
            answer = _refused(_spoken(refusal, plan.language))
        except Exception:
            logger.exception("%s %s failed", plan.endpoint.method, plan.path)
            book.connection.execute("ROLLBACK TO work")
            answer = _internal_error()
        book.connection.execute("RELEASE work")
        return answer if broken is None else _internal_error()


def _worked(plan: Plan, book: Book, house: Options) -> Answer:
    call = Call(
        book=book,
        house=house,
        params={name: value for name, value in plan.params.items() if name != "expand"},
        identifier=plan.identifier,
        from_browser=plan.from_browser,
    )
    result = expanded(book, plan.endpoint.handle(call), plan.params.get("expand", []))
    return Answer(status=200, body=json.dumps(result, indent=2, ensure_ascii=False))


def _spoken(refusal: Refusal, language: str) -> Refusal:
    """Put a card's refusal into the buyer's language, as Stripe's library does in the browser."""
    if refusal.error["type"] == "card_error":
        refusal.error["message"] = card_message(refusal.error, language)
    return refusal


async def _drop(request: Request) -> None:
    """Cut the connection without an answer; the server's protocol brings the means."""
    await request.scope["extensions"]["payment_sandbox.drop"]()


async def _body(request: Request) -> str:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise Refusal(f"The request is larger than {LARGEST_BODY} bytes.", status=413)
    kind = request.headers.get("content-type", "application/x-www-form-urlencoded")
    if body and not kind.startswith("application/x-www-form-urlencoded"):
        raise Refusal(f"Send the parameters form-encoded, not as {kind}.")
    return body.decode("utf-8", errors="replace")


def _key_of(request: Request, given: dict[str, Any]) -> str | None:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return key.strip()
    return given.get("key") if isinstance(given.get("key"), str) else None


def _endpoint(method: str, path: str) -> tuple[Endpoint, str]:
    for endpoint in ENDPOINTS:
        identifier = endpoint.identifier_in(path) if endpoint.method == method else None
        if identifier is not None and not path.endswith("/search"):
            return endpoint, identifier
    raise Refusal(
        f"Unrecognized request URL ({method}: {path}). The payment sandbox does not implement it; if Stripe does, test"
        " against Stripe.",
        status=404,
    )


def _refused(refusal: Refusal) -> Answer:
    body = json.dumps(refusal.body(), indent=2, ensure_ascii=False)
    return Answer(status=refusal.status, body=body, headers=refusal.headers)


def _internal_error() -> Answer:
    message = "An error occurred in the payment sandbox. Ask for the object before you try anew under another key."
    return _refused(Refusal(message, status=500, kind="api_error"))
