"""Pages that span the apps: home, search, the station's own words."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.views.decorators.http import require_safe

from cms import queries
from cms.markdown import to_html
from cms.models import Page
from cms.stylesheet import stylesheet

KEPT_FOR_EVER = "public, max-age=31536000, immutable"


@require_safe
def show_home(request: HttpRequest) -> HttpResponse:
    return render(request, "cms/home.html", {"home": queries.home(user=request.user, now=timezone.now())})


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Titles and goods that hold every word asked for; with none found, what many people like."""
    words = request.GET.get("q", "").strip()[:100]
    found = queries.search(words, user=request.user, now=timezone.now())
    return render(request, "cms/search.html", {"query": words, "found": found})


@require_safe
def send_search_index(request: HttpRequest) -> HttpResponse:
    """What suggestions are made from, in the browser; the same for everybody, sent anew only when it has changed."""
    index = queries.search_index(timezone.now())
    response = HttpResponse(index.body, content_type="application/json")
    response["ETag"] = index.etag
    response["Cache-Control"] = "public, max-age=60"
    return get_conditional_response(request, etag=index.etag, response=response) or response


@require_safe
def show_page(request: HttpRequest, slug: str) -> HttpResponse:
    page = get_object_or_404(Page, slug=slug)
    return render(request, "cms/page_show.html", {"page": page, "body": to_html(page.display_body)})


@require_safe
def send_favicon(request: HttpRequest) -> HttpResponse:
    """The icon at the one address that browsers, feed readers and chat programs ask for without being told."""
    icon = (settings.BASE_DIR / "static" / "img" / "favicon.ico").read_bytes()
    return HttpResponse(icon, content_type="image/x-icon", headers={"Cache-Control": "public, max-age=86400"})


@require_safe
def send_stylesheet(request: HttpRequest, digest: str) -> HttpResponse:
    """The stylesheet; under an old name the present one, which must then not be kept under it."""
    sheet = stylesheet()
    zipped = "gzip" in request.headers.get("Accept-Encoding", "")
    response = HttpResponse(sheet.gzipped if zipped else sheet.text, content_type="text/css; charset=utf-8")
    response["Cache-Control"] = KEPT_FOR_EVER if digest == sheet.digest else "no-cache"
    if zipped:
        response["Content-Encoding"] = "gzip"
    patch_vary_headers(response, ["Accept-Encoding"])
    return response
