"""How far a member has come: saved from the player, and where to go on."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce

from accounts.models import User
from vod.models import Progress, Title
from vod.models.playback import FINISHED_SHARE

_OLDEST = timedelta(days=30)


def save_progress(
    *, user: User, title: Title, position_s: float, duration_s: float, age_s: float, now: datetime
) -> Progress:
    """Save a position that the player measured `age_s` seconds before `now`, unless a newer one is there.

    The player tells an age and not a time, since a viewer's clock may be wrong; a save that waited offline so keeps
    its place in the order. From 95 % on the title counts as finished, which stays true when it is watched again.
    Returns what is stored afterwards.
    """
    position_s = min(max(position_s, 0.0), duration_s)
    measured_at = now - timedelta(seconds=min(max(age_s, 0.0), _OLDEST.total_seconds()))
    changes = {"position_s": position_s, "duration_s": duration_s, "updated_at": measured_at}
    finished_at = measured_at if position_s >= duration_s * FINISHED_SHARE else None
    if not _update(user, title, changes, finished_at):
        _create(user, title, changes, finished_at)
    return Progress.objects.get(user=user, title=title)


def resume_at(progress: Progress | None, duration_s: float) -> float:
    """Where to go on, in seconds: never inside the last 5 %, where a film begins anew."""
    return progress.resumes_at(duration_s) if progress else 0.0


def _update(user: User, title: Title, changes: dict[str, object], finished_at: datetime | None) -> bool:
    older = Progress.objects.filter(user=user, title=title, updated_at__lt=changes["updated_at"])
    if finished_at:
        changes = changes | {"finished_at": Coalesce(F("finished_at"), Value(finished_at))}
    return bool(older.update(**changes))


def _create(user: User, title: Title, changes: dict[str, object], finished_at: datetime | None) -> None:
    if Progress.objects.filter(user=user, title=title).exists():
        return  # a newer position is there
    try:
        with transaction.atomic():
            Progress.objects.create(user=user, title=title, finished_at=finished_at, **changes)
    except IntegrityError:  # another device was faster by a moment
        _update(user, title, changes, finished_at)
