"""What the pages of the shop read: goods with their price and stock, postage, and stock in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, IntegerField, Min, OuterRef, Prefetch, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from config.lib.tax import TaxCategory, rate_for
from shop.models import Category, Product, ProductImage, ShippingRate, StockItem, StockReservation, Variant
from shop.models.catalogue import ProductQuerySet

FEW = 5


def variants_on_sale(now: datetime) -> QuerySet[Variant]:
    """Variants that can be ordered, each with `free`: how many one order could take at `now` (None: no stock rows)."""
    return Variant.objects.filter(is_active=True).annotate(free=_free_at(now))


def available(variant_ids: Iterable[int], *, now: datetime) -> dict[int, int]:
    """How many of each variant one order could take at `now`, on sale or not; 0 where there is nothing."""
    rows = Variant.objects.filter(pk__in=variant_ids).annotate(free=_free_at(now))
    return {pk: max(0, free or 0) for pk, free in rows.values_list("pk", "free")}


def _free_at(now: datetime) -> Subquery:
    """How many of a variant one order could take.

    Holds that have lapsed count as free, whether or not anything has tidied them. A line of an order is filled from
    one warehouse (`shop.services.stock.reserve`), so the fullest counts and not their sum.
    """
    lapsed = StockReservation.objects.lapsed_at(now).filter(stock_item=OuterRef("pk"))
    given_back = Subquery(
        lapsed.values("stock_item").annotate(quantity=Sum("quantity")).values("quantity"), output_field=IntegerField()
    )
    taken = F("committed") + F("reserved") + F("damaged") + F("safety_stock")
    in_each = StockItem.objects.filter(variant=OuterRef("pk")).annotate(
        free=F("on_hand") + F("backorder_limit") + Coalesce(given_back, 0) - taken
    )
    return Subquery(in_each.order_by("-free").values("free")[:1], output_field=IntegerField())


def products(now: datetime) -> ProductQuerySet:
    """Goods that customers may see, with variants, stock and pictures: three queries for any number of them."""
    cheapest = Min("variants__price", filter=F("variants__is_active"))
    shown = Product.objects.published(now).annotate(price_from=cheapest).exclude(price_from=None)
    found: ProductQuerySet = shown.prefetch_related(
        Prefetch("variants", variants_on_sale(now), to_attr="on_sale"),
        Prefetch("images", ProductImage.objects.all(), to_attr="pictures"),
    )
    return found


SORTS = {
    "new": ("-starts_at", "-pk"),
    "price": ("price_from", "-pk"),
    "price-desc": ("-price_from", "-pk"),
}


def sort_choices() -> list[tuple[str, str]]:
    return [("new", _("Newest first")), ("price", _("Price, low to high")), ("price-desc", _("Price, high to low"))]


def categories(now: datetime) -> QuerySet[Category]:
    """The categories in which there is something to buy."""
    return Category.objects.filter(products__in=Product.objects.published(now)).distinct()


@dataclass(frozen=True)
class Stock:
    """How much there is, for a person: `state` is in_stock, few or none."""

    state: str
    free: int

    @property
    def words(self) -> str:
        if self.state == "few":
            return _("Only %(count)s left") % {"count": self.free}
        return _("In stock") if self.state == "in_stock" else _("Out of stock")


def stock_of(free: int | None) -> Stock:
    """The stock word for a number that could be ordered now; no stock row at all means none."""
    left = max(0, free or 0)
    return Stock("none" if left == 0 else "few" if left <= FEW else "in_stock", left)


@dataclass(frozen=True)
class Choice:
    """One variant as a page shows it."""

    variant: Variant
    stock: Stock

    @property
    def most(self) -> int:
        """The largest quantity the form may offer."""
        return min(self.stock.free, self.variant.max_per_order)


@dataclass(frozen=True)
class Card:
    """A product as a list shows it."""

    product: Product
    choices: list[Choice]

    @property
    def stock(self) -> Stock:
        return max((choice.stock for choice in self.choices), key=lambda stock: stock.free)

    @property
    def price(self) -> int:
        return min(choice.variant.price for choice in self.choices)

    @property
    def has_several_prices(self) -> bool:
        return len({choice.variant.price for choice in self.choices}) > 1

    @property
    def only_choice(self) -> Choice | None:
        """The variant to put into the cart straight from the card, where nothing has to be chosen."""
        return self.choices[0] if len(self.choices) == 1 else None

    @property
    def pictures(self) -> list[ProductImage]:
        return self.product.pictures  # type: ignore[attr-defined]

    @property
    def picture(self) -> ProductImage | None:
        return next(iter(self.pictures), None)

    @property
    def is_ambient(self) -> bool:
        return self.product.temperature_class == "ambient"


def card_of(product: Product) -> Card:
    """The card of a product that came from `products`."""
    return Card(product, [Choice(row, stock_of(row.free)) for row in product.on_sale])  # type: ignore[attr-defined]


def cards(found: Iterable[Product]) -> list[Card]:
    return [card_of(product) for product in found]


def postage_from(product: Product) -> int | None:
    """The lowest fee for a parcel of the product's temperature class; None where no rate has been entered."""
    rates = ShippingRate.objects.filter(temperature_class=product.temperature_class)
    return rates.aggregate(lowest=Min("fee"))["lowest"]


def tax_rate(product: Product, now: datetime) -> int:
    """The rate in percent that is in the price today."""
    return rate_for(product.tax_category, now.date())


def is_reduced(product: Product) -> bool:
    return product.tax_category == TaxCategory.REDUCED
