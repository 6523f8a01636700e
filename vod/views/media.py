"""What players ask for: playlists, segments and keys, each for the session's own viewer while the right lasts."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.files.storage import storages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from vod.models import PlaybackSession, Rendition
from vod.services import packages, playback
from vod.services.refusals import REFUSALS, Reason
from vod.transcoding import playlists

_NEVER_KEPT = "private, no-store"
_KEPT_BY_THE_BROWSER = "private, max-age=31536000, immutable"  # the path never changes its content
_HIGHEST_NUMBER = 10**6  # of a segment: beyond any film, and still the name of a file
_LONGEST_NAME = Rendition._meta.get_field("name").max_length or 0
View = Callable[..., HttpResponseBase]


def for_its_viewer(view: View) -> View:
    """Give the view the session behind the token, or answer 403 with the reason in words and nothing else."""

    @wraps(view)
    def gated(request: HttpRequest, token: str, **kwargs: Any) -> HttpResponseBase:
        try:
            session = playback.session_for(token, asker=asker(request), now=timezone.now())
        except playback.PlaybackRefused as refused:
            return refusal(refused.reason)
        return view(request, session, **kwargs)

    return require_safe(gated)


def asker(request: HttpRequest) -> playback.Asker:
    return playback.Asker(user=request.user, browser_key=request.session.session_key or "")


def refusal(reason: Reason) -> JsonResponse:
    """A problem document (RFC 9457) that the player turns into its message."""
    words = REFUSALS[reason]
    problem = {
        "type": f"/api/v1/docs/#problem-playback-{reason}",
        "title": str(words.headline),
        "detail": str(words.text),
        "status": 403,
        "reason": str(reason),
        "code": words.code,
    }
    answer = JsonResponse(problem, status=403, content_type="application/problem+json")
    answer["Cache-Control"] = _NEVER_KEPT
    return answer


@for_its_viewer
def master(request: HttpRequest, session: PlaybackSession) -> HttpResponse:
    """The list of renditions; addresses are relative, so each carries the token of this one."""
    renditions = list(session.package.renditions.defer("segments"))
    return _playlist(playlists.multivariant(renditions, uri_for=lambda rendition: f"{rendition.name}.m3u8"))


@for_its_viewer
def media_playlist(request: HttpRequest, session: PlaybackSession, rendition: str) -> HttpResponse:
    found = get_object_or_404(session.package.renditions, name=rendition)
    token = playback.token_of(session)
    text = playlists.media_playlist(
        [duration for duration, _ in found.segments],
        uri_for_segment=lambda number: f"{found.name}/{number}.ts",
        key_starts=list(session.package.keys.values_list("first_sequence", flat=True)),
        uri_for_key=lambda number: reverse("vod:key", args=[token, number]),
    )
    return _playlist(text)


@for_its_viewer
def segment(request: HttpRequest, session: PlaybackSession, rendition: str, number: int) -> HttpResponse:
    """One encrypted segment, a few megabytes: read whole, since a file handed on in pieces would block the loop."""
    if number > _HIGHEST_NUMBER or len(rendition) > _LONGEST_NAME:
        raise Http404("There is no such segment.")
    try:
        with storages["packages"].open(packages.segment_path(session.package, rendition, number)) as file:
            body = file.read()
    except FileNotFoundError as error:
        raise Http404("There is no such segment.") from error
    return HttpResponse(body, content_type="video/mp2t", headers={"Cache-Control": _KEPT_BY_THE_BROWSER})


@for_its_viewer
def key(request: HttpRequest, session: PlaybackSession, number: int) -> HttpResponse:
    """The 16 bytes of one key. A new one is asked for every ten minutes of film, which asks for the right anew."""
    found = get_object_or_404(session.package.keys, number=number)
    playback.touch(session, timezone.now())
    return HttpResponse(
        bytes(found.secret), content_type="application/octet-stream", headers={"Cache-Control": _NEVER_KEPT}
    )


def _playlist(text: str) -> HttpResponse:
    return HttpResponse(text, content_type=playlists.CONTENT_TYPE, headers={"Cache-Control": _NEVER_KEPT})
