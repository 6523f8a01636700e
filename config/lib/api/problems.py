"""Refusals as problem documents (RFC 9457), each of a type that the documentation explains."""

import logging
from dataclasses import dataclass
from typing import Any

from django.core.signals import got_request_exception
from django.http import Http404
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions, renderers, serializers
from rest_framework.response import Response
from rest_framework.views import exception_handler

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
DOCUMENTATION = "/api/v1/docs/#problem-"


@dataclass(frozen=True)
class ProblemType:
    """One kind of refusal: `code` ends its `type` address and never changes; `title` is the same every time."""

    code: str
    status: int
    title: Promise | str
    meaning: Promise | str

    @property
    def uri(self) -> str:
        return f"{DOCUMENTATION}{self.code}"


PROBLEMS = {
    problem.code: problem
    for problem in (
        ProblemType(
            "invalid",
            400,
            _("The request is not valid"),
            _("A parameter is unknown, is given twice or has a bad value. `errors` names each one and what is wrong."),
        ),
        ProblemType(
            "not_authenticated",
            401,
            _("Nobody is signed in"),
            _("The address shows a member's own data. Sign in and send the session's cookie along."),
        ),
        ProblemType(
            "permission_denied",
            403,
            _("Not allowed"),
            _("You are signed in, but this is not for you. Another account may be meant."),
        ),
        ProblemType(
            "not_found",
            404,
            _("Nothing is at this address"),
            _("It never was, is not published now, or belongs to another member. Start from a list."),
        ),
        ProblemType(
            "method_not_allowed",
            405,
            _("The address can only be read"),
            _("This API takes GET and HEAD; `Allow` lists what an address takes."),
        ),
        ProblemType(
            "not_acceptable",
            406,
            _("There is no answer in that format"),
            _("Ask for `application/json`, or leave the header `Accept` out."),
        ),
        ProblemType(
            "throttled",
            429,
            _("Too many requests"),
            _("Wait as many seconds as `Retry-After` says."),
        ),
        ProblemType(
            "error",
            500,
            _("We made a mistake"),
            _("It has been logged. Try again later; if it stays, write to us with the number in `X-Request-Id`."),
        ),
    )
}


class FieldProblemSerializer(serializers.Serializer[Any]):
    """One parameter and what is wrong with it."""

    parameter = serializers.CharField()
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """A refusal (RFC 9457)."""

    type = serializers.CharField(help_text=_("Which kind of problem this is; a stable address."))
    title = serializers.CharField(help_text=_("The kind in words, in the reader's language."))
    status = serializers.IntegerField(help_text=_("The status of the answer."))
    detail = serializers.CharField(help_text=_("What was wrong this time, and what to do."))
    instance = serializers.CharField(help_text=_("The address that was asked."))
    errors = FieldProblemSerializer(many=True, required=False, help_text=_("For bad parameters: each one."))  # type: ignore[assignment]


def problem_json(error: Exception, context: dict[str, Any]) -> Response:
    """Answer a refusal, or a mistake of ours, as `application/problem+json` with a stable `type`."""
    response = exception_handler(error, context)
    if response is None:
        return _mistake(error, context)
    problem = PROBLEMS.get(_code(error), PROBLEMS["error"])
    detail = str(response.data["detail"]) if "detail" in response.data else str(problem.meaning)
    body = _document(problem, response.status_code, detail, context)
    if isinstance(error, exceptions.ValidationError):
        body["errors"] = _field_problems(response.data)
        body["detail"] = " ".join(f"{one['parameter']}: {one['detail']}" for one in body["errors"])
    return _as_problem(response, body, context)


def _mistake(error: Exception, context: dict[str, Any]) -> Response:
    """Log what we did not expect, tell those who listen for it, and say nothing of it but that it happened."""
    request = context["request"]
    log.error("The API failed at %s", request.path, exc_info=error)
    got_request_exception.send(sender=problem_json, request=request)
    problem = PROBLEMS["error"]
    body = _document(problem, problem.status, str(problem.meaning), context)
    return _as_problem(Response(status=problem.status), body, context)


def _code(error: Exception) -> str:
    if isinstance(error, exceptions.ValidationError):
        return "invalid"
    if isinstance(error, Http404):
        return "not_found"
    codes = error.get_codes() if isinstance(error, exceptions.APIException) else "permission_denied"
    return codes if isinstance(codes, str) else "invalid"


def _document(problem: ProblemType, status: int, detail: str, context: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": problem.uri,
        "title": str(problem.title),
        "status": status,
        "detail": detail,
        "instance": context["request"].path,
    }


def _field_problems(data: dict[str, Any]) -> list[dict[str, str]]:
    return [{"parameter": name, "detail": " ".join(map(str, sentences))} for name, sentences in data.items()]


def _as_problem(response: Response, body: dict[str, Any], context: dict[str, Any]) -> Response:
    """A problem is JSON, whatever format the answer would have had."""
    response.data, response.content_type = body, MEDIA_TYPE
    request = context["request"]
    request.accepted_renderer, request.accepted_media_type = renderers.JSONRenderer(), "application/json"
    return response
