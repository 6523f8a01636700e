"""System checks: what the video service needs, said before the first film fails."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from vod.services.encoding import TRANSCODERS
from vod.transcoding.base import TranscodeFailed
from vod.transcoding.ffmpeg import find_binary


@register("vod")
def check_transcoder(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """The setting TRANSCODER names one that is here, and its program is found."""
    if settings.TRANSCODER not in TRANSCODERS:
        known = ", ".join(sorted(TRANSCODERS))
        return [Error(f"TRANSCODER is {settings.TRANSCODER!r}.", hint=f"Set it to one of: {known}.", id="vod.E001")]
    if settings.TRANSCODER == "ffmpeg":
        try:
            find_binary()
        except TranscodeFailed as failure:
            return [Error(failure.reason, id="vod.E002")]
    return []


@register("vod")
def check_master_size(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    if settings.MASTER_MAX_BYTES <= 0:
        hint = "Set it to the largest upload in bytes, such as 21474836480 for 20 GiB."
        return [Error(f"MASTER_MAX_BYTES is {settings.MASTER_MAX_BYTES}.", hint=hint, id="vod.E003")]
    return []
