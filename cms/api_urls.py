from django.urls import path

from accounts.api import Member
from cms import api
from orders.api import OwnOrder, OwnOrders
from shop.api import ProductDetail, ProductList
from vod.api import OwnEntitlements, TitleDetail, TitleList

app_name = "api"
urlpatterns = [
    path("", api.Index.as_view(), name="index"),
    # Catalogue
    path("titles/", TitleList.as_view(), name="titles"),
    path("titles/<slug:slug>/", TitleDetail.as_view(), name="title"),
    path("products/", ProductList.as_view(), name="products"),
    path("products/<slug:slug>/", ProductDetail.as_view(), name="product"),
    # The member's own
    path("me/", Member.as_view(), name="me"),
    path("me/orders/", OwnOrders.as_view(), name="orders"),
    path("me/orders/<slug:number>/", OwnOrder.as_view(), name="order"),
    path("me/entitlements/", OwnEntitlements.as_view(), name="entitlements"),
    # About the API itself
    path("schema/", api.SchemaDocument.as_view(), name="schema"),
    path("docs/", api.show_docs, name="docs"),
    path("<path:rest>/", api.NothingHere.as_view(), name="nothing"),
]
