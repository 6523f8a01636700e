from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("account/profile/", views.edit_profile, name="edit_profile"),
    path("account/addresses/", views.addresses, name="addresses"),
    path("account/addresses/add/", views.add_address, name="add_address"),
    path("account/addresses/<int:pk>/", views.edit_address, name="edit_address"),
    path("account/addresses/<int:pk>/default/", views.make_default_address, name="make_default_address"),
    path("account/addresses/<int:pk>/delete/", views.delete_address, name="delete_address"),
]
