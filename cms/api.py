"""The REST API as a whole: its first page, its description for machines and for people, and what is not there."""

from functools import lru_cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)
from rest_framework import exceptions, serializers
from rest_framework.response import Response
from rest_framework.reverse import reverse

from cms.api_reference import reference
from config.lib.api.problems import PROBLEMS
from config.lib.api.views import Reading

NAMES = ("titles", "products", "me", "orders", "entitlements", "schema", "docs")


class IndexSerializer(serializers.Serializer[Any]):
    """Where everything is."""

    titles = serializers.URLField()
    products = serializers.URLField()
    me = serializers.URLField()
    orders = serializers.URLField()
    entitlements = serializers.URLField()
    schema = serializers.URLField()
    docs = serializers.URLField()


class Index(Reading):
    operation_id = "readIndex"
    tag = "index"
    summary = _("Where everything is")
    description = _("The addresses from which everything else is reached.")
    serializer_class = IndexSerializer

    def get(self, request: Any) -> Response:
        return Response({name: reverse(f"api:{name}", request=request) for name in NAMES})


class SchemaQuery(serializers.Serializer[Any]):
    format = serializers.ChoiceField(choices=["json", "yaml"], required=False)


class SchemaDocument(Reading):
    """The OpenAPI document, in the reader's language; JSON, or YAML by `Accept` or `?format=yaml`."""

    is_hidden = True
    query_serializer = SchemaQuery
    renderer_classes = [OpenApiJsonRenderer2, OpenApiJsonRenderer, OpenApiYamlRenderer2, OpenApiYamlRenderer]

    def get(self, request: Any) -> Response:
        return Response(document(translation.get_language() or "ja"))


@lru_cache(maxsize=8)
def document(language: str) -> dict[str, Any]:
    """The OpenAPI document; it changes with the code alone, so it is made once in each language."""
    with translation.override(language):
        return SchemaGenerator().get_schema(request=None, public=True)


@require_safe
def show_docs(request: HttpRequest) -> HttpResponse:
    """The documentation, made from the OpenAPI document and so never behind it."""
    base = request.build_absolute_uri("/").rstrip("/")
    context = {
        "reference": reference(document(translation.get_language() or "ja"), base=base),
        "problems": list(PROBLEMS.values()),
        "base": base,
    }
    return render(request, "cms/api_docs.html", context)


class NothingHere(Reading):
    """Whatever else is asked for: refused as an API refuses, not with the site's page."""

    is_hidden = True

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        raise exceptions.NotFound(_("There is nothing at this address. Begin at /api/v1/."))
