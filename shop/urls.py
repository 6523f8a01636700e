from django.urls import path

from shop import views

app_name = "shop"
urlpatterns = [
    path("shop/", views.list_products, name="catalogue"),
    path("shop/<slug:slug>/", views.show_product, name="product"),
]
