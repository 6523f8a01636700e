"""The REST API of buying: a member's own orders."""

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from config.lib.api.views import Detail, Listing, OwnData
from orders.models import Order
from orders.serializers import OrderDetailSerializer, OrderSerializer


class OwnOrders(OwnData, Listing):
    operation_id = "listOwnOrders"
    tag = "me"
    summary = _("The member's orders")
    description = _("Everything the member has ordered, the newest first.")
    serializer_class = OrderSerializer
    queryset = Order.objects.none()
    refusals = (400, 401, 429)

    def get_queryset(self) -> QuerySet[Order]:
        return Order.objects.visible_to(self.request.user).prefetch_related("lines")  # type: ignore[arg-type]


class OwnOrder(OwnData, Detail):
    operation_id = "readOwnOrder"
    tag = "me"
    summary = _("One order of the member")
    description = _("An order with its address, its parcels and its tax documents. Another member's is not found.")
    serializer_class = OrderDetailSerializer
    queryset = Order.objects.none()
    refusals = (400, 401, 404, 429)
    missing = _("You have no order with this number.")

    def get_queryset(self) -> QuerySet[Order]:
        orders = Order.objects.visible_to(self.request.user).select_related("ship_to")  # type: ignore[arg-type]
        return orders.prefetch_related("lines", "fulfillment_orders__shipments", "tax_documents__summaries")
