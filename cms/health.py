"""What a supervisor and a load balancer ask: is this process alive, and can it serve?

Both are answered before everything else, whatever name they were asked under: a probe calls a machine by its address,
which is no name of the site, and must leave neither a session nor a cookie.
"""

import logging
import os
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import redis
from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.conf import settings
from django.core.files.storage import FileSystemStorage, storages
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from redis.backoff import NoBackoff
from redis.retry import Retry

from cms.metrics import metrics

log = logging.getLogger(__name__)

PART_SECONDS = 2.0
RETRY_SECONDS = 5
NOT_KEPT = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """This process answers; nothing else is asked, or one lost database would restart every web process."""
    return HttpResponse("ok", content_type="text/plain; charset=utf-8", headers=NOT_KEPT)


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Whether what every page needs is there, part by part; 503 while something is missing."""
    parts = _states()
    is_ready = all(part.state == "ok" for part in parts.values())
    body = {"status": "ready" if is_ready else "not ready", "parts": {name: vars(one) for name, one in parts.items()}}
    headers = NOT_KEPT if is_ready else NOT_KEPT | {"Retry-After": str(RETRY_SECONDS)}
    return JsonResponse(body, status=200 if is_ready else 503, headers=headers)


@dataclass(frozen=True)
class Part:
    """How one part answered: `state` is ok, failed or silent; `milliseconds` is how long that took."""

    state: str
    milliseconds: int
    reason: str = ""


class NotWritable(Exception):
    """A folder that files are written to is missing, no folder, or closed to this process."""


def _ask_database() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    finally:
        connection.close()  # it belongs to the thread of this check alone


def _ask_redis() -> None:
    with redis.Redis.from_url(
        settings.REDIS_URL,
        socket_connect_timeout=PART_SECONDS,
        socket_timeout=PART_SECONDS,
        retry=Retry(NoBackoff(), 0),
    ) as client:
        client.ping()


def _ask_storage() -> None:
    storage = storages["packages"]
    if isinstance(storage, FileSystemStorage):
        _refuse_closed_folder(Path(storage.location))
    else:
        storage.exists("readyz")


def _refuse_closed_folder(folder: Path) -> None:
    """A folder that is not there yet is made with the first file, so what counts is the nearest one above it."""
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        raise NotWritable(f"{existing} is no folder that can be written to")


CHECKS: dict[str, Callable[[], None]] = {"database": _ask_database, "redis": _ask_redis, "storage": _ask_storage}
_asked: dict[str, "Future[Part]"] = {}
_lock = threading.Lock()


def _states() -> dict[str, Part]:
    """Every part side by side, none waited for longer than two seconds."""
    waiting = {name: _ask(name) for name in CHECKS}
    deadline = time.monotonic() + PART_SECONDS
    return {name: _answer(name, future, deadline) for name, future in waiting.items()}


def _ask(name: str) -> "Future[Part]":
    """The check under way, or a new one: a part that hangs must not cost one more thread with every probe."""
    with _lock:
        running = _asked.get(name)
        if running is None or running.done():
            running = _asked[name] = Future()
            threading.Thread(target=_run, args=(name, running), name=f"readyz-{name}", daemon=True).start()
    return running


def _run(name: str, future: "Future[Part]") -> None:
    """Why it failed is for the log; the answer, which anybody may read, names the kind alone."""
    began = time.monotonic()
    try:
        CHECKS[name]()
        state, reason = "ok", ""
    except Exception as error:  # whatever goes wrong here is the very answer
        log.warning("Not ready: %s failed: %s: %s", name, type(error).__name__, error)
        state, reason = "failed", type(error).__name__
    future.set_result(Part(state, round((time.monotonic() - began) * 1000), reason))


def _answer(name: str, future: "Future[Part]", deadline: float) -> Part:
    try:
        return future.result(timeout=max(0.0, deadline - time.monotonic()))
    except TimeoutError:
        log.warning("Not ready: %s has not answered within %s s", name, PART_SECONDS)
        return Part("silent", round(PART_SECONDS * 1000), f"no answer within {PART_SECONDS:g} s")


PROBES = {"/healthz": healthz, "/readyz": readyz, "/metrics": metrics}


class ProbeMiddleware:
    """Answers the probes in front of everything; stands first in `MIDDLEWARE`."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse | Awaitable[HttpResponse]]) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponse | Awaitable[HttpResponse]:
        probe = PROBES.get(request.path_info)
        if probe is None:
            return self.get_response(request)
        # The checks wait, so the event loop must not: a thread of their own waits for them.
        return sync_to_async(_alone, thread_sensitive=False)(probe, request) if self.is_async else probe(request)


def _alone(probe: Callable[[HttpRequest], HttpResponse], request: HttpRequest) -> HttpResponse:
    """Answer in a thread of its own, whose connection to the database nobody uses again."""
    try:
        return probe(request)
    finally:
        connection.close()
