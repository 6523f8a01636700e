from django.urls import path

from vod.views import catalogue, media, playback

app_name = "vod"
urlpatterns = [
    path("vod/", catalogue.list_titles, name="catalogue"),
    path("vod/<slug:slug>/", catalogue.show_title, name="title"),
    path("watch/<slug:slug>/", playback.watch, name="watch"),
    path("watch/<slug:slug>/begin/", playback.begin, name="begin"),
    path("watch/<slug:slug>/progress/", playback.save_progress, name="progress"),
    path("media/hls/<str:token>/master.m3u8", media.master, name="master"),
    path("media/hls/<str:token>/<slug:rendition>.m3u8", media.media_playlist, name="media_playlist"),
    path("media/hls/<str:token>/<slug:rendition>/<int:number>.ts", media.segment, name="segment"),
    path("media/keys/<str:token>/<int:number>", media.key, name="key"),
]
