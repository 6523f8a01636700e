from django.urls import URLPattern

app_name = "vod"
urlpatterns: list[URLPattern] = []
