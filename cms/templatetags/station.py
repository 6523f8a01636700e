"""What templates of every app use: money, times, icons, addresses in the other language."""

import json
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.conf import settings
from django.http import HttpRequest
from django.template.defaultfilters import date as format_date
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import escape_leading_slashes
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, ngettext

from cms.stylesheet import stylesheet
from config.lib import money, text

register = template.Library()

# Icons on a grid of 24, drawn with one stroke width; each is the inside of an SVG.
_ICONS = {
    "search": '<circle cx="10.5" cy="10.5" r="6.5"/><path d="m15.5 15.5 5 5"/>',
    "cart": '<path d="M2.5 4h2.6l2.3 11h10.8l2.3-8H6.2"/><circle cx="9" cy="19.5" r="1.4"/><circle cx="17" cy="19.5" r="1.4"/>',  # noqa: E501
    "person": '<circle cx="12" cy="8" r="4"/><path d="M4 20.5c.8-4 4-6 8-6s7.2 2 8 6"/>',
    "play": '<path d="M8 5.2v13.6L19 12z" fill="currentColor"/>',
    "previous": '<path d="m14.5 5-7 7 7 7"/>',
    "next": '<path d="m9.5 5 7 7-7 7"/>',
    "truck": '<path d="M2.5 6.5h11v10h-11zM13.5 10h4l3.5 3.5v3h-7.5z"/><circle cx="7" cy="17.5" r="1.8"/><circle cx="17" cy="17.5" r="1.8"/>',  # noqa: E501
    "clock": '<circle cx="12" cy="12" r="8.5"/><path d="M12 7v5.2l3.5 2"/>',
    "check": '<path d="m4.5 12.5 5 5 10-11"/>',
    "globe": '<circle cx="12" cy="12" r="8.5"/><path d="M3.5 12h17M12 3.5c3 2.6 3 14.4 0 17M12 3.5c-3 2.6-3 14.4 0 17"/>',  # noqa: E501
}


@register.filter
def yen(amount: int | None) -> str:
    """The amount as a person reads it; nothing where there is none."""
    return "" if amount is None else money.yen(amount)


@register.filter
def clock(seconds: float | None) -> str:
    """A length or a position in a film: 754 gives 12:34. The player's script writes it the same way."""
    return "" if seconds is None else text.clock(seconds)


@register.filter
def moment(value: datetime | None) -> SafeString | str:
    """A point in time as people here read it, in a `time` element; an English page names the time zone."""
    if value is None:
        return ""
    local = timezone.localtime(value)
    english = (get_language() or "ja").startswith("en")
    words = format_date(local, "j M Y, H:i" if english else "Y年n月j日（D）H:i")
    return format_html('<time datetime="{}">{}</time>', local.isoformat(), f"{words} JST" if english else words)


@register.filter
def day(value: datetime | None) -> SafeString | str:
    """The day alone, in a `time` element."""
    if value is None:
        return ""
    local = timezone.localtime(value)
    english = (get_language() or "ja").startswith("en")
    words = format_date(local, "j M Y" if english else "Y年n月j日")
    return format_html('<time datetime="{}">{}</time>', local.date().isoformat(), words)


def time_left(until: datetime, now: datetime) -> str:
    """What is left, rounded down: days, below two days hours, below one hour minutes."""
    left = until - now
    if left >= timedelta(days=2):
        return ngettext("%(count)s day left", "%(count)s days left", left.days) % {"count": left.days}
    if left >= timedelta(hours=1):
        hours = int(left.total_seconds() // 3600)
        return ngettext("%(count)s hour left", "%(count)s hours left", hours) % {"count": hours}
    minutes = max(1, int(left.total_seconds() // 60))
    return ngettext("%(count)s minute left", "%(count)s minutes left", minutes) % {"count": minutes}


@register.filter
def left_until(until: datetime) -> str:
    return time_left(until, timezone.now())


@register.simple_tag
def icon(name: str) -> SafeString:
    """A drawn icon beside words; screen readers pass over it."""
    return mark_safe(  # noqa: S308 - the drawings are constants above
        '<svg viewBox="0 0 24 24" aria-hidden="true" focusable="false" fill="none" stroke="currentColor"'
        f' stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round">{_ICONS[name]}</svg>'
    )


@register.simple_tag
def station_name() -> str:
    """The station's name in the reader's language; needs no request, so error pages can use it."""
    return settings.STATION_NAME_EN if (get_language() or "ja").startswith("en") else settings.STATION_NAME


@register.simple_tag
def stylesheet_url() -> str:
    return reverse("cms:stylesheet", args=[stylesheet().digest])


def _path_of(request: HttpRequest) -> str:
    """The path as a link to this site; //elsewhere.example/ as it stands would lead to another one."""
    return escape_leading_slashes(request.path)


@register.simple_tag
def language_path(request: HttpRequest, code: str = "") -> str:
    """This page in that language, path and query kept; without a code, the page that follows the reader."""
    query = request.GET.copy()
    query.pop("hl", None)
    if code:
        query["hl"] = code
    return _path_of(request) + (f"?{query.urlencode()}" if query else "")


@register.simple_tag
def language_url(request: HttpRequest, code: str = "") -> str:
    """The same as a full address, for search engines."""
    return request.build_absolute_uri(language_path(request, code))


@register.simple_tag
def without(request: HttpRequest, parameter: str) -> str:
    """This page with one condition taken away, from its first page on."""
    query = request.GET.copy()
    for name in (parameter, "page"):
        query.pop(name, None)
    return _path_of(request) + (f"?{query.urlencode()}" if query else "")


@register.simple_tag
def json_ld(thing: dict[str, Any]) -> SafeString:
    """Structured data for search engines: a data block, which no script policy touches and no browser runs."""
    written = json.dumps(thing, ensure_ascii=False, separators=(",", ":"))
    safe = written.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return mark_safe(f'<script type="application/ld+json">{safe}</script>')  # noqa: S308 - escaped above


@register.simple_tag
def page_links() -> list[tuple[str, str]]:
    """The pages of the footer, in one order everywhere: (address, name)."""
    return [
        (reverse("cms:page", args=["tokushoho"]), gettext("Legal notice (Specified Commercial Transactions Act)")),
        (reverse("cms:page", args=["terms"]), gettext("Terms of use")),
        (reverse("cms:page", args=["privacy"]), gettext("Privacy policy")),
        (reverse("cms:page", args=["external-transmission"]), gettext("External transmission of data")),
        (reverse("cms:page", args=["accessibility"]), gettext("Accessibility")),
        (reverse("cms:page", args=["contact"]), gettext("Contact")),
    ]
