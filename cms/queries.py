"""What the station's own pages read from the apps below."""

import json
import logging
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.db.models import OuterRef, Q, QuerySet, Subquery
from redis.exceptions import RedisError

from accounts.models import User
from cms.models import Notice, RelatedGoods
from config.lib.text import fold
from shop import queries as shop
from shop.models import Product
from vod import queries as vod
from vod.models import Title

log = logging.getLogger(__name__)

ROW = 12
SEARCH_SHOWN = 12
INDEX_SIZE = 3000
INDEX_SECONDS = 60


def notices_at(now: datetime) -> QuerySet[Notice]:
    """The notices of the moment, the newest first; three at most, or nobody reads any."""
    return Notice.objects.shown_at(now).order_by("-starts_at")[:3]


@dataclass(frozen=True)
class Home:
    """The rows of the first page; an empty row is not shown."""

    hero: vod.Card | None
    unfinished: list[vod.Card]
    newest: list[vod.Card]
    series: list[Title]
    goods: list[shop.Card]


def home(*, user: User | AnonymousUser, now: datetime) -> Home:
    """The first page."""
    begun = vod.unfinished(user, now, ROW)
    newest = list(vod.watchable(now)[:ROW])
    seen = {title.pk: progress for title, progress in begun}
    all_cards = vod.cards([*newest, *(title for title, _ in begun)], user=user, now=now, progress=seen)
    shown = all_cards[: len(newest)]
    return Home(
        hero=_hero(shown),
        unfinished=[card for card in all_cards[len(newest) :] if card.access.is_open],
        newest=shown,
        series=list(vod.series(now)[:ROW]),
        goods=shop.cards(shop.products(now)[:ROW]),
    )


def _hero(newest: list[vod.Card]) -> vod.Card | None:
    """The newest title with a wide picture that can be played; what the viewer has not begun comes first."""
    fit = [card for card in newest if card.title.artwork_wide and card.access.kind != "coming"]
    return min(fit, key=lambda card: card.progress is not None, default=None)


@dataclass(frozen=True)
class Found:
    """What a search found: as many as are shown, and how many there are."""

    titles: list[vod.Card]
    title_count: int
    series: list[Title]
    goods: list[shop.Card]
    goods_count: int
    popular: list[vod.Card]

    @property
    def count(self) -> int:
        return self.title_count + len(self.series) + self.goods_count


def search(words: str, *, user: User | AnonymousUser, now: datetime) -> Found:
    if not fold(words):
        return _nothing_found(user, now)
    titles, goods = vod.matching(vod.watchable(now), words), shop.products(now).matching(words)
    first, series = list(titles[:SEARCH_SHOWN]), list(vod.series(now).matching(words)[:SEARCH_SHOWN])
    first_goods = list(goods[:SEARCH_SHOWN])
    if not (first or series or first_goods):
        return _nothing_found(user, now)
    return Found(
        titles=vod.cards(first, user=user, now=now),
        title_count=titles.count() if len(first) == SEARCH_SHOWN else len(first),
        series=series,
        goods=shop.cards(first_goods),
        goods_count=goods.count() if len(first_goods) == SEARCH_SHOWN else len(first_goods),
        popular=[],
    )


def _nothing_found(user: User | AnonymousUser, now: datetime) -> Found:
    popular = vod.cards(list(vod.watchable(now)[:4]), user=user, now=now)
    return Found(titles=[], title_count=0, series=[], goods=[], goods_count=0, popular=popular)


@dataclass(frozen=True)
class Index:
    """The search index as it is sent, with the name of this version."""

    body: bytes
    etag: str


def search_index(now: datetime) -> Index:
    """The index for suggestions in the browser, at most a minute old; made anew each time while the cache is away."""
    try:
        body: bytes = cache.get_or_set("cms.search_index", lambda: _index_body(now), INDEX_SECONDS) or b""
    except RedisError as error:
        log.warning("The search index is not cached: %s", error)
        body = _index_body(now)
    return Index(body, f'"{sha256(body).hexdigest()[:20]}"')


def _index_body(now: datetime) -> bytes:
    """Entries of name, English name, address, kind, and the folded text that a query is looked for in."""
    titles = Title.objects.published(now).select_related("episode__season__series")[:INDEX_SIZE]
    goods = Product.objects.published(now)[:INDEX_SIZE]
    entries = [_entry(title, title.kind) for title in titles] + [_entry(product, "goods") for product in goods]
    return json.dumps({"entries": entries}, ensure_ascii=False, separators=(",", ":")).encode()


def _entry(row: Title | Product, kind: str) -> list[str]:
    episode = getattr(row, "episode", None)
    of = episode.season.series.name if episode else ""
    people = getattr(row, "cast", "")
    text = fold(" ".join((row.name, row.name_en, row.reading, people, of)))
    return [row.name, row.name_en, row.get_absolute_url(), kind, text]


def goods_of(title: Title, now: datetime, limit: int = 8) -> list[shop.Card]:
    """The goods that come from a title, its series or its episodes, in the order that editors gave them."""
    episode = getattr(title, "episode", None)
    itself = [title.pk, *([episode.season.series_id] if episode else [])]
    related = RelatedGoods.objects.filter(Q(title__in=itself) | Q(title__episode__season__series=title))
    place = related.filter(product=OuterRef("pk")).order_by("position").values("position")[:1]
    found = shop.products(now).filter(pk__in=related.values("product")).annotate(place=Subquery(place))
    return shop.cards(found.order_by("place", "pk")[:limit])


def titles_of(product: Product, user: User | AnonymousUser, now: datetime, limit: int = 6) -> list[vod.Card]:
    """The titles a product comes from; for a series, the series itself."""
    titles = vod.titles_with_length().published(now).filter(related_goods__product=product)
    return vod.cards(list(titles.order_by("related_goods__position")[:limit]), user=user, now=now)
