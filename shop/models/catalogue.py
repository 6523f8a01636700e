"""Goods: a product is what a page shows, a variant is what is bought."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from config.lib.localized import Localized
from config.lib.published import Published, PublishedQuerySet
from config.lib.tax import TaxCategory
from config.lib.text import fold


class TemperatureClass(models.TextChoices):
    AMBIENT = "ambient", _("ambient")
    CHILLED = "chilled", _("chilled")
    FROZEN = "frozen", _("frozen")


class Category(models.Model):
    slug = models.SlugField(_("slug"), unique=True)
    name = models.CharField(_("name"), max_length=50)
    name_en = models.CharField(_("name in English"), max_length=50, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    display_name = Localized("name")

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.name


class ProductQuerySet(PublishedQuerySet["Product"]):
    def matching(self, query: str) -> "ProductQuerySet":
        """Those whose name, reading, SKU or description hold every word of `query`, whatever its script or width."""
        found = self
        for word in fold(query).split():
            found = found.filter(search_text__contains=word)
        return found


class Product(Published):
    slug = models.SlugField(_("slug"), max_length=80, unique=True)
    name = models.CharField(_("name"), max_length=120)
    name_en = models.CharField(_("name in English"), max_length=120, blank=True)
    reading = models.CharField(_("reading (kana)"), max_length=200, blank=True)
    description = models.TextField(_("description"), blank=True)
    description_en = models.TextField(_("description in English"), blank=True)
    details = models.TextField(_("material, size, storage"), blank=True)
    details_en = models.TextField(_("material, size, storage in English"), blank=True)
    category = models.ForeignKey(Category, models.PROTECT, related_name="products", verbose_name=_("category"))
    tax_category = models.CharField(_("tax"), max_length=10, choices=TaxCategory, default=TaxCategory.STANDARD)
    temperature_class = models.CharField(
        _("temperature"), max_length=10, choices=TemperatureClass, default=TemperatureClass.AMBIENT
    )
    search_text = models.TextField(editable=False, default="", blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    display_name = Localized("name")
    display_description = Localized("description")
    display_details = Localized("details")
    objects = ProductQuerySet.as_manager()

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["-starts_at", "-pk"]
        indexes = [models.Index(fields=["is_published", "-starts_at"], name="product_published_newest")]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: object, **kwargs: object) -> None:
        self.search_text = fold(
            " ".join((self.name, self.name_en, self.reading, self.description, self.description_en))
        )
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    def get_absolute_url(self) -> str:
        return reverse("shop:product", args=[self.slug])


class Option(models.Model):
    """The axis along which the variants of a product differ: colour, size."""

    product = models.OneToOneField(Product, models.CASCADE, related_name="option", verbose_name=_("product"))
    name = models.CharField(_("name"), max_length=40)
    name_en = models.CharField(_("name in English"), max_length=40, blank=True)

    display_name = Localized("name")

    class Meta:
        verbose_name = _("option")
        verbose_name_plural = _("options")

    def __str__(self) -> str:
        return self.name


class Variant(models.Model):
    """What is bought: it has the SKU, the price and the stock."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="variants", verbose_name=_("product"))
    sku = models.CharField(_("SKU"), max_length=40, unique=True)
    label = models.CharField(_("value of the option"), max_length=40, blank=True)
    label_en = models.CharField(_("value of the option in English"), max_length=40, blank=True)
    price = models.PositiveIntegerField(_("price in yen, tax included"), validators=[MinValueValidator(1)])
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    max_per_order = models.PositiveSmallIntegerField(
        _("most in one order"), default=10, validators=[MinValueValidator(1)]
    )
    is_active = models.BooleanField(_("on sale"), default=True)

    display_label = Localized("label")

    class Meta:
        verbose_name = _("variant")
        verbose_name_plural = _("variants")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["product", "label"], name="variant_label_unique_in_product"),
            models.CheckConstraint(condition=Q(price__gte=1), name="variant_price_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.product} {self.label}".strip()

    @property
    def display_name(self) -> str:
        """The product with the value of its option, in the reader's language."""
        return f"{self.product.display_name} {self.display_label}".strip()


class ProductImage(models.Model):
    product = models.ForeignKey(Product, models.CASCADE, related_name="images", verbose_name=_("product"))
    variant = models.ForeignKey(
        Variant, models.CASCADE, null=True, blank=True, related_name="images", verbose_name=_("only for the variant")
    )
    image = models.ImageField(_("picture"), upload_to="goods/")
    alt = models.CharField(_("what it shows"), max_length=200)
    alt_en = models.CharField(_("what it shows, in English"), max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    display_alt = Localized("alt")

    class Meta:
        verbose_name = _("product picture")
        verbose_name_plural = _("product pictures")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.alt
