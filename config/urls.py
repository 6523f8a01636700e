"""Every address of the service; each app's own file holds its paths from the root."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("allauth.idp.urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("cms.api_urls")),
    path("", include("accounts.urls")),
    path("", include("vod.urls")),
    path("", include("shop.urls")),
    path("", include("orders.urls")),
    path("", include("cms.urls")),
]

handler500 = "cms.errors.server_error"
