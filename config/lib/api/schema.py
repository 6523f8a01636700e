"""How endpoints describe themselves: their parameters, their refusals, and who may ask."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

from config.lib.api.problems import MEDIA_TYPE, PROBLEMS, ProblemSerializer

WITH_OPTIONAL_FIELDS = {"Problem"}
BY_STATUS = {problem.status: problem for problem in PROBLEMS.values()}


class Schema(AutoSchema):
    """The description of one endpoint, from what its view says; see `config.lib.api.views.Reading`."""

    view: Any  # a Reading, which this module cannot import: it is imported while that one is

    def is_excluded(self) -> bool:
        return self.view.is_hidden

    def get_operation_id(self) -> str:
        return self.view.operation_id

    def get_summary(self) -> str:
        return self.view.summary

    def get_description(self) -> str:  # type: ignore[override]
        return self.view.description

    def get_tags(self) -> list[str]:
        return [self.view.tag]

    def _is_list_view(self, serializer: Any = None) -> bool:
        return self.view.is_list

    def get_paginated_name(self, serializer_name: str) -> str:
        return f"{serializer_name}Page"

    def get_override_parameters(self) -> list[Any]:
        query = self.view.query_serializer
        return [query] if query().fields else []

    def _get_response_bodies(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        bodies = super()._get_response_bodies(*args, **kwargs)
        bodies["200"]["description"] = _("The answer")
        for status in self.view.refusals:
            refusal = self._get_response_for_code(ProblemSerializer, str(status), [MEDIA_TYPE])
            bodies[str(status)] = refusal | {"description": BY_STATUS[status].title}
        return bodies


class MemberSessionScheme(OpenApiAuthenticationExtension):
    """The cookie of the site's session, whose name differs in production."""

    target_class = "config.lib.api.access.MemberSession"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}


def plain_answers(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Say what is so because nothing but answers is described: every field is there, and none can be written.

    The marks by which enumerations would get names of their own go too; ours stay where they are used.
    """
    for name, component in result["components"]["schemas"].items():
        if name not in WITH_OPTIONAL_FIELDS:
            component["required"] = sorted(component.get("properties", {}))
    _drop(result, {"x-spec-enum-id", "readOnly"})
    return result


def _drop(node: Any, keys: set[str]) -> None:
    if isinstance(node, dict):
        for key in keys & node.keys():
            del node[key]
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        _drop(child, keys)
