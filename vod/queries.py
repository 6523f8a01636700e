"""What the pages of the video service read: lists, rights, offers, and the way an access is put into words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import F, FloatField, OuterRef, Q, QuerySet, Subquery, Value

from accounts.models import User
from config.lib.localized import Localized
from vod.models import Entitlement, Genre, Offer, Package, Progress, Season, Title
from vod.models.catalogue import TitleQuerySet
from vod.models.playback import FINISHED_SHARE

LEAVING_SOON = timedelta(days=7)


def titles_with_length() -> TitleQuerySet:
    """Titles with what a card shows: `duration_s` (None until there is a film), and the place in a series."""
    playable = Package.objects.filter(title=OuterRef("pk"), is_current=True)
    length = Subquery(playable.values("duration_s")[:1], output_field=FloatField())
    titles: TitleQuerySet = Title.objects.annotate(duration_s=length).select_related("episode__season__series")
    return titles


def watchable(now: datetime) -> TitleQuerySet:
    """Films and episodes that viewers may see, the newest first."""
    return titles_with_length().published(now).watchable_kinds()


def series(now: datetime) -> TitleQuerySet:
    return Title.objects.published(now).filter(kind=Title.Kind.SERIES)


def matching(titles: QuerySet[Title], words: str) -> QuerySet[Title]:
    """Those that hold every word themselves, or whose series does: who looks for a series wants its episodes too."""
    by_name = Title.objects.matching(words).order_by().values("pk")
    return titles.filter(Q(pk__in=by_name) | Q(episode__season__series__in=by_name))


def rights_to(titles: Iterable[Title], user: User | AnonymousUser, now: datetime) -> dict[int, Entitlement]:
    """The live right of `user` to each of `titles`, by title id, in one query; a right to a series covers its episodes.

    Where there are several, one whose clock runs already comes before one that would have to be started.
    """
    ids = [title.pk for title in titles]
    if not user.is_authenticated or not ids:
        return {}
    live = _covering(Entitlement.objects.live_at(now).visible_to(user), ids)
    rights: dict[int, Entitlement] = {}
    for right in sorted(live, key=lambda row: (not row.waits_for_first_play, row.ends_at is None, row.ends_at or now)):
        rights[right.title_id] = right
        rights[right.covered_id] = right
    return {title_id: right for title_id, right in rights.items() if title_id in set(ids)}


def offers_for(titles: Iterable[Title], now: datetime) -> dict[int, list[Offer]]:
    """The offers on sale for each of `titles`, by title id, the cheapest first; a series' hold for its episodes."""
    ids = [title.pk for title in titles]
    found: dict[int, list[Offer]] = {title_id: [] for title_id in ids}
    for offer in _covering(Offer.objects.on_sale_at(now).order_by("price", "pk"), ids):
        for title_id in {offer.title_id, offer.covered_id}:
            if title_id in found and offer not in found[title_id]:
                found[title_id].append(offer)
    return found


def _covering(rows: QuerySet[Any], ids: Sequence[int]) -> QuerySet[Any]:
    """Rows over the titles themselves or over their series; `covered_id` is the episode a series' row was found by."""
    through_series = Q(title__seasons__episodes__title__in=ids)
    return rows.filter(Q(title__in=ids) | through_series).annotate(covered_id=F("title__seasons__episodes__title"))


@dataclass(frozen=True)
class Access:
    """How a viewer may watch a title now. `kind` is held, free, rental, coming or none."""

    kind: str
    offer: Offer | None = None
    right: Entitlement | None = None

    @property
    def is_open(self) -> bool:
        """Whether the play button can be pressed without paying."""
        return self.kind in ("held", "free")


def access_to(title: Title, offers: list[Offer], right: Entitlement | None) -> Access:
    """Free beats a right that runs out, a right beats buying; nothing is sold that cannot be played yet.

    An episode is free by its own offer alone; a rental of its series holds for it as well.
    """
    free = next((offer for offer in offers if offer.kind == Offer.Kind.FREE and offer.title_id == title.pk), None)
    if getattr(title, "duration_s", None) is None and title.kind != Title.Kind.SERIES:
        return Access("coming", right=right)
    if free:
        return Access("free", offer=free)
    if right:
        return Access("held", right=right)
    rental = next((offer for offer in offers if offer.kind == Offer.Kind.RENTAL), None)
    return Access("rental", offer=rental) if rental else Access("none")


@dataclass(frozen=True)
class Card:
    """A title as a list shows it."""

    title: Title
    access: Access
    progress: Progress | None = None
    now: datetime | None = field(default=None, repr=False)

    @property
    def series(self) -> Title | None:
        episode = getattr(self.title, "episode", None)
        return episode.season.series if episode else None

    @property
    def is_leaving(self) -> bool:
        """Whether the title's window ends within seven days."""
        ends_at = self.title.ends_at
        return bool(ends_at and self.now and ends_at - self.now <= LEAVING_SOON)

    @property
    def resumes_at(self) -> float:
        """Where to go on, in seconds; 0 for the beginning, also once it is nearly over."""
        return self.progress.resumes_at(self.progress.duration_s) if self.progress else 0.0

    @property
    def percent(self) -> int:
        """How much was watched, 0-100."""
        if not self.progress or not self.progress.duration_s:
            return 0
        return min(100, round(100 * self.progress.position_s / self.progress.duration_s))

    @property
    def seconds_left(self) -> float:
        return max(0.0, self.progress.duration_s - self.progress.position_s) if self.progress else 0.0


def cards(
    titles: Sequence[Title],
    *,
    user: User | AnonymousUser,
    now: datetime,
    progress: dict[int, Progress] | None = None,
) -> list[Card]:
    """One card for each title, with two queries for all of them: what is on sale, and what the viewer may watch."""
    offers, rights = offers_for(titles, now), rights_to(titles, user, now)
    seen = progress or {}
    return [
        Card(title, access_to(title, offers[title.pk], rights.get(title.pk)), seen.get(title.pk), now)
        for title in titles
    ]


def progress_of(titles: Iterable[Title], user: User | AnonymousUser) -> dict[int, Progress]:
    """How far `user` has come with each of `titles`, by title id."""
    if not user.is_authenticated:
        return {}
    rows = Progress.objects.filter(user=user, title__in=[title.pk for title in titles])
    return {row.title_id: row for row in rows}


def unfinished(user: User | AnonymousUser, now: datetime, limit: int = 12) -> list[tuple[Title, Progress]]:
    """What `user` began and has not finished, the latest first; what is nearly over counts as finished."""
    if not user.is_authenticated:
        return []
    open_rows = Progress.objects.filter(
        user=user, finished_at__isnull=True, position_s__gt=0, position_s__lt=F("duration_s") * FINISHED_SHARE
    )
    rows = {row.title_id: row for row in open_rows.order_by("-updated_at")[:limit]}
    titles = {title.pk: title for title in titles_with_length().filter(pk__in=rows, is_published=True)}
    return [(titles[pk], row) for pk, row in rows.items() if pk in titles]


def narrowed(titles: QuerySet[Title], *, now: datetime, genre: str = "", series: str = "", access: str = "") -> Any:
    """`titles` with the facets applied; a genre of a series holds for its episodes."""
    if genre:
        named = Title.objects.filter(genres__slug=genre)
        titles = titles.filter(Q(pk__in=named) | Q(episode__season__series__in=named))
    if series:
        titles = titles.filter(episode__season__series__slug=series)
    if access:
        titles = titles.filter(_accessible_by(access, now), packages__is_current=True)
    return titles


def _accessible_by(kind: str, now: datetime) -> Q:
    """The rule of `access_to` as a condition: free is free by its own offer, a rental may also be its series'."""
    on_sale = Offer.objects.on_sale_at(now)
    free = Q(pk__in=on_sale.filter(kind=Offer.Kind.FREE).values("title"))
    if kind == Offer.Kind.FREE:
        return free
    rented = on_sale.filter(kind=Offer.Kind.RENTAL).values("title")
    return (Q(pk__in=rented) | Q(episode__season__series__in=rented)) & ~free


@dataclass(frozen=True)
class Choice:
    """A genre or a series that the list can be narrowed to."""

    facet: str
    slug: str
    name: str
    name_en: str

    display_name = Localized("name")


def choices(now: datetime) -> list[Choice]:
    """The genres and series in which there is something to watch, in one query."""
    shown = Title.objects.published(now).watchable_kinds()
    series_ids = shown.filter(episode__isnull=False).values("episode__season__series")
    genres = Genre.objects.filter(Q(titles__in=shown) | Q(titles__in=series_ids)).distinct().order_by()
    with_episodes = series(now).filter(pk__in=series_ids).order_by()
    columns = ("facet", "slug", "name", "name_en")
    found = genres.annotate(facet=Value("genre")).values_list(*columns)
    rows = found.union(with_episodes.annotate(facet=Value("series")).values_list(*columns))
    return sorted((Choice(*row) for row in rows), key=lambda choice: (choice.facet, choice.name))


def episodes_of(season: Season, now: datetime) -> QuerySet[Title]:
    """The episodes of a season that viewers may see, in their order."""
    return titles_with_length().published(now).filter(episode__season=season).order_by("episode__number")


def episodes_of_series(title: Title, now: datetime) -> QuerySet[Title]:
    """All episodes of a series that viewers may see, season by season."""
    shown = titles_with_length().published(now).filter(episode__season__series=title)
    return shown.order_by("episode__season__number", "episode__number")


def alternatives_to(title: Title, now: datetime, limit: int = 4) -> list[Title]:
    """What to offer in the place of a title that has ended: its series first, then the newest."""
    episode = getattr(title, "episode", None)
    shown = watchable(now).exclude(pk=title.pk)
    near = list(shown.filter(episode__season__series=episode.season.series_id)[:limit]) if episode else []
    rest = shown.exclude(pk__in=[near_title.pk for near_title in near])[: limit - len(near)]
    return [*near, *rest]


def title_by_slug(slug: str) -> Title | None:
    """The title at that address, whether or not viewers may see it."""
    return titles_with_length().filter(slug=slug).first()


def episodes_beside(title: Title, now: datetime) -> list[Title]:
    """The episodes of the season that `title` belongs to, itself among them; none for a film."""
    episode = getattr(title, "episode", None)
    return list(episodes_of(episode.season, now)) if episode else []


def genres_of(title: Title) -> QuerySet[Genre]:
    """The genres of a title and of the series it belongs to."""
    episode = getattr(title, "episode", None)
    return Genre.objects.filter(titles__in=[title.pk, *([episode.season.series_id] if episode else [])]).distinct()


def cards_with_progress(titles: Sequence[Title], user: User | AnonymousUser, now: datetime) -> list[Card]:
    return cards(titles, user=user, now=now, progress=progress_of(titles, user))


def next_to_watch(episodes: Sequence[Card]) -> Card | None:
    """Where to go on in a series: the first episode not finished that can be played or bought, else the first."""
    offered = [card for card in episodes if card.access.kind in ("held", "free", "rental")]
    ahead = (card for card in offered if not (card.progress and card.progress.finished_at))
    return next(ahead, offered[0] if offered else None)


def last_start(access: Access, now: datetime) -> datetime | None:
    """Until when a rental that is paid `now` must be begun."""
    return now + timedelta(days=access.offer.start_within_days) if access.offer else None
