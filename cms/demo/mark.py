"""What a loaded demo can be known by, without Django: the questions that `load` asks before it makes anything."""

import json
from pathlib import Path
from typing import Any

from django.db.migrations.recorder import MigrationRecorder
from django.db.models import QuerySet

from accounts.models import Address, User
from cms.demo.goods import CATEGORIES, PRODUCTS
from cms.demo.pages import PAGES
from cms.demo.people import PEOPLE
from cms.demo.titles import EPISODES, GENRES, SERIES
from cms.models import Page, RelatedGoods
from orders.models import Handler
from shop.models import Category, Product, ProductImage, ShippingRate, Variant, Warehouse
from vod.models import Genre, Package, Title

Rows = QuerySet[Any, tuple[Any, ...]]


def write_questions(path: Path) -> None:
    """Write each query's SQL and parameters, as JSON; `scripts/prepared.py` compares the answers at the next start."""
    asked = [query.order_by(*query.query.values_select).query.sql_with_params() for query in _questions()]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([[sql.replace("%s", "?"), list(parameters)] for sql, parameters in asked]) + "\n")


def _questions() -> list[Rows]:
    """One query for everything that `load` looks up: while the rows stay the same, it has nothing to make."""
    titles = [item.slug for item in (*SERIES, *EPISODES)]
    goods = [made.slug for made in PRODUCTS]
    return [
        MigrationRecorder.Migration.objects.values_list("app", "name"),
        User.objects.filter(email__in=[email for email, _, _ in PEOPLE]).values_list("email"),
        Address.objects.filter(user__email="alice@example.com", is_default=True).values_list("id"),
        Genre.objects.filter(slug__in=[row[0] for row in GENRES]).values_list("slug"),
        Title.objects.filter(slug__in=titles).values_list("slug", "artwork_wide", "artwork_tall"),
        Package.objects.filter(title__slug__in=titles, is_current=True).values_list("title_id"),
        Warehouse.objects.values_list("code"),
        Handler.objects.values_list("code"),
        Category.objects.filter(slug__in=[row[0] for row in CATEGORIES]).values_list("slug"),
        Product.objects.filter(slug__in=goods).values_list("slug"),
        Variant.objects.filter(product__slug__in=goods).values_list("sku"),
        ProductImage.objects.filter(product__slug__in=goods).values_list("image"),
        ShippingRate.objects.values_list("prefecture"),
        Page.objects.filter(slug__in=[row[0] for row in PAGES]).values_list("slug"),
        RelatedGoods.objects.filter(title__slug__in=titles).values_list("title_id", "product_id"),
    ]
