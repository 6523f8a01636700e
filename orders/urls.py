from django.urls import path

from orders.views import cart, checkout, order, papers, webhooks

app_name = "orders"

urlpatterns = [
    # Cart
    path("cart/", cart.show_cart, name="cart"),
    path("cart/add/", cart.add_to_cart, name="add_to_cart"),
    path("cart/lines/<int:pk>/", cart.change_line, name="change_line"),
    path("cart/lines/<int:pk>/remove/", cart.remove_line, name="remove_line"),
    # Checkout
    path("checkout/", checkout.show_checkout, name="checkout"),
    path("checkout/address/", checkout.choose_address, name="checkout_address"),
    path("checkout/place/", checkout.place_order, name="place_order"),
    # Order
    path("orders/<slug:number>/", order.show_order, name="order"),
    path("orders/<slug:number>/return/", order.order_return, name="order_return"),
    path("orders/<slug:number>/pay/", order.pay, name="pay"),
    path("orders/<slug:number>/cancel/", order.cancel_order, name="cancel_order"),
    path("orders/<slug:number>/documents/<slug:document>.pdf", papers.document_pdf, name="document_pdf"),
    path("orders/<slug:number>/receipt/", papers.receipt, name="receipt"),
    path("orders/<slug:number>/receipt/<int:sequence>.pdf", papers.receipt_pdf, name="receipt_pdf"),
    path("events/orders/<slug:number>/", order.order_events, name="order_events"),
    # Webhooks
    path("webhooks/stripe/", webhooks.stripe_webhook, name="stripe_webhook"),
    path("webhooks/warehouse/", webhooks.warehouse_webhook, name="warehouse_webhook"),
]
