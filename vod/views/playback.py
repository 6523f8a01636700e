"""The page with the player: whether one may watch, the confirmed beginning of a rental, and how far one has come."""

import json
from datetime import timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from vod import queries
from vod.forms import ProgressForm
from vod.models import Progress, Title
from vod.services import entitlements, playback, progress
from vod.services.entitlements import Allowed, Denied
from vod.services.refusals import REFUSALS, Reason, Step
from vod.views import media

# Who has just pressed the button to begin waits for no second one. A fragment, so that it is no page of its own.
_PLAY_AT_ONCE = "#play"


@never_cache
@require_safe
def watch(request: HttpRequest, slug: str) -> HttpResponse:
    """The player for who may watch; the confirmation for a rental not begun; else the reason and the next step."""
    if _is_prefetch(request):
        # A page fetched ahead would open a player for nobody; a browser throws this answer away and asks again.
        return HttpResponse(status=503)
    title = _watchable_title(slug)
    if title.kind == Title.Kind.SERIES:
        return redirect(title)
    right = entitlements.may_watch(request.user, title, timezone.now())
    if isinstance(right, Denied):
        return _show_denied(request, title, right)
    if right.waits_for_first_play:
        return _show_beginning(request, title, right)
    return _show_player(request, title, right)


@require_POST
def begin(request: HttpRequest, slug: str) -> HttpResponse:
    """The confirmed first play: starts the clock once. Whatever stands against it, the watch page says."""
    title = _watchable_title(slug)
    now = timezone.now()
    right = entitlements.may_watch(request.user, title, now)
    if isinstance(right, Allowed) and right.entitlement and right.waits_for_first_play:
        try:
            entitlements.begin(entitlement=right.entitlement, now=now)
        except entitlements.CannotBegin as refusal:
            return _show_denied(request, title, Denied(reason=refusal.reason, entitlement=right.entitlement))
    return redirect(f"{reverse('vod:watch', args=[title.slug])}{_PLAY_AT_ONCE}")


@require_POST
def save_progress(request: HttpRequest, slug: str) -> HttpResponse:
    """How far the member has come, as JSON: `token`, `position_s`, `age_s` (how long ago that was)."""
    form = ProgressForm(_json(request))
    if not form.is_valid():
        return _problem("invalid", _("The saved position is not valid."), errors=form.errors.get_json_data())
    if not request.user.is_authenticated:
        return media.refusal(Reason.SIGN_IN)
    try:
        session = playback.own_session(form.cleaned_data["token"], asker=media.asker(request))
    except playback.PlaybackRefused as refused:
        return media.refusal(refused.reason)
    if session.title.slug != slug:
        return _problem("invalid", _("The player belongs to another title."))
    now = timezone.now()
    playback.touch(session, now)
    saved = progress.save_progress(
        user=request.user,
        title=session.title,
        position_s=form.cleaned_data["position_s"],
        duration_s=session.package.duration_s,
        age_s=form.cleaned_data["age_s"],
        now=now,
    )
    return JsonResponse({"position_s": saved.position_s, "is_finished": saved.finished_at is not None})


def _watchable_title(slug: str) -> Title:
    title = queries.title_by_slug(slug)
    if title is None:
        raise Http404(_("There is no title at this address."))
    return title


def _is_prefetch(request: HttpRequest) -> bool:
    purpose = request.headers.get("Sec-Purpose", "") + request.headers.get("Purpose", "")
    return "prefetch" in purpose or request.headers.get("X-Moz") == "prefetch"


def _show_denied(request: HttpRequest, title: Title, right: Denied) -> HttpResponse:
    """403 with the reason. A draft is nobody's business, except for a member who once had a right to it."""
    if not title.is_published and right.entitlement is None:
        raise Http404(_("There is no title at this address."))
    words = REFUSALS[right.reason]
    now = timezone.now()
    offers = queries.offers_for([title], now)[title.pk] if right.reason in _SOLVED_BY_RENTING else []
    context = {
        "title": title,
        "right": right,
        "words": words,
        "step_url": _step_url(request, title, words.step),
        "rental": next((offer for offer in offers if offer.kind == offer.Kind.RENTAL), None),
        "is_coming": right.reason == Reason.NOT_PUBLISHED and title.starts_at > now,
    }
    return render(request, "vod/watch_denied.html", context, status=403)


_SOLVED_BY_RENTING = (Reason.SIGN_IN, Reason.NOT_ENTITLED, Reason.EXPIRED, Reason.REVOKED)


def _step_url(request: HttpRequest, title: Title, step: Step) -> str:
    if step == Step.SIGN_IN:
        return f"{reverse('account_login')}?next={reverse('vod:watch', args=[title.slug])}"
    # The contact page belongs to a layer above; the template knows its address.
    return {Step.CATALOGUE: reverse("vod:catalogue"), Step.RELOAD: request.path, Step.CONTACT: ""}.get(
        step, title.get_absolute_url()
    )


def _show_beginning(request: HttpRequest, title: Title, right: Allowed) -> HttpResponse:
    entitlement = right.entitlement
    assert entitlement is not None  # only an entitlement waits for its first play
    context = {
        "title": title,
        "entitlement": entitlement,
        "until": timezone.now() + timedelta(hours=entitlement.viewing_hours),
    }
    return render(request, "vod/watch_begin.html", context)


def _show_player(request: HttpRequest, title: Title, right: Allowed) -> HttpResponse:
    now = timezone.now()
    user = request.user
    playback.browser_key(request.session)
    session = playback.open_session(asker=media.asker(request), title=title, right=right, now=now)
    seen = Progress.objects.filter(user=user, title=title).first() if user.is_authenticated else None
    episodes = queries.cards_with_progress(queries.episodes_beside(title, now), user, now)
    following = _next_after(title, episodes)
    token = playback.token_of(session)
    context = {
        "title": title,
        "right": right,
        "source": reverse("vod:master", args=[token]),
        "progress": seen,
        "episodes": episodes,
        "next": following,
        "resume_at": (resume_at := progress.resume_at(seen, session.package.duration_s)),
        "duration_s": session.package.duration_s,
        "settings": {
            "slug": title.slug,
            "token": token,
            "csrf": get_token(request),
            "progressUrl": reverse("vod:progress", args=[title.slug]) if user.is_authenticated else "",
            "titleUrl": title.get_absolute_url(),
            "resumeAt": resume_at,
            "duration": session.package.duration_s,
            "refusals": {str(reason): words.as_json() for reason, words in REFUSALS.items()},
            "texts": _texts(),
        },
    }
    return render(request, "vod/watch.html", context)


def _next_after(title: Title, episodes: list[queries.Card]) -> queries.Card | None:
    """The episode that follows, if it is out and can be watched or had."""
    here = next((number for number, card in enumerate(episodes) if card.title.pk == title.pk), len(episodes))
    ahead = episodes[here + 1 : here + 2]
    return next((card for card in ahead if card.access.kind in ("held", "free", "rental")), None)


def _texts() -> dict[str, str]:
    """What the player says by itself, in the reader's language; {…} is filled in by the player."""
    return {
        "play": pgettext("player", "Play"),
        "pause": _("Pause"),
        "mute": _("Mute"),
        "unmute": _("Unmute"),
        "fullscreen": _("Full screen"),
        "leaveFullscreen": _("Leave full screen"),
        "position": _("{position} of {duration}"),
        "hours": _("{n} h"),
        "minutes": _("{n} min"),
        "seconds": _("{n} s"),
        "reconnecting": _("Reconnecting…"),
        "loading": _("Loading…"),
        "speed": _("Speed {n}×"),
        "volume": _("Volume {n} %"),
        "code": _("Code for enquiries: {code}"),
    }


def _json(request: HttpRequest) -> dict[str, Any]:
    """The object that was sent, its numbers as floats: a whole number may be larger than any of them."""
    try:
        sent = json.loads(request.body, parse_int=float)
    except (ValueError, RecursionError):
        return {}
    return sent if isinstance(sent, dict) else {}


def _problem(code: str, title: str, **more: Any) -> JsonResponse:
    problem = {"type": f"/api/v1/docs/#problem-{code}", "title": title, "status": 400, **more}
    return JsonResponse(problem, status=400, content_type="application/problem+json")
