"""Staff's pages of the shop: goods with their pictures, and stock with the ledger that explains it."""

import uuid
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import F, ImageField, Prefetch, QuerySet, Sum
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminImageFieldWidget, UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from config.lib.money import yen
from config.lib.staff import (
    BAD,
    BUSY,
    GOOD,
    PLAIN,
    WAITS,
    ReadOnlyAdmin,
    RowForm,
    StaffAdmin,
    StaffInline,
    TickFilter,
    chip,
    list_of,
    state_column,
    thumbnail,
)
from shop.models import (
    Allocation,
    Category,
    Option,
    Product,
    ProductImage,
    ShippingRate,
    StockItem,
    StockMovement,
    StockReservation,
    TemperatureClass,
    Variant,
    Warehouse,
)
from shop.services import stock

RESERVATION_COLOURS = {
    StockReservation.State.HELD: WAITS,
    StockReservation.State.CONVERTED: GOOD,
    StockReservation.State.RELEASED: PLAIN,
    StockReservation.State.EXPIRED: PLAIN,
}
ALLOCATION_COLOURS = {
    Allocation.State.OPEN: WAITS,
    Allocation.State.SHIPPED: GOOD,
    Allocation.State.CANCELLED: PLAIN,
}
MOVEMENT_COLOURS = {
    StockMovement.Kind.RECEIVED: GOOD,
    StockMovement.Kind.SHIPPED: BUSY,
    StockMovement.Kind.COMMITTED: BUSY,
    StockMovement.Kind.RESERVED: WAITS,
    StockMovement.Kind.ADJUSTED: BAD,
}
COOL_COLOURS = {TemperatureClass.AMBIENT: PLAIN, TemperatureClass.CHILLED: BUSY, TemperatureClass.FROZEN: BUSY}
FEW = 3
FREE = F("on_hand") + F("backorder_limit") - F("committed") - F("reserved") - F("damaged") - F("safety_stock")


@display(description=_("can be sold"))
def on_sale_count(self: Any, variant: Variant) -> str:
    """What all warehouses together can sell of the variant."""
    items = list(variant.stock.all()) if variant.pk else []
    return f"{sum(item.available for item in items):,}" if items else str(_("no stock item"))


class VariantInline(StaffInline):
    """The variants of a product; what each has in stock is changed on its stock item alone."""

    model = Variant
    fields = ("sku", "label", "label_en", "price", "max_per_order", "position", "is_active", "available")
    readonly_fields = ("available",)
    related = ("product",)
    show_change_link = True
    available = on_sale_count

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("stock")


class PictureForm(RowForm):
    """A picture says in words what it shows: for those who do not see it, and for search."""

    class Meta:
        model = ProductImage
        fields = ("image", "alt", "alt_en", "variant", "position")
        error_messages = {"alt": {"required": _("Say in words what the picture shows.")}}


class PictureInline(StaffInline):
    model = ProductImage
    form = PictureForm
    formfield_overrides = {ImageField: {"widget": UnfoldAdminImageFieldWidget}}
    fields = ("image", "alt", "alt_en", "variant", "position")
    related = ("product", "variant__product")


class OptionInline(StaffInline):
    model = Option
    fields = ("name", "name_en")
    related = ("product",)


@admin.register(Product)
class ProductAdmin(StaffAdmin):
    list_display = (
        "stamp",
        "name",
        "category",
        "price_words",
        "available",
        "tax_category",
        "is_published",
        "starts_at",
    )
    list_display_links = ("stamp", "name")
    list_filter = ("is_published", "category", "tax_category", "temperature_class")
    search_fields = ("name", "name_en", "reading", "slug", "variants__sku", "search_text")
    search_help_text = _("name, reading or SKU")
    date_hierarchy = "starts_at"
    prepopulated_fields = {"slug": ("name_en",)}
    readonly_fields = ("created_at",)
    related = ("category",)
    inlines = (OptionInline, VariantInline, PictureInline)
    fieldsets = (
        (None, {"fields": (("name", "name_en"), ("reading", "slug"), "category")}),
        (_("Publication"), {"fields": ("is_published", "starts_at", "ends_at")}),
        (_("Words"), {"fields": ("description", "description_en", "details", "details_en")}),
        (_("Tax and delivery"), {"fields": (("tax_category", "temperature_class"),)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        variants = Variant.objects.prefetch_related("stock")
        pictures = ProductImage.objects.order_by("position", "pk")
        rows = super().get_queryset(request)
        return rows.prefetch_related(Prefetch("variants", variants), Prefetch("images", pictures))

    @display(description=_("picture"))
    def stamp(self, product: Product) -> SafeString | str:
        picture = next(iter(product.images.all()), None)
        return thumbnail(picture.image, "") if picture else "-"

    @display(description=_("price, tax included"))
    def price_words(self, product: Product) -> str:
        prices = sorted({variant.price for variant in product.variants.all()})
        return " - ".join(yen(price) for price in (prices if len(prices) < 2 else (prices[0], prices[-1]))) or "-"

    @display(description=_("can be sold"))
    def available(self, product: Product) -> str:
        items = [item for variant in product.variants.all() for item in variant.stock.all()]
        return f"{sum(item.available for item in items):,}" if items else "-"


@admin.register(Variant)
class VariantAdmin(StaffAdmin):
    list_display = ("sku", "product", "label", "price_words", "available", "max_per_order", "is_active")
    list_filter = ("is_active", "product__category")
    search_fields = ("sku", "label", "label_en", "product__name", "product__name_en", "product__reading")
    related = ("product",)
    available = on_sale_count

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("stock")

    @display(description=_("price, tax included"), ordering="price")
    def price_words(self, variant: Variant) -> str:
        return yen(variant.price)


@admin.register(ProductImage)
class ProductImageAdmin(StaffAdmin):
    list_display = ("stamp", "product", "variant", "alt", "position")
    list_display_links = ("stamp", "product")
    list_filter = ("product__category",)
    search_fields = ("alt", "alt_en", "product__name", "product__slug")
    form = PictureForm
    fields = ("product", "variant", "image", "alt", "alt_en", "position")
    related = ("product", "variant__product")

    @display(description=_("picture"))
    def stamp(self, picture: ProductImage) -> SafeString | str:
        return thumbnail(picture.image, picture.alt)


@admin.register(Option)
class OptionAdmin(StaffAdmin):
    list_display = ("name", "name_en", "product")
    search_fields = ("name", "name_en", "product__name", "product__slug")
    related = ("product",)


@admin.register(Category)
class CategoryAdmin(StaffAdmin):
    list_display = ("name", "name_en", "slug", "position")
    search_fields = ("name", "name_en", "slug")
    prepopulated_fields = {"slug": ("name_en",)}


@admin.register(ShippingRate)
class ShippingRateAdmin(StaffAdmin):
    list_display = ("prefecture", "temperature_word", "fee_words")
    list_filter = ("temperature_class",)
    search_fields = ("fee", "temperature_class")
    temperature_word = state_column("temperature_class", COOL_COLOURS, _("temperature"))

    @display(description=_("fee, tax included"), ordering="fee")
    def fee_words(self, rate: ShippingRate) -> str:
        return yen(rate.fee)


@admin.register(Warehouse)
class WarehouseAdmin(StaffAdmin):
    list_display = ("name", "code", "name_en", "pieces")
    search_fields = ("name", "name_en", "code")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).annotate(_pieces=Sum("stock__on_hand"))

    @display(description=_("pieces on the shelf"), ordering="_pieces")
    def pieces(self, warehouse: Any) -> str:
        return f"{warehouse._pieces or 0:,}"


class Scarce(TickFilter):
    title = _("stock")
    parameter_name = "scarce"
    choice = _("three pieces or fewer")

    def narrow(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.alias(free=FREE).filter(free__lte=FEW)


class StockItemForm(ModelForm):  # type: ignore[type-arg]
    """What of the stock is a decision of people; the counters move by sales and by goods that come in."""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if self.instance.pk and {"safety_stock", "backorder_limit"} <= cleaned.keys():
            fresh = StockItem.objects.get(pk=self.instance.pk)
            kept = fresh.committed + fresh.reserved + fresh.damaged + cleaned["safety_stock"]
            if kept > fresh.on_hand + cleaned["backorder_limit"]:
                raise ValidationError(
                    _(
                        "%(promised)s pieces are promised or kept back, but the shelf has %(shelf)s: "
                        "lower the safety stock or raise the backorder limit."
                    ),
                    params={"promised": kept, "shelf": fresh.on_hand},
                )
        return cleaned


class ReceiveForm(forms.Form):
    """Goods that came in. The key keeps a form that is sent twice from counting twice."""

    quantity = forms.IntegerField(
        label=_("pieces that came in"), min_value=1, max_value=1_000_000, widget=UnfoldAdminIntegerFieldWidget
    )
    reason = forms.CharField(
        label=_("delivery note or reason"), max_length=200, required=False, widget=UnfoldAdminTextInputWidget
    )
    key = forms.UUIDField(widget=forms.HiddenInput)


@admin.register(StockItem)
class StockItemAdmin(StaffAdmin):
    list_display = (
        "variant",
        "warehouse",
        "sku",
        "free",
        "on_hand",
        "committed",
        "reserved",
        "damaged",
        "safety_stock",
    )
    list_filter = (Scarce, "warehouse", "variant__product__category")
    search_fields = ("variant__sku", "variant__product__name", "variant__product__reading", "variant__label")
    search_help_text = _("SKU or name of the product")
    related = ("variant__product", "warehouse")
    form = StockItemForm
    change_form_template = "admin/shop/stockitem/change_form.html"
    readonly_fields = ("free", "on_hand", "committed", "reserved", "damaged")
    fieldsets = (
        (None, {"fields": (("variant", "warehouse"),)}),
        (_("Counters"), {"fields": (("free", "on_hand"), ("committed", "reserved", "damaged"))}),
        (_("What people decide"), {"fields": (("safety_stock", "backorder_limit"),)}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: StockItem | None = None) -> Any:
        """A new one begins empty: its goods are received afterwards."""
        if obj is None:
            return ((None, {"fields": ("variant", "warehouse", "backorder_limit")}),)
        return self.fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: StockItem | None = None) -> tuple[str, ...]:
        return (*self.readonly_fields, "variant", "warehouse") if obj else ()

    def get_urls(self) -> list[Any]:
        receive = self.admin_site.admin_view(self.receive)
        return [path("<int:pk>/receive/", receive, name="shop_stockitem_receive"), *super().get_urls()]

    @display(description=_("SKU"), ordering="variant__sku")
    def sku(self, item: StockItem) -> str:
        return item.variant.sku

    @display(description=_("can be sold"))
    def free(self, item: StockItem) -> SafeString:
        count = item.available
        return chip(f"{count:,}", GOOD if count > FEW else WAITS if count else BAD)

    def save_model(self, request: HttpRequest, obj: StockItem, form: ModelForm, change: bool) -> None:  # type: ignore[type-arg]
        """Write what was changed here alone: sales move the counters while the form is open."""
        if change:
            obj.save(update_fields=form.changed_data)
        else:
            obj.save()

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        extra = {"ledger": list_of(StockMovement, stock_item__id__exact=object_id)}
        return super().change_view(request, object_id, form_url, extra | (extra_context or {}))

    def receive(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Put goods on the shelf, with the line of the ledger that says so."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        item = get_object_or_404(StockItem.objects.select_related("variant__product", "warehouse"), pk=pk)
        form = ReceiveForm(request.POST or None, initial={"key": uuid.uuid4()})
        if request.method == "POST" and form.is_valid():
            return self._received(request, item, form.cleaned_data)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Receive goods"),
            "item": item,
            "form": form,
        }
        return TemplateResponse(request, "admin/shop/stockitem/receive.html", context)

    def _received(self, request: HttpRequest, item: StockItem, what: dict[str, Any]) -> HttpResponse:
        stock.receive(
            stock_item=item,
            quantity=what["quantity"],
            key=f"received:{what['key']}",
            now=timezone.now(),
            reason=what["reason"],
        )
        self.log_change(request, item, f"received {what['quantity']}: {what['reason']}")
        messages.success(request, _("%(count)s pieces were put on the shelf.") % {"count": f"{what['quantity']:,}"})
        return HttpResponseRedirect(reverse("admin:shop_stockitem_change", args=[item.pk]))


@admin.register(StockReservation)
class StockReservationAdmin(ReadOnlyAdmin):
    list_display = ("stock_item", "quantity", "state_word", "expires_at", "created_at")
    list_filter = ("state", "stock_item__warehouse")
    search_fields = ("reference", "stock_item__variant__sku", "stock_item__variant__product__name")
    date_hierarchy = "created_at"
    ordering = ("-pk",)
    related = ("stock_item__variant__product", "stock_item__warehouse")
    state_word = state_column("state", RESERVATION_COLOURS, _("state"))


@admin.register(Allocation)
class AllocationAdmin(ReadOnlyAdmin):
    list_display = ("stock_item", "quantity", "shipped_quantity", "state_word", "created_at")
    list_filter = ("state", "stock_item__warehouse")
    search_fields = ("reference", "stock_item__variant__sku", "stock_item__variant__product__name")
    date_hierarchy = "created_at"
    ordering = ("-pk",)
    related = ("stock_item__variant__product", "stock_item__warehouse")
    state_word = state_column("state", ALLOCATION_COLOURS, _("state"))


@admin.register(StockMovement)
class StockMovementAdmin(ReadOnlyAdmin):
    list_display = ("moved_at", "stock_item", "kind_word", "quantity", "reason", "reference")
    list_filter = ("kind", "stock_item__warehouse")
    search_fields = ("key", "reference", "reason", "stock_item__variant__sku", "stock_item__variant__product__name")
    date_hierarchy = "moved_at"
    related = ("stock_item__variant__product", "stock_item__warehouse")
    kind_word = state_column("kind", MOVEMENT_COLOURS, _("kind"))
