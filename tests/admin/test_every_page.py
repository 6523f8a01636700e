"""Every page of the staff's side: it opens, it costs few queries with many rows, and it keeps to the policy."""

import re
import uuid

from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from orders.models import OperatorAction, Order, OrderEvent, PipelineRun, ProviderEvent, StageAttempt, StageRun
from shop.models import Product, ProductImage, StockItem
from tests import builders
from tests.admin.rows import fill
from tests.architecture.sources import APPS
from vod.models import Title

MOST_QUERIES = 16
AGAINST_THE_POLICY = re.compile(
    r"<style\b|<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")|<[a-z][^>]*\s(?:style|on[a-z]+)=", re.I
)
MODELS = [model for app in APPS for model in apps.get_app_config(app).get_models()]


def _page(model, act: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{act}", args=args)


def _fault(client, url: str) -> str:
    """What is wrong with a page, or nothing."""
    with CaptureQueriesContext(connection) as queries:
        response = client.get(url)
    if response.status_code != 200:
        return f"{url}: status {response.status_code}"
    if len(queries) > MOST_QUERIES:
        return f"{url}: {len(queries)} queries"
    found = AGAINST_THE_POLICY.search(response.content.decode())
    return f"{url}: {found.group()[:90]}" if found else ""


def _pages_of(model) -> list[str]:
    rows = model._default_manager.order_by("-pk")
    one = (rows.filter(archive__isnull=True) if model is PipelineRun else rows).first()  # an archived one leads on
    return [_page(model, "changelist"), _page(model, "changelist") + "?q=a", _page(model, "change", one.pk)]


def test_every_model_has_a_page_of_its_own():
    assert not [model.__name__ for model in MODELS if model not in admin.site._registry]


def test_every_page_opens_in_few_queries_and_keeps_to_the_policy(visit, chief):
    fill(30)
    client = visit(chief)
    client.get("/admin/")  # what is read once and kept, such as the content types
    pages = ["/admin/", *(page for model in MODELS for page in _pages_of(model))]
    assert not [fault for page in pages if (fault := _fault(client, page))]


def test_a_clerk_with_a_role_costs_few_queries_too(visit, sam):
    """Permissions of a role are asked of the database; those of the chief are not."""
    fill(2)
    client = visit(sam)
    client.get("/admin/")
    pages = ["/admin/", *_pages_of(Order), *_pages_of(StageRun), *_pages_of(Product)]
    assert not [fault for page in pages if (fault := _fault(client, page))]


def test_every_form_for_a_new_row_opens(visit, chief):
    client = visit(chief)
    request = type("Request", (), {"user": chief})()
    adding = [model for model in MODELS if admin.site._registry[model].has_add_permission(request)]
    assert len(adding) > 10
    assert not [fault for model in adding if (fault := _fault(client, _page(model, "add")))]


def test_a_form_with_many_rows_in_it_costs_no_more(visit, chief):
    fill(1)
    title, product = builders.title(slug="full"), builders.product(slug="full")
    for number in range(20):
        variant = builders.variant(product)
        ProductImage.objects.create(product=product, variant=variant, image=f"goods/{number}.webp", alt="絵")
        builders.rental(title, price=100 + number)
        title.related_goods.create(product=builders.product())
    many = [title, product, _busy_stage(chief), _long_order()]
    client = visit(chief)
    client.get("/admin/")
    assert not [fault for row in many if (fault := _fault(client, _page(type(row), "change", row.pk)))]


def _busy_stage(actor) -> StageRun:
    stage = StageRun.objects.get(name="instruct")
    for number in range(2, 20):
        StageAttempt.objects.create(
            stage=stage, number=number, fence=number, worker="w", outcome="lost", started_at=timezone.now()
        )
        OperatorAction.objects.create(stage=stage, verb=OperatorAction.Verb.RETRY, actor=actor)
    return stage


def _long_order() -> Order:
    order = Order.objects.get()
    line = order.lines.get()
    for _ in range(20):
        line.pk, line.reference, line._state.adding = None, uuid.uuid4(), True
        line.save()
        OrderEvent.objects.create(order=order, kind="orders.payment.declined", actor=order.user)
    return order


def test_a_search_finds_its_row_among_many(visit, chief):
    fill(9)
    client = visit(chief)
    asked = {StockItem: "S-7", Order: "buyer7", Title: "第7話", ProviderEvent: "evt_7", Product: "S-7"}
    found = {model: client.get(_page(model, "changelist"), {"q": word}).context["cl"] for model, word in asked.items()}
    assert {model.__name__: cl.result_count for model, cl in found.items()} == {model.__name__: 1 for model in asked}


def test_no_relation_is_chosen_from_a_list_of_all(visit, chief):
    """A dropdown over a large table takes its rows along; every relation is searched instead."""
    request = type("Request", (), {"user": chief})()
    plain = [
        f"{model.__name__}.{field.name}"
        for model in MODELS
        for field in model._meta.fields
        if field.is_relation and field.name not in admin.site._registry[model].get_autocomplete_fields(request)
    ]
    assert not plain
