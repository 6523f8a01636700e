from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VodConfig(AppConfig):
    name = "vod"
    verbose_name = _("Video")
