"""The right to watch: given, begun, taken back, and asked for."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction

from accounts.models import User
from config.lib.locks import lock_one
from vod.models import Entitlement, Offer, Title
from vod.services.refusals import Reason

Viewer = User | AnonymousUser


@dataclass(frozen=True, kw_only=True)
class Allowed:
    """The viewer may watch: by an entitlement, or by a free offer where that is None; until when, if it ends."""

    entitlement: Entitlement | None = None
    until: datetime | None = None

    @property
    def waits_for_first_play(self) -> bool:
        """Whether the clock stands still until the viewer confirms to begin."""
        return self.entitlement is not None and self.entitlement.waits_for_first_play


@dataclass(frozen=True, kw_only=True)
class Denied:
    """The viewer may not watch; `since` is the moment the reason tells of, where it has one."""

    reason: Reason
    entitlement: Entitlement | None = None
    since: datetime | None = None


Right = Allowed | Denied


class OtherEntitlement(Exception):
    """A reference that stands for one right was used for another one."""


class CannotBegin(Exception):
    """The right is not live, so its clock cannot start; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(f"The right to watch cannot be begun: {reason}")
        self.reason = reason


def grant(
    *,
    user: User,
    title: Title,
    source: str,
    reference: uuid.UUID,
    now: datetime,
    start_within_days: int,
    viewing_hours: int,
) -> Entitlement:
    """Give the right to watch `title`, to be begun within `start_within_days`, then lasting `viewing_hours`.

    The same `reference` gives the same right again and changes nothing. Raises `OtherEntitlement` when it stands for
    another member or title.
    """
    terms = {
        "user": user,
        "title": title,
        "source": source,
        "starts_at": now,
        "ends_at": now + timedelta(days=start_within_days),
        "viewing_hours": viewing_hours,
        "created_at": now,
    }
    try:
        with transaction.atomic():
            entitlement, _ = Entitlement.objects.get_or_create(reference=reference, defaults=terms)
    except IntegrityError:  # another process was faster by a moment
        entitlement = Entitlement.objects.get(reference=reference)
    if (entitlement.user_id, entitlement.title_id) != (user.pk, title.pk):
        raise OtherEntitlement(f"{reference} is the right of member {entitlement.user_id} to {entitlement.title_id}")
    return entitlement


def revoke(*, reference: uuid.UUID, now: datetime) -> int:
    """Take the right back, once; returns how many were still in force (0 or 1)."""
    return Entitlement.objects.filter(reference=reference, revoked_at__isnull=True).update(revoked_at=now)


def restore(*, reference: uuid.UUID, revoked_at: datetime) -> int:
    """Give back a right that was taken back at that very moment; one that was taken back otherwise stays so."""
    return Entitlement.objects.filter(reference=reference, revoked_at=revoked_at).update(revoked_at=None)


def begin(*, entitlement: Entitlement, now: datetime) -> Entitlement:
    """Start the clock at the confirmed first play: the full viewing time from now, set once and never again.

    Raises `CannotBegin` for a right that is not live. One that was begun, or has no clock, is returned as it is.
    """
    with transaction.atomic():
        held = lock_one(Entitlement.objects.all(), pk=entitlement.pk)
        if reason := why_not(held, now):
            raise CannotBegin(reason)
        if held.waits_for_first_play:
            held.first_played_at = now
            held.ends_at = now + timedelta(hours=held.viewing_hours)
            held.save(update_fields=["first_played_at", "ends_at"])
    return held


def may_watch(user: Viewer, title: Title, now: datetime) -> Right:
    """Whether `user` may watch `title` at `now`, and if not, for which reason.

    Somebody who holds a live right watches to its end, even when the title has left the lists meanwhile; a title
    that was withdrawn (unpublished by hand) is for nobody.
    """
    held = _held(user, title)
    live = [entitlement for entitlement in held if why_not(entitlement, now) is None]
    if not title.is_published:
        return Denied(reason=Reason.NOT_PUBLISHED, entitlement=held[0] if held else None)
    if not live and (closed := _window_closed(title, now)):
        return closed
    if not title.packages.filter(is_current=True).exists():
        return Denied(reason=Reason.NO_PACKAGE)
    if not _window_closed(title, now) and (free := free_offer(title, now)):
        ends = [moment for moment in (free.ends_at, title.ends_at) if moment]
        return Allowed(until=min(ends, default=None))
    if live:
        best = max(live, key=_preference)
        return Allowed(entitlement=best, until=best.ends_at)
    return _denied_to(user, held, now)


def why_not(entitlement: Entitlement, now: datetime) -> Reason | None:
    """Why this right is not in force at `now`, or None when it is: the same rule as `EntitlementQuerySet.live_at`."""
    if entitlement.revoked_at:
        return Reason.REVOKED
    if entitlement.suspended_at:
        return Reason.SUSPENDED
    if entitlement.starts_at > now:
        return Reason.NOT_STARTED_YET
    if entitlement.ends_at and entitlement.ends_at <= now:
        return Reason.EXPIRED
    return None


def free_offer(title: Title, now: datetime) -> Offer | None:
    """The offer by which everybody may watch `title` at `now`."""
    return title.offers.on_sale_at(now).filter(kind=Offer.Kind.FREE).first()


def _held(user: Viewer, title: Title) -> list[Entitlement]:
    """Every right of the member over the title or its series, the newest first."""
    if not user.is_authenticated:
        return []
    return list(Entitlement.objects.visible_to(user).covering(title).distinct().order_by("-pk"))


def _window_closed(title: Title, now: datetime) -> Denied | None:
    if title.starts_at > now:
        return Denied(reason=Reason.NOT_PUBLISHED, since=title.starts_at)
    if title.ends_at and title.ends_at <= now:
        return Denied(reason=Reason.NOT_PUBLISHED, since=title.ends_at)
    return None


def _preference(entitlement: Entitlement) -> tuple[bool, float]:
    """A clock that runs already comes before one that would have to be started; then the one that lasts longest."""
    last = entitlement.ends_at.timestamp() if entitlement.ends_at else float("inf")
    return not entitlement.waits_for_first_play, last


def _denied_to(user: Viewer, held: list[Entitlement], now: datetime) -> Denied:
    if held:
        newest = held[0]
        reason = why_not(newest, now) or Reason.NOT_ENTITLED
        since = {
            Reason.EXPIRED: newest.ends_at,
            Reason.NOT_STARTED_YET: newest.starts_at,
            Reason.REVOKED: newest.revoked_at,
            Reason.SUSPENDED: newest.suspended_at,
        }.get(reason)
        return Denied(reason=reason, entitlement=newest, since=since)
    return Denied(reason=Reason.NOT_ENTITLED if user.is_authenticated else Reason.SIGN_IN)
