"""Error pages that need nothing: no database, no cache, no session. `config/urls.py` names them as handlers."""

import logging

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

BUSY_SECONDS = 120
AWAY_SECONDS = 60


def server_error(request: HttpRequest) -> HttpResponse:
    """The page for what we did not expect; only the number of the request is told, never what went wrong."""
    return HttpResponse(_page("500.html", request), status=500)


def unavailable(request: HttpRequest, retry_after: int = BUSY_SECONDS, words: str = "") -> HttpResponse:
    """The page while the service is being worked on, or why else in `words`; `retry_after` is in seconds."""
    page = _page("503.html", request, words=words)
    return HttpResponse(page, status=503, headers={"Retry-After": str(retry_after)})


class CacheAwayMiddleware(MiddlewareMixin):
    """Answers 503 where a page needs Redis and Redis is away.

    Where it is only a cache, its absence is ignored on the spot. What comes here counts something that must be counted,
    such as the tries at a code: letting them through uncounted would open a door.
    """

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, RedisError):
            return None
        log.warning("%s is refused for now, since Redis is away: %s", request.path, exception)
        return unavailable(request, AWAY_SECONDS, _("This cannot be done just now. Please try again in a minute."))


def _page(template: str, request: HttpRequest, **more: str) -> str:
    """Rendered without the request: the context processors would ask the session and the database."""
    return render_to_string(template, {"request_id": getattr(request, "id", ""), **more})
