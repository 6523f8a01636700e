"""kintone's addresses in use, the sandbox's own ones, and its page."""

from collections.abc import Mapping
from pathlib import Path
from secrets import compare_digest
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from orders.sandboxes.faults import HTTP_FAULTS, FaultMiddleware, Faults, fault_routes
from orders.sandboxes.kintone import errors, records
from orders.sandboxes.kintone.definition import App
from orders.sandboxes.kintone.errors import KintoneError
from orders.sandboxes.kintone.query import parsed
from orders.sandboxes.ledger import Ledger, Row, like, shown, utc_now
from orders.sandboxes.pages import Pages, static_files
from orders.sandboxes.serving import BadBody, SecurityHeaders, healthz, read_json

FAULTS = HTTP_FAULTS | {"GAIA_DA02": "データベースロック (400) を返す / answer the database lock"}
PRODUCT = {
    "name": "kintone サンドボックス",
    "name_en": "kintone sandbox",
    "icon": "kintone.svg",
    "note": "kintone の REST API の代わりです。サイボウズ株式会社とは関係ありません。",
    "nav": [("", "records", "レコード"), ("faults/", "faults", "障害")],
}
PAGE_SIZE = 50


def application(ledger: Ledger, app: App, *, token: str) -> Starlette:
    faults = Faults(FAULTS)
    pages = Pages(Path(__file__).parent / "templates", product=PRODUCT)
    answers = {"GAIA_DA02": lambda fault: answered(errors.locked())}
    return Starlette(
        routes=[
            *api_routes(ledger, app, token),
            *own_routes(ledger, app, pages),
            *fault_routes(faults, pages),
            Route("/healthz", healthz),
            static_files(),
        ],
        middleware=[
            Middleware(SecurityHeaders),
            Middleware(FaultMiddleware, faults=faults, prefix="/k/v1/", answers=answers),
        ],
        exception_handlers={BadBody: unreadable, KintoneError: refused},
    )


def answered(error: KintoneError) -> Response:
    return JSONResponse(error.body(), error.status)


async def refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, KintoneError)
    return answered(error)


async def unreadable(request: Request, error: Exception) -> Response:
    return answered(errors.bad_json())


def api_routes(ledger: Ledger, app: App, token: str) -> list[Route]:
    async def put(request: Request) -> Response:
        check_token(request, token)
        body = await read_json(request)
        if not isinstance(body, dict):
            raise errors.bad_json()
        check_app(body.get("app"), app)
        asked, upsert = _asked(body)
        return JSONResponse({"records": records.put(ledger, app, asked, upsert=upsert, now=utc_now())})

    async def search(request: Request) -> Response:
        check_token(request, token)
        parameters = await _parameters(request)
        check_app(parameters.get("app"), app)
        found, total = records.found(ledger, app, parsed(str(parameters.get("query", "")), app))
        wanted = _wanted_fields(parameters)
        counted = str(parameters.get("totalCount", "")).lower() == "true"
        return JSONResponse(
            {
                "records": [_only(record, wanted) for record in found],
                "totalCount": str(total) if counted else None,
            }
        )

    path = "/k/v1/records.json"
    return [Route(path, put, methods=["PUT"]), Route(path, search, methods=["GET"])]


def check_token(request: Request, token: str) -> None:
    """kintone takes several tokens joined by commas; one of them must be this app's."""
    sent = request.headers.get("x-cybozu-api-token")
    if not sent:
        raise errors.sign_in()
    if not any(compare_digest(part.strip().encode(), token.encode()) for part in sent.split(",")):
        raise errors.bad_token()


def check_app(asked: Any, app: App) -> None:
    if asked is None or asked == "":
        raise errors.invalid({"app": ["必須です。"]})
    if isinstance(asked, bool) or not str(asked).isdigit():
        raise errors.invalid({"app": ["整数で指定してください。"]})
    if str(asked) != app.id:
        raise errors.token_of_another_app(str(asked))


def _asked(body: Mapping[str, Any]) -> tuple[list[Any], bool]:
    wrong = {name: ["不明な項目です。"] for name in sorted(set(body) - {"app", "records", "upsert"})}
    asked, upsert = body.get("records"), body.get("upsert", False)
    if not isinstance(asked, list):
        wrong["records"] = ["必須です。"]
    if not isinstance(upsert, bool):
        wrong["upsert"] = ["真偽値で指定してください。"]
    if wrong or not isinstance(asked, list):
        raise errors.invalid(wrong)
    return asked, upsert


async def _parameters(request: Request) -> Mapping[str, Any]:
    """A GET's parameters are in its address, or in a JSON body; one that promises a body must send it."""
    if "content-type" not in request.headers:
        return request.query_params
    body = await read_json(request)
    if not isinstance(body, dict):
        raise errors.bad_request()
    return body


def _wanted_fields(parameters: Mapping[str, Any]) -> list[str]:
    if isinstance(parameters.get("fields"), list):
        return [str(code) for code in parameters["fields"]]
    return [str(value) for name, value in parameters.items() if name.startswith("fields[")]


def _only(record: Row, wanted: list[str]) -> Row:
    return {code: cell for code, cell in record.items() if not wanted or code in wanted}


def own_routes(ledger: Ledger, app: App, pages: Pages) -> list[Route]:
    async def index(request: Request) -> Response:
        return pages.render(request, "records.html", _page_context(ledger, app, request))

    async def book(request: Request) -> Response:
        return JSONResponse(records.counted(ledger))

    return [Route("/", index), Route("/sandbox/ledger.json", book)]


def _page_context(ledger: Ledger, app: App, request: Request) -> dict[str, Any]:
    search = request.query_params.get("q", "")
    before = request.query_params.get("before", "")
    limit_id = int(before) if before.isascii() and before.isdigit() and len(before) < 18 else 2**62
    found = ledger.rows(
        "SELECT * FROM records WHERE id < ? AND content LIKE ? ESCAPE '\\' ORDER BY id DESC LIMIT ?",
        limit_id,
        like(search),
        PAGE_SIZE + 1,
    )
    rows = [_page_row(ledger, app, row) for row in found[:PAGE_SIZE]]
    return {
        "app": app,
        "codes": list(app.fields.values()),
        "rows": rows,
        "search": search,
        "records": ledger.value("SELECT count(*) FROM records"),
        "inserts": ledger.value("SELECT count(*) FROM operations WHERE operation = 'INSERT'"),
        "updates": ledger.value("SELECT count(*) FROM operations WHERE operation = 'UPDATE'"),
        "older": f"?before={rows[-1]['id']}" if len(found) > PAGE_SIZE else "",
        "newest": "./" if before else "",
        "here": "records",
    }


def _page_row(ledger: Ledger, app: App, row: Row) -> Row:
    record = records.shown(app, row)
    times = {
        count["operation"]: count["times"]
        for count in ledger.rows(
            "SELECT operation, count(*) AS times FROM operations WHERE record_id = ? GROUP BY operation", row["id"]
        )
    }
    cells = [
        {"label": field.label, "type": field.type, "value": _cell(field.type, record[code]["value"])}
        for code, field in app.fields.items()
    ]
    return {
        "id": row["id"],
        "revision": row["revision"],
        "updated": shown(row["updated_at"]),
        "cells": cells,
        "inserts": times.get("INSERT", 0),
        "updates": times.get("UPDATE", 0),
    }


def _cell(kind: str, value: str) -> str:
    if kind == "NUMBER" and value:
        whole, _, part = value.partition(".")
        return f"{int(whole):,}" + (f".{part}" if part else "")
    return shown(value)[:-3] if kind == "DATETIME" and value else value
