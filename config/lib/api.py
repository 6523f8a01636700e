"""What every endpoint of the REST API shares: pages of a bounded size, refusals as problem documents."""

from typing import Any

from django.http import Http404
from rest_framework import exceptions, pagination
from rest_framework.response import Response
from rest_framework.views import exception_handler


class Pagination(pagination.CursorPagination):
    """Pages by cursor, so that the hundredth costs what the first does."""

    page_size = 24
    max_page_size = 100
    page_size_query_param = "page_size"
    ordering = "-pk"


def problem_json(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer a refusal as `application/problem+json` (RFC 9457) with a stable `type`."""
    response = exception_handler(error, context)
    if response is None:
        return None
    code = _code(error)
    problem: dict[str, Any] = {
        "type": f"/api/v1/docs/#problem-{code}",
        "title": _title(response.data),
        "status": response.status_code,
        "instance": context["request"].path,
    }
    if isinstance(error, exceptions.ValidationError):
        problem["errors"] = response.data
    response.data = problem
    response.content_type = "application/problem+json"
    return response


def _code(error: Exception) -> str:
    if isinstance(error, Http404):
        return "not_found"
    codes = error.get_codes() if isinstance(error, exceptions.APIException) else "error"
    return codes if isinstance(codes, str) else "invalid"


def _title(data: Any) -> str:
    return str(data["detail"]) if isinstance(data, dict) and "detail" in data else "The request is not valid."
