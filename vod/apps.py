from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from config.lib import sweeps


class VodConfig(AppConfig):
    name = "vod"
    verbose_name = _("Video")

    def ready(self) -> None:
        from vod import checks  # noqa: F401 - registers itself
        from vod.services import jobs, playback

        sweeps.register("vod.jobs", jobs.sweep_jobs, jobs.SWEEP_EVERY_S)
        sweeps.register("vod.playback_sessions", playback.forget_old_sessions, 3600)
