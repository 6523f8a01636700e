"""What every page needs: the ledger, the options, templates and a strict content security policy."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.template import Context, Engine
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from orders.sandboxes.payment.errors import Refusal
from orders.sandboxes.payment.ledger import Ledger
from orders.sandboxes.payment.options import Options
from orders.sandboxes.payment.words import PAGES

TEMPLATES = Engine(dirs=[str(Path(__file__).parents[1] / "templates")])
LARGEST_FORM = 20_000


@dataclass(frozen=True, kw_only=True)
class Desk:
    """``committed`` is called after a write, so that events are delivered at once."""

    ledger: Ledger
    house: Options
    committed: Callable[[], None]


def desk_of(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


async def form_of(request: Request) -> dict[str, str]:
    body = await request.body()
    if len(body) > LARGEST_FORM:
        raise Refusal(f"The form is larger than {LARGEST_FORM} bytes.", status=413)
    return dict(parse_qsl(body.decode("utf-8", errors="replace"), keep_blank_values=True))


def page(
    desk: Desk,
    template: str,
    *,
    language: str = "ja",
    status: int = 200,
    leads_to: Iterable[str | None] = (),
    framed: bool = False,
    **context: Any,
) -> Response:
    """Return a page. ``leads_to`` are addresses to which its forms may redirect; ``framed`` lets a shop embed it."""
    shown = {"words": PAGES[language], "language": language, "merchant": desk.house.merchant, "framed": framed}
    html = TEMPLATES.get_template(template).render(Context(shown | context, use_l10n=False, use_tz=False))
    return HTMLResponse(html, status_code=status, headers=_headers(leads_to, framed=framed))


def _headers(leads_to: Iterable[str | None], *, framed: bool) -> dict[str, str]:
    targets = sorted({origin for address in leads_to if address and (origin := _origin(address))})
    policy = {
        "default-src": "'none'",
        "base-uri": "'none'",
        "connect-src": "'self'",
        "form-action": " ".join(["'self'", *targets]),
        "frame-ancestors": "http: https:" if framed else "'none'",
        "img-src": "'self'",
        "script-src": "'self'",
        "style-src": "'self'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def see_other(address: str) -> Response:
    return RedirectResponse(address, status_code=303, headers={"Cache-Control": "no-store"})
