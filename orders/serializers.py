"""How a member's own orders are sent by the REST API."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from orders.carriers import tracking_url
from orders.models import Order, OrderAddress, OrderLine, Shipment, TaxDocument, TaxDocumentSummary


class OrderLineSerializer(serializers.ModelSerializer[OrderLine]):
    """One thing bought, as it was then."""

    kind = serializers.SerializerMethodField(help_text=_("goods or video."))
    unit_price = serializers.IntegerField(help_text=_("In yen, tax included."))
    tax_rate = serializers.IntegerField(help_text=_("The rate in percent that is in the price."))
    amount = serializers.IntegerField(help_text=_("The unit price times the quantity."))

    class Meta:
        model = OrderLine
        fields = ["kind", "name", "name_en", "sku", "unit_price", "quantity", "amount", "tax_rate"]

    @extend_schema_field(serializers.ChoiceField(choices=["goods", "video"]))
    def get_kind(self, line: OrderLine) -> str:
        return "goods" if line.is_goods else "video"


class OrderSerializer(serializers.ModelSerializer[Order]):
    """An order of the member."""

    subtotal = serializers.IntegerField(help_text=_("Goods and video in yen, tax included."))
    shipping_fee = serializers.IntegerField()
    total = serializers.IntegerField(help_text=_("What is paid in all, tax included."))
    paid_at = serializers.DateTimeField(allow_null=True)
    lines = OrderLineSerializer(many=True)
    url = serializers.SerializerMethodField(help_text=_("Its page on the site."))

    class Meta:
        model = Order
        fields = [
            "number", "state", "fulfillment_state", "currency", "subtotal", "shipping_fee", "total", "created_at",
            "paid_at", "lines", "url",
        ]  # fmt: skip

    @extend_schema_field(serializers.URLField())
    def get_url(self, order: Order) -> str:
        return self.context["request"].build_absolute_uri(order.get_absolute_url())


class ShipToSerializer(serializers.ModelSerializer[OrderAddress]):
    """Where the goods go, as it was then."""

    prefecture = serializers.CharField(source="get_prefecture_display")

    class Meta:
        model = OrderAddress
        fields = ["name", "name_kana", "postal_code", "prefecture", "city", "line1", "line2", "phone"]


class ParcelSerializer(serializers.ModelSerializer[Shipment]):
    """A parcel on its way."""

    tracking_url = serializers.SerializerMethodField(
        help_text=_("The carrier's page about it; empty where there is none.")
    )

    class Meta:
        model = Shipment
        fields = ["carrier", "tracking_number", "tracking_url", "shipped_at"]

    def get_tracking_url(self, parcel: Shipment) -> str:
        return tracking_url(parcel.carrier, parcel.tracking_number)


class TaxSummarySerializer(serializers.ModelSerializer[TaxDocumentSummary]):
    """The sum and the tax of one rate."""

    rate = serializers.IntegerField(help_text=_("In percent."))
    gross = serializers.IntegerField(help_text=_("In yen, tax included."))
    tax = serializers.IntegerField(help_text=_("The tax in it, in yen."))

    class Meta:
        model = TaxDocumentSummary
        fields = ["rate", "gross", "tax"]


class TaxDocumentSerializer(serializers.ModelSerializer[TaxDocument]):
    """The simplified qualified invoice, or what corrects it."""

    total = serializers.IntegerField()
    summaries = TaxSummarySerializer(many=True)

    class Meta:
        model = TaxDocument
        fields = ["number", "kind", "issuer", "registration_number", "total", "issued_at", "summaries"]


class OrderDetailSerializer(OrderSerializer):
    """An order of the member with its address, parcels and tax documents."""

    ship_to = ShipToSerializer(allow_null=True, help_text=_("Null where nothing is sent."))
    parcels = serializers.SerializerMethodField()
    tax_documents = TaxDocumentSerializer(many=True)

    class Meta(OrderSerializer.Meta):
        fields = [*OrderSerializer.Meta.fields, "ship_to", "parcels", "tax_documents"]

    @extend_schema_field(ParcelSerializer(many=True))
    def get_parcels(self, order: Order) -> Any:
        parcels = [parcel for made in order.fulfillment_orders.all() for parcel in made.shipments.all()]
        return ParcelSerializer(sorted(parcels, key=lambda parcel: (parcel.shipped_at, parcel.pk)), many=True).data
