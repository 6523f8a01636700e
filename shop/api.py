"""The REST API of the shop: goods."""

from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from config.lib.api.views import Detail, Listing, PageQuery, Reading
from shop import queries
from shop.models import Product
from shop.serializers import ProductSerializer


class ProductQuery(PageQuery):
    """What the list of goods can be narrowed to."""

    category = serializers.SlugField(required=False, help_text=_("Goods of the category with that slug alone."))
    q = serializers.CharField(
        required=False,
        max_length=100,
        help_text=_("Goods that hold every word, in whatever script or width it is written."),
    )


class _Products(Reading):
    """What both endpoints of goods share."""

    serializer_class = ProductSerializer
    queryset = Product.objects.none()

    def published(self, now: datetime) -> QuerySet[Product]:
        return queries.products(now).select_related("category", "option")


class ProductList(_Products, Listing):
    operation_id = "listProducts"
    tag = "products"
    summary = _("Goods")
    description = _("Goods that customers may see now, with variants, prices and stock, the newest entry first.")
    query_serializer = ProductQuery

    def get_queryset(self) -> QuerySet[Product]:
        now = timezone.now()
        found = self.published(now)
        if "category" in self.asked:
            self._refuse_unknown_category(now)
            found = found.filter(category__slug=self.asked["category"])
        return found.matching(self.asked["q"]) if "q" in self.asked else found  # type: ignore[attr-defined]

    def _refuse_unknown_category(self, now: datetime) -> None:
        """An empty list would hide a slip of the pen."""
        if not queries.categories(now).filter(slug=self.asked["category"]).exists():
            raise ValidationError({"category": [_("There is no category with this slug.")]})


class ProductDetail(_Products, Detail):
    operation_id = "readProduct"
    tag = "products"
    summary = _("One product")
    description = _("Goods with their variants; a variant is what is bought.")
    missing = _("There is no product with this slug, or it is not published now.")

    def get_queryset(self) -> QuerySet[Product]:
        return self.published(timezone.now())
