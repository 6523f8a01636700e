"""The warehouse's pages: what is to be sent off, a button that ships it, and the webhooks that told of it."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from orders.sandboxes.ledger import Ledger, Row, shown, utc_now
from orders.sandboxes.pages import Pages
from orders.sandboxes.serving import read_form
from orders.sandboxes.warehouse import instructions
from orders.sandboxes.warehouse.instructions import CARRIERS, Refused
from orders.sandboxes.warehouse.webhooks import Outbox

PAGE_SIZE = 20
STATES = {
    "accepted": ("受付済み", ""),
    "partially_shipped": ("一部出荷", "busy"),
    "shipped": ("出荷済み", "good"),
    "cancelled": ("取消", "bad"),
}
TEMPERATURES = {"ambient": "常温", "chilled": "冷蔵", "frozen": "冷凍"}


def page_routes(ledger: Ledger, outbox: Outbox, pages: Pages) -> list[Route]:
    def index(request: Request, *, refusal: str = "", status: int = 200) -> Response:
        context = _index_context(ledger, request) | {"refusal": refusal, "here": "instructions"}
        return pages.render(request, "index.html", context, status=status)

    async def show_index(request: Request) -> Response:
        return index(request)

    async def ship(request: Request) -> Response:
        try:
            asked = _asked(await read_form(request))
            instructions.ship(ledger, outbox, request.path_params["id"], asked, now=utc_now())
        except Refused as refusal:
            reasons = [message for messages in (refusal.errors or {}).values() for message in messages]
            return index(request, refusal=f"出荷できません。{refusal} {' '.join(reasons)}", status=refusal.status)
        return RedirectResponse(f"../../?shipped={request.path_params['id']}", 303)

    async def stock(request: Request) -> Response:
        skus = (await read_form(request)).get("skus", "").replace(",", " ").split()
        instructions.set_out_of_stock(ledger, skus)
        return RedirectResponse("../", 303)

    async def events(request: Request) -> Response:
        context = {"events": [_event_row(event) for event in outbox.listed(limit=100)], "url": outbox.url}
        return pages.render(request, "events.html", context | {"here": "events"})

    async def resend(request: Request) -> Response:
        outbox.resend(request.path_params["id"])
        return RedirectResponse("../../", 303)

    return [
        Route("/", show_index),
        Route("/instructions/{id}/ship", ship, methods=["POST"]),
        Route("/out-of-stock/", stock, methods=["POST"]),
        Route("/events/", events),
        Route("/events/{id}/resend", resend, methods=["POST"]),
    ]


def _asked(form: Mapping[str, str]) -> dict[str, Any]:
    """The ship request from the page's form; lines left empty or at 0 are not meant."""
    lines = []
    for name, value in form.items():
        if name.startswith("quantity.") and value.strip() not in ("", "0"):
            if not (value.isascii() and value.isdigit()):
                raise Refused("invalid", f"数量「{value}」は1以上の整数で入力してください。", status=422)
            lines.append({"line_reference": name.removeprefix("quantity."), "quantity": int(value)})
    tracking = form.get("tracking_number", "").strip()
    return {"lines": lines, "carrier": form.get("carrier")} | ({"tracking_number": tracking} if tracking else {})


def _index_context(ledger: Ledger, request: Request) -> dict[str, Any]:
    page = request.query_params.get("page", "")
    number = int(page) if page.isascii() and page.isdigit() and len(page) < 9 else 0
    search, state = request.query_params.get("q", ""), request.query_params.get("state", "")
    rows = instructions.listed(ledger, search=search, state=state, limit=PAGE_SIZE + 1, offset=number * PAGE_SIZE)
    shipped = request.query_params.get("shipped", "")
    return {
        "instructions": [_row(row) for row in rows[:PAGE_SIZE]],
        "states": [(key, label) for key, (label, _) in STATES.items()],
        "carriers": CARRIERS,
        "search": search,
        "state": state,
        "older": f"?page={number + 1}&state={state}" if len(rows) > PAGE_SIZE else "",
        "newest": "./" if number else "",
        "done": f"{shipped} を出荷しました。" if shipped else "",
        "out_of_stock": " ".join(instructions.out_of_stock(ledger)),
    }


def _row(instruction: Row) -> Row:
    label, tone = STATES[instruction["state"]]
    lines = [line | {"left": line["quantity"] - line["shipped"]} for line in instruction["lines"]]
    return instruction | {
        "label": label,
        "tone": tone,
        "received": shown(instruction["created_at"]),
        "temperature_label": TEMPERATURES[instruction["temperature"]],
        "open": instruction["state"] in ("accepted", "partially_shipped"),
        "lines": lines,
        "shipments": [entry | {"shipped_at": shown(entry["shipped_at"])} for entry in instruction["shipments"]],
    }


def _event_row(event: Row) -> Row:
    last = event["deliveries"][-1] if event["deliveries"] else None
    if event["delivered_at"]:
        label, tone = "配信済み", "good"
    else:
        label, tone = ("再送待ち", "bad") if last else ("未配信", "busy")
    return event | {
        "label": label,
        "tone": tone,
        "created": shown(event["created_at"]),
        "data": event["body"]["data"],
        "outcome": f"{shown(last['sent_at'])} {last['outcome']}" if last else "",
    }
