"""The list of what there is to watch, and the page of each title."""

from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from vod import queries, schema
from vod.models import Offer, Title

PAGE_SIZE = 24
ACCESS_KINDS = (Offer.Kind.FREE, Offer.Kind.RENTAL)


@require_safe
def list_titles(request: HttpRequest) -> HttpResponse:
    """Films and episodes, narrowed by GET parameters; every state has an address of its own."""
    now = timezone.now()
    choices = queries.choices(now)
    chosen = _chosen(request, choices)
    found = queries.narrowed(queries.watchable(now), now=now, **chosen)
    words = request.GET.get("q", "").strip()[:100]
    page = Paginator(queries.matching(found, words) if words else found, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "cards": queries.cards(list(page), user=request.user, now=now),
        "choices": choices,
        "access_choices": [(Offer.Kind.FREE, _("Free")), (Offer.Kind.RENTAL, _("Rental"))],
        "chosen": chosen,
        "chips": _chips(chosen, choices, words),
        "query": words,
    }
    return render(request, "vod/catalogue_list.html", context)


def _chosen(request: HttpRequest, choices: list[queries.Choice]) -> dict[str, str]:
    """The facets in the address; a value that names nothing is dropped, so that an old link still opens a list."""
    known = {(choice.facet, choice.slug) for choice in choices} | {("access", str(kind)) for kind in ACCESS_KINDS}
    asked = {facet: request.GET.get(facet, "") for facet in ("genre", "series", "access")}
    return {facet: slug if (facet, slug) in known else "" for facet, slug in asked.items()}


def _chips(chosen: dict[str, str], choices: list[queries.Choice], words: str) -> list[tuple[str, str]]:
    """What is applied, each with the parameter that its chip takes away: (parameter, name)."""
    names = {(choice.facet, choice.slug): choice.display_name for choice in choices}
    names |= {("access", "free"): _("Free"), ("access", "rental"): _("Rental")}
    chips = [(facet, names[facet, slug]) for facet, slug in chosen.items() if slug]
    return [("q", f"“{words}”"), *chips] if words else chips


@require_safe
def show_title(request: HttpRequest, slug: str) -> HttpResponse:
    now = timezone.now()
    title = queries.title_by_slug(slug)
    if title is None or not title.is_published or title.starts_at > now:
        raise Http404(_("There is no title at this address."))
    if title.kind == Title.Kind.SERIES:
        return _show_series(request, title, now)
    return _show_watchable(request, title, now)


def _show_watchable(request: HttpRequest, title: Title, now: datetime) -> HttpResponse:
    """A film or an episode. Whoever holds a right sees the page even after the title has left the lists."""
    episodes = queries.episodes_beside(title, now)
    cards = {card.title.pk: card for card in queries.cards_with_progress([title, *episodes], request.user, now)}
    card = cards[title.pk]
    if _has_ended(title, now) and card.access.right is None:
        return _show_ended(request, title, now)
    context = {
        "title": title,
        "card": card,
        "last_start": queries.last_start(card.access, now),
        "genres": queries.genres_of(title),
        "episodes": [cards[episode.pk] for episode in episodes],
        "schema": schema.of_film(title, card.access, request.build_absolute_uri),
    }
    return render(request, "vod/title_show.html", context)


def _show_series(request: HttpRequest, title: Title, now: datetime) -> HttpResponse:
    if _has_ended(title, now):
        return _show_ended(request, title, now)
    episodes = list(queries.episodes_of_series(title, now))
    cards = queries.cards_with_progress(episodes, request.user, now)
    context: dict[str, Any] = {
        "title": title,
        "genres": queries.genres_of(title),
        "episodes": cards,
        "next": queries.next_to_watch(cards),
        "schema": schema.of_series(title, request.build_absolute_uri),
    }
    return render(request, "vod/title_show_series.html", context)


def _has_ended(title: Title, now: datetime) -> bool:
    return title.ends_at is not None and title.ends_at <= now


def _show_ended(request: HttpRequest, title: Title, now: datetime) -> HttpResponse:
    """What ended, when, and what there is in its place; 410, so that search engines let go of the address."""
    instead = queries.cards(queries.alternatives_to(title, now), user=request.user, now=now)
    return render(request, "vod/title_ended.html", {"title": title, "cards": instead}, status=410)
