"""Small things around every request: its name in the logs, the reader's choice of language, and the static files."""

import uuid
from collections.abc import Callable

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import check_for_language
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile

from config.lib import logs


class _Middleware:
    """A middleware whose work is done before and after, the same for a synchronous and an asynchronous chain."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if self.is_async:
            return self._call_async(request)  # type: ignore[return-value]
        self.before(request)
        return self.after(request, self.get_response(request))

    async def _call_async(self, request: HttpRequest) -> HttpResponse:
        self.before(request)
        return self.after(request, await self.get_response(request))  # type: ignore[misc]

    def before(self, request: HttpRequest) -> None: ...

    def after(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        return response


class RequestIdMiddleware(_Middleware):
    """Give each request an id that error pages show, log lines name and the answer carries."""

    def before(self, request: HttpRequest) -> None:
        request.id = uuid.uuid4().hex[:12]  # type: ignore[attr-defined]
        logs.from_here_on(request=request.id)  # type: ignore[attr-defined]

    def after(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response["X-Request-Id"] = request.id  # type: ignore[attr-defined]
        return response


class StaticFilesMiddleware(WhiteNoiseMiddleware):
    """WhiteNoise, with answers that are whole.

    It hands a file on in pieces, which an asynchronous server has to read all at once anyway, and warns of. Parts of a
    file (Range), what has not changed, and packed variants are WhiteNoise's own answers, kept as they are.
    """

    @staticmethod
    def serve(static_file: StaticFile, request: HttpRequest) -> HttpResponse:
        answer = static_file.get_response(request.method, request.META)
        body = b""
        if answer.file is not None:
            with answer.file:
                body = answer.file.read()
        response = HttpResponse(body, status=int(answer.status))
        del response["Content-Type"]
        for name, value in answer.headers:
            response[name] = value
        if body:  # a file that was edited since the start is longer or shorter than was noted then
            response["Content-Length"] = str(len(body))
        return response


class LanguageChoiceMiddleware(_Middleware):
    """`?hl=en` shows the page in English and remembers it; the address keeps its path and query.

    Stands before Django's LocaleMiddleware, which reads the cookie that is laid into the request here.
    """

    def before(self, request: HttpRequest) -> None:
        chosen = request.GET.get("hl", "")
        if chosen in dict(settings.LANGUAGES) and check_for_language(chosen):
            request.COOKIES[settings.LANGUAGE_COOKIE_NAME] = chosen
            request.chosen_language = chosen  # type: ignore[attr-defined]

    def after(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        chosen = getattr(request, "chosen_language", None)
        if chosen:
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME,
                chosen,
                max_age=31_536_000,
                samesite="Lax",
                secure=settings.PRODUCTION,
            )
        return response
