"""Goods beside a title and titles beside goods: what a page of one app shows of the other."""

from typing import Any

from django import template
from django.utils import timezone

from cms import queries
from shop.models import Product
from shop.queries import Card as GoodsCard
from vod.models import Title
from vod.queries import Card as TitleCard

register = template.Library()


@register.simple_tag
def goods_of(title: Title) -> list[GoodsCard]:
    return queries.goods_of(title, timezone.now())


@register.simple_tag(takes_context=True)
def titles_of(context: dict[str, Any], product: Product) -> list[TitleCard]:
    return queries.titles_of(product, context["user"], timezone.now())
