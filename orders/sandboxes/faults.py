"""Faults on demand: a test, or a person on the page, asks a stand-in to misbehave for its next requests."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orders.sandboxes.pages import Pages
from orders.sandboxes.serving import drop_connection, read_form, read_json

HTTP_FAULTS = {
    "500": "500 を返す / answer 500",
    "429": "429 と Retry-After を返す / answer 429 with Retry-After",
    "hang": "指定の秒数だけ待たせる / hang for some seconds",
    "drop": "返事をせずに接続を切る / drop the connection",
}
AFTER_BY_DEFAULT = frozenset({"drop"})
MOMENTS = ("before", "after")


class FaultRefused(ValueError):
    """The fault asked for does not exist or makes no sense; the message says why."""


@dataclass
class Fault:
    """`remaining` requests will meet it; `when` is before or after the stand-in did its work."""

    kind: str
    remaining: int
    seconds: float
    when: str
    method: str


class Faults:
    """The faults that wait for their requests, oldest first. They live in memory: a restart heals the stand-in."""

    def __init__(self, kinds: Mapping[str, str]) -> None:
        """`kinds` maps each fault this stand-in knows to what it does, for people."""
        self.kinds = kinds
        self.waiting: list[Fault] = []

    def add(self, asked: Mapping[str, Any]) -> Fault:
        """Queue a fault from `{kind, next = 1, seconds = 5, when, method = any}`. Raises FaultRefused."""
        if unknown := set(asked) - {"kind", "next", "seconds", "when", "method"}:
            raise FaultRefused(f"unknown fields: {', '.join(sorted(unknown))}")
        kind = str(asked.get("kind"))
        if kind not in self.kinds:
            raise FaultRefused(f"unknown kind {kind!r}; known: {', '.join(self.kinds)}")
        when = str(asked.get("when") or ("after" if kind in AFTER_BY_DEFAULT else "before"))
        if when not in MOMENTS:
            raise FaultRefused(f"when is 'before' or 'after', not {when!r}")
        fault = Fault(
            kind=kind,
            remaining=int(_number(asked, "next", default=1, lowest=1)),
            seconds=_number(asked, "seconds", default=5, lowest=0),
            when=when,
            method=str(asked.get("method") or "").upper(),
        )
        self.waiting.append(fault)
        return fault

    def take(self, kinds: Collection[str], *, method: str = "") -> Fault | None:
        """Use up one turn of the oldest waiting fault of these kinds, if there is one for this method."""
        for fault in self.waiting:
            if fault.kind in kinds and fault.method in ("", method):
                fault.remaining -= 1
                if fault.remaining == 0:
                    self.waiting.remove(fault)
                return fault
        return None

    def clear(self) -> None:
        self.waiting.clear()

    def listed(self) -> list[dict[str, Any]]:
        return [asdict(fault) for fault in self.waiting]


def _number(asked: Mapping[str, Any], name: str, *, default: float, lowest: float) -> float:
    value = asked.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or value < lowest:
        raise FaultRefused(f"{name} must be a number of at least {lowest}, not {value!r}")
    return value


def server_error(fault: Fault) -> Response:
    return JSONResponse({"code": "internal_error", "message": "Fault asked for: internal error."}, 500)


def too_many(fault: Fault) -> Response:
    headers = {"Retry-After": f"{fault.seconds:.0f}"}
    return JSONResponse({"code": "rate_limited", "message": "Fault asked for: too many requests."}, 429, headers)


class FaultMiddleware:
    """Lets the API's requests meet the waiting faults. Pages, health and the sandbox's own addresses meet none."""

    def __init__(
        self, app: ASGIApp, *, faults: Faults, prefix: str, answers: Mapping[str, Callable[[Fault], Response]]
    ) -> None:
        """`answers` gives the responses of the kinds that answer something, beside 500 and 429."""
        self.app = app
        self.faults = faults
        self.prefix = prefix
        self.answers = {"500": server_error, "429": too_many, **answers}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        fault = None
        if scope["type"] == "http" and scope["path"].startswith(self.prefix):
            fault = self.faults.take({*self.answers, "hang", "drop"}, method=scope["method"])
        if fault is None:
            await self.app(scope, receive, send)
        else:
            await self._misbehave(fault, scope, receive, send)

    async def _misbehave(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        # Read first: the client may have gone by the time the work is done, which must not undo it.
        receive = replayed(await Request(scope, receive).body(), receive)
        answered: list[Message] = []
        if fault.when == "after":
            answered = await self._work_unheard(scope, receive)
        if fault.kind == "drop":
            await drop_connection(scope, receive)
        elif fault.kind in self.answers:
            await self.answers[fault.kind](fault)(scope, receive, send)
        else:
            await asyncio.sleep(fault.seconds)
            await _say(answered, send) if answered else await self.app(scope, receive, send)

    async def _work_unheard(self, scope: Scope, receive: Receive) -> list[Message]:
        answered: list[Message] = []

        async def keep(message: Message) -> None:
            answered.append(message)

        await self.app(scope, receive, keep)
        return answered


async def _say(messages: list[Message], send: Send) -> None:
    for message in messages:
        await send(message)


def replayed(body: bytes, receive: Receive) -> Receive:
    """A receive that gives the body first, then whatever the connection says next."""
    parts: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return parts.pop() if parts else await receive()

    return receive_again


def fault_routes(faults: Faults, pages: Pages) -> list[Route]:
    """`/sandbox/faults` for programs, `/faults/` for people."""

    async def api(request: Request) -> Response:
        if request.method == "POST":
            try:
                faults.add(_mapping(await read_json(request)))
            except FaultRefused as error:
                return JSONResponse({"code": "invalid_fault", "message": str(error)}, 422)
        elif request.method == "DELETE":
            faults.clear()
        status = 201 if request.method == "POST" else 200
        return JSONResponse({"faults": faults.listed(), "kinds": dict(faults.kinds)}, status)

    async def page(request: Request) -> Response:
        refusal = ""
        if request.method == "POST":
            try:
                _from_form(faults, await read_form(request))
                return RedirectResponse("./", 303)
            except FaultRefused as error:
                refusal = str(error)
        context = {"faults": faults.listed(), "kinds": faults.kinds.items(), "refusal": refusal, "here": "faults"}
        return pages.render(request, "sandboxes/faults.html", context, status=422 if refusal else 200)

    return [
        Route("/sandbox/faults", api, methods=["GET", "POST", "DELETE"]),
        Route("/faults/", page, methods=["GET", "POST"]),
    ]


def _mapping(body: Any) -> Mapping[str, Any]:
    if not isinstance(body, dict):
        raise FaultRefused('the body must be an object such as {"kind": "500", "next": 2}')
    return body


def _from_form(faults: Faults, form: Mapping[str, str]) -> None:
    if form.get("act") == "clear":
        faults.clear()
        return
    try:
        numbers = {"next": int(form.get("next") or 1), "seconds": float(form.get("seconds") or 5)}
    except ValueError as error:
        raise FaultRefused(f"回数と秒数は数字で入力してください。({error})") from error
    faults.add({"kind": form.get("kind", ""), "when": form.get("when", ""), **numbers})
