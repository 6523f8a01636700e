"""The open player: a session that playlists and keys are given to, and only while its right to watch lasts."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.sessions.backends.base import SessionBase
from django.core import signing
from django.db.models import Exists, OuterRef

from vod.models import Offer, PlaybackSession, Title
from vod.services.entitlements import Allowed, Viewer, why_not
from vod.services.refusals import Reason

TOKEN_LIFETIME = timedelta(hours=12)
KEPT_FOR = timedelta(days=30)
_SEEN_EVERY = timedelta(minutes=1)
_SALT = "vod.playback"


class PlaybackRefused(Exception):
    """Nothing is handed out to this player; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(f"Playback refused: {reason}")
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class Asker:
    """Who asks for media: the member, or the browser of a guest."""

    user: Viewer
    browser_key: str


def open_session(*, asker: Asker, title: Title, right: Allowed, now: datetime) -> PlaybackSession:
    """Open a player for a viewer who may watch `title`; it plays the package that is current now, to the end."""
    return PlaybackSession.objects.create(
        user=asker.user if asker.user.is_authenticated else None,
        # Of a member it would be the key to the account, and is not needed.
        browser_key="" if asker.user.is_authenticated else asker.browser_key,
        title=title,
        package=title.packages.get(is_current=True),
        entitlement=right.entitlement,
        started_at=now,
        last_seen_at=now,
    )


def token_of(session: PlaybackSession) -> str:
    """What stands for the session in the addresses of its media: its id and our signature."""
    return signing.Signer(salt=_SALT).sign(session.pk.hex)


def session_for(token: str, *, asker: Asker, now: datetime) -> PlaybackSession:
    """The session behind a token, when its own viewer asks and the right to watch is live at `now`.

    One query, and one more for a free title. Raises `PlaybackRefused`.
    """
    session = own_session(token, asker=asker)
    if session.started_at + TOKEN_LIFETIME <= now:
        raise PlaybackRefused(Reason.LINK_OVER)
    if reason := _why_not(session, now):
        raise PlaybackRefused(reason)
    return session


def own_session(token: str, *, asker: Asker) -> PlaybackSession:
    """The viewer's own session behind a token of any age, whether or not the right still lasts: for saving progress."""
    rows = PlaybackSession.objects.select_related("title", "package", "entitlement")
    session = rows.filter(pk=_unsigned(token)).first()
    if session is None:
        raise PlaybackRefused(Reason.LINK_OVER)
    if not _belongs_to(session, asker):
        raise PlaybackRefused(Reason.OTHER_BROWSER)
    return session


def touch(session: PlaybackSession, now: datetime) -> None:
    """Remember that the player was seen, at most once a minute."""
    if now - session.last_seen_at >= _SEEN_EVERY:
        PlaybackSession.objects.filter(pk=session.pk).update(last_seen_at=now)


def forget_old_sessions(now: datetime) -> int:
    """Sweep: remove players that were last seen a month ago; returns how many rows went."""
    return PlaybackSession.objects.filter(last_seen_at__lt=now - KEPT_FOR).delete()[0]


def browser_key(session: SessionBase) -> str:
    """The name of this browser's session, made where it has none yet."""
    if session.session_key is None:
        session.create()
    return session.session_key or ""


def _unsigned(token: str) -> uuid.UUID:
    try:
        return uuid.UUID(signing.Signer(salt=_SALT).unsign(token))
    except (signing.BadSignature, ValueError) as error:
        raise PlaybackRefused(Reason.LINK_OVER) from error


def _belongs_to(session: PlaybackSession, asker: Asker) -> bool:
    if session.user_id is not None:
        return session.user_id == asker.user.pk
    return bool(session.browser_key) and session.browser_key == asker.browser_key and not asker.user.is_authenticated


def _why_not(session: PlaybackSession, now: datetime) -> Reason | None:
    if not session.title.is_published:
        return Reason.NOT_PUBLISHED
    if session.entitlement is None:
        return _why_not_free(session.title, now)
    reason = why_not(session.entitlement, now)
    return reason or (Reason.NOT_BEGUN if session.entitlement.waits_for_first_play else None)


def _why_not_free(title: Title, now: datetime) -> Reason | None:
    free = Offer.objects.on_sale_at(now).filter(kind=Offer.Kind.FREE, title=OuterRef("pk"))
    is_free = Title.objects.published(now).filter(Exists(free), pk=title.pk).exists()
    return None if is_free else Reason.FREE_OVER
