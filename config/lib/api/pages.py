"""Lists in pages of a bounded size, by cursor: the hundredth page costs what the first does."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework import pagination
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request


class Pagination(pagination.CursorPagination):
    """The newest first. What comes in while a client turns the pages never shows a row twice and never hides one."""

    page_size = 24
    max_page_size = 100
    page_size_query_param = "page_size"
    ordering = "-pk"

    def paginate_queryset(self, queryset: QuerySet[Any], request: Request, view: Any = None) -> list[Any] | None:
        """A cursor that no page of ours gave out is a bad value, also one that only looks like a cursor."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except (NotFound, ValueError, OverflowError) as error:
            sentence = _("This is no cursor of this list. Follow the addresses in `next` and `previous`.")
            raise ValidationError({"cursor": [sentence]}) from error

    def decode_cursor(self, request: Request) -> Any:
        """REST framework reads much as a cursor; ours is one that we would write in the very same letters."""
        cursor = super().decode_cursor(request)
        written = request.query_params.get(self.cursor_query_param)
        if cursor is not None and parse_qs(urlsplit(self.encode_cursor(cursor)).query).get("cursor") != [written]:
            raise NotFound(self.invalid_cursor_message)
        return cursor

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """A page; unlike REST framework's own description it says that the first and the last lead nowhere."""
        address = {"type": ["string", "null"], "format": "uri"}
        ends = {"next": _("The page after this one, or null."), "previous": _("The page before this one, or null.")}
        fields = {name: address | {"description": words} for name, words in ends.items()}
        return {"type": "object", "properties": fields | {"results": schema}}
