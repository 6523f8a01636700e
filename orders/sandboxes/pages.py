"""Pages of the stand-ins: Django's templates without Django's settings, links that hold below any prefix."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.template import Context, Engine
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

HERE = Path(__file__).resolve().parent


class Pages:
    """Renders the templates of one stand-in, which may extend the shared ones in `sandboxes/`."""

    def __init__(self, folder: Path, *, product: Mapping[str, object]) -> None:
        """`product` is what every page says: name, name_en, and nav as (address, key, label) rows."""
        self._engine = Engine(dirs=[str(folder), str(HERE / "templates")], autoescape=True)
        self._product = product

    def render(self, request: Request, template: str, context: Mapping[str, Any], *, status: int = 200) -> HTMLResponse:
        values = {"product": self._product, "root": root(request.url.path), **context}
        # Localization would read Django's settings, which a process of its own has none of.
        page = self._engine.get_template(template).render(Context(values, use_l10n=False, use_tz=False))
        return HTMLResponse(page, status)


def root(path: str) -> str:
    """The way back from this page to the first one, so that links survive a proxy's prefix: `../../` for /a/b/."""
    return "../" * (path.count("/") - 1) or "./"


def static_files() -> Mount:
    return Mount("/static", StaticFiles(directory=HERE / "static"))
