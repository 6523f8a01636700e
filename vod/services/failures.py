"""Why a master failed, in the words of the staff who handed it in: by the failure's code, else as it was recorded."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from vod.models import Asset

_AGAIN = _("The encoding failed several times. Please try again; if it fails once more, tell the engineers.")

FAILURES: dict[str, Any] = {
    "empty_file": _("The file is empty. Export it anew and send it again."),
    "too_large": _("The file is too large: export it at a lower bit rate."),
    "picture": _("The file is a still picture, not a video. Choose the film's own file."),
    "not_a_video": _("The file is not a video, whatever its name says. Send MP4, MOV, MKV, WebM, MPEG-TS, MXF or AVI."),
    "truncated": _("The file is cut off. Copy or export it again, to its end."),
    "damaged": _("The file is damaged and cannot be read. Copy or export it again."),
    "no_video_stream": _("The file holds no picture. Send the file that has the picture track too."),
    "unsupported": _("The picture is in a format that cannot be read here. Export it as H.264, H.265 or ProRes."),
    "picture_size": _("The picture is too small or too large. Export it in another size."),
    "too_short": _("The film is shorter than a second. Choose the whole film."),
    "too_long": _("The film is longer than twelve hours. Split it."),
    "unreadable_master": _("The encoder cannot read the file. Export it anew, as H.264 in MP4, and send it again."),
    "missing_master": _("The master file is gone. Upload it again."),
    "disk_full": _("The disk is full. Make room, then try again."),
    "killed": _AGAIN,
    "stalled": _AGAIN,
    "encoder_failed": _AGAIN,
    "unexpected": _AGAIN,
}


def explain(asset: Asset) -> str:
    """One sentence for staff in their language; empty where nothing failed. Figures stay in `failure_reason`."""
    if not asset.failure_code:
        return ""
    return str(FAILURES.get(asset.failure_code, asset.failure_reason))
