"""The two forms an endpoint has, a list and one thing, both for reading alone."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.decorators import method_decorator
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import conditional_page
from rest_framework import exceptions, serializers
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from config.lib.api.access import MemberSession
from config.lib.api.pages import Pagination

PUBLIC_SECONDS = 60


class NoQuery(serializers.Serializer[Any]):
    """The endpoint takes no parameters."""


class PageQuery(serializers.Serializer[Any]):
    """The parameters of every list."""

    page_size = serializers.IntegerField(
        min_value=1,
        max_value=Pagination.max_page_size,
        required=False,
        help_text=_("How many at once; 24 where it is left out."),
    )
    cursor = serializers.CharField(
        required=False, max_length=200, help_text=_("Which page; as given in `next` and `previous`.")
    )


class Reading(GenericAPIView[Any]):
    """Reads. Refuses unknown parameters, answers "not changed" where that is so, and says how long to keep an answer.

    Public endpoints know nobody, so that one answer serves everybody; `asked` holds the checked parameters. The first
    attributes are for the documentation alone; `refusals` are the statuses of the problems it may answer with.
    """

    operation_id = ""
    summary: Promise | str = ""
    description: Promise | str = ""
    tag = ""
    is_list = False
    is_hidden = False

    http_method_names = ["get", "head"]
    query_serializer: type[serializers.Serializer[Any]] = NoQuery
    authentication_classes: Sequence[Any] = []
    refusals: tuple[int, ...] = (400, 429)
    cache_control = f"public, max-age={PUBLIC_SECONDS}"

    @method_decorator(conditional_page)
    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.asked = checked_query(self.query_serializer, request)
        super().initial(request, *args, **kwargs)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = self.cache_control if response.status_code == 200 else "no-store"
        return response

    def represent(self, rows: Sequence[Any]) -> list[Any]:
        """The rows as they are sent; what all of them need is read here once."""
        return list(self.get_serializer(rows, many=True).data)


class Listing(Reading):
    """A list in pages."""

    is_list = True
    query_serializer: type[serializers.Serializer[Any]] = PageQuery

    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(self.represent(page or []))


class Detail(Reading):
    """One thing. `found` gives it or None; `missing` is the sentence for what is not there."""

    refusals: tuple[int, ...] = (400, 404, 429)
    missing: Any = _("There is nothing at this address.")

    def get(self, request: Request, **named: str) -> Response:
        row = self.found(**named)
        if row is None:
            raise exceptions.NotFound(self.missing)
        return Response(self.represent([row])[0])

    def found(self, **named: str) -> Any:
        rows: QuerySet[Any] = self.get_queryset()
        return rows.filter(**named).first()


class OwnData:
    """A mixin for what belongs to the signed-in member: nobody else is let in, and no cache may keep it."""

    authentication_classes: Sequence[Any] = [MemberSession]
    permission_classes: Sequence[Any] = [IsAuthenticated]
    cache_control = "private, no-store"


def checked_query(query_class: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """The parameters of a request. Raises ValidationError for unknown ones, for two of a name, and for bad values."""
    query = query_class(data=request.query_params.dict())
    wrong = {
        name: [_("This parameter is not known here.")] for name in request.query_params if name not in query.fields
    }
    for name in request.query_params:
        if name not in wrong and len(request.query_params.getlist(name)) > 1:
            wrong[name] = [_("This parameter is given more than once.")]
    if not query.is_valid():
        wrong = query.errors | wrong
    if wrong:
        raise exceptions.ValidationError(wrong)
    return query.validated_data
