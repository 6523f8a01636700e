"""The shop window: the list of goods, and the page of each."""

from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from shop import queries, schema
from shop.models import Category

PAGE_SIZE = 24


@require_safe
def list_products(request: HttpRequest) -> HttpResponse:
    """Goods, narrowed and sorted by GET parameters; every state has an address of its own."""
    now = timezone.now()
    categories = list(queries.categories(now))
    category = next((row for row in categories if row.slug == request.GET.get("category")), None)
    words = request.GET.get("q", "").strip()[:100]
    sort = request.GET.get("sort", "") if request.GET.get("sort") in queries.SORTS else "new"
    found = queries.products(now).order_by(*queries.SORTS[sort])
    found = found.filter(category=category) if category else found
    page = Paginator(found.matching(words) if words else found, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "cards": queries.cards(page),
        "categories": categories,
        "category": category,
        "chips": _chips(category, words),
        "sort": sort,
        "sorts": queries.sort_choices(),
        "query": words,
    }
    return render(request, "shop/catalogue_list.html", context)


def _chips(category: Category | None, words: str) -> list[tuple[str, str]]:
    """What is applied, each with the parameter that its chip takes away: (parameter, name)."""
    chips = [("category", category.display_name)] if category else []
    return [("q", f"“{words}”"), *chips] if words else chips


@require_safe
def show_product(request: HttpRequest, slug: str) -> HttpResponse:
    """One product; the chosen variant is in the address, so that a link leads to the very colour."""
    now = timezone.now()
    product = queries.products(now).select_related("category", "option").filter(slug=slug).first()
    if product is None:
        raise Http404(_("There is no product at this address."))
    card = queries.card_of(product)
    choice = _chosen(card, request.GET.get("variant", ""))
    pictures = [row for row in card.pictures if row.variant_id in (None, choice.variant.pk)]
    context = {
        "product": product,
        "card": card,
        "choice": choice,
        "pictures": sorted(pictures, key=lambda row: row.variant_id is None),
        "postage_from": queries.postage_from(product),
        "free_shipping_from": settings.FREE_SHIPPING_FROM,
        "tax_rate": queries.tax_rate(product, now),
        "is_reduced": queries.is_reduced(product),
        "schema": schema.of_product(product, choice, request.build_absolute_uri),
    }
    return render(request, "shop/product_show.html", context)


def _chosen(card: queries.Card, sku: str) -> queries.Choice:
    """The variant in the address; without one, the first that is in stock, else the first."""
    named = (choice for choice in card.choices if choice.variant.sku == sku)
    in_stock = (choice for choice in card.choices if choice.stock.free)
    return next(named, next(in_stock, card.choices[0]))
