"""How goods are sent by the REST API."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from shop import queries
from shop.models import Category, Option, Product, ProductImage, Variant

AVAILABILITY = [("in_stock", _("in stock")), ("few", _("only a few left")), ("none", _("out of stock"))]


class CategorySerializer(serializers.ModelSerializer[Category]):
    """A category, in both languages."""

    class Meta:
        model = Category
        fields = ["slug", "name", "name_en"]


class OptionSerializer(serializers.ModelSerializer[Option]):
    """The axis along which the variants differ: colour, size."""

    class Meta:
        model = Option
        fields = ["name", "name_en"]


class VariantSerializer(serializers.ModelSerializer[Variant]):
    """What is bought."""

    price = serializers.IntegerField(help_text=_("In yen, tax included."))
    currency = serializers.SerializerMethodField(help_text=_("Always JPY."))
    availability = serializers.SerializerMethodField(help_text=_("in_stock, few (five at most) or none."))

    class Meta:
        model = Variant
        fields = ["sku", "label", "label_en", "price", "currency", "availability", "max_per_order"]

    def get_currency(self, variant: Variant) -> str:
        return "JPY"

    @extend_schema_field(serializers.ChoiceField(choices=AVAILABILITY))
    def get_availability(self, variant: Variant) -> str:
        return queries.stock_of(variant.free).state  # type: ignore[attr-defined]


class PictureSerializer(serializers.ModelSerializer[ProductImage]):
    """A picture and what it shows."""

    image = serializers.ImageField(help_text=_("The address of the picture."))
    variant = serializers.SerializerMethodField(help_text=_("The SKU it shows; null where it shows them all."))

    class Meta:
        model = ProductImage
        fields = ["image", "alt", "alt_en", "variant"]

    def get_variant(self, picture: ProductImage) -> str | None:
        return self.context["skus"].get(picture.variant_id)


class ProductSerializer(serializers.ModelSerializer[Product]):
    """Goods with everything that can be bought of them."""

    category = CategorySerializer()
    option = OptionSerializer(allow_null=True, help_text=_("Null where there is nothing to choose."))
    tax_rate = serializers.SerializerMethodField(help_text=_("The rate in percent that is in the price today."))
    ends_at = serializers.DateTimeField(allow_null=True, help_text=_("Published until then; null where no end is set."))
    variants = VariantSerializer(many=True, source="on_sale")
    pictures = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField(help_text=_("Its page on the site."))

    class Meta:
        model = Product
        fields = [
            "slug", "name", "name_en", "reading", "description", "description_en", "details", "details_en", "category",
            "option", "tax_rate", "temperature_class", "starts_at", "ends_at", "variants", "pictures", "url",
        ]  # fmt: skip

    def get_tax_rate(self, product: Product) -> int:
        return queries.tax_rate(product, timezone.localtime())

    @extend_schema_field(PictureSerializer(many=True))
    def get_pictures(self, product: Product) -> Any:
        """Those of the product and of its variants on sale."""
        skus = {variant.pk: variant.sku for variant in product.on_sale}  # type: ignore[attr-defined]
        shown = [row for row in product.pictures if row.variant_id is None or row.variant_id in skus]  # type: ignore[attr-defined]
        return PictureSerializer(shown, many=True, context=self.context | {"skus": skus}).data

    @extend_schema_field(serializers.URLField())
    def get_url(self, product: Product) -> str:
        return self.context["request"].build_absolute_uri(product.get_absolute_url())
