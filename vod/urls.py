from django.urls import path

from vod.views import catalogue

app_name = "vod"
urlpatterns = [
    path("vod/", catalogue.list_titles, name="catalogue"),
    path("vod/<slug:slug>/", catalogue.show_title, name="title"),
]
