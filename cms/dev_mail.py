"""The mail sandbox's mailbox inside the site, in development alone: what would have been sent, and to whom.

The sandbox is a server of its own and is asked by HTTP like any outside system.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any

import requests
from csp.constants import SELF
from csp.decorators import csp_update
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from config.lib.http import Session

PAGE_SIZE = 30
PREVIEW = 120  # characters
SECONDS = (2, 5)  # to connect, between bytes
RETRY_SECONDS = 5
BIGGEST = 10**17  # beyond every number that the sandbox gives
# Our mails put a code on a line of its own; six digits elsewhere are an amount or a number of something.
CODE = re.compile(r"^[ \t]*(\d{6})[ \t]*$", re.MULTILINE)
SHEET = re.compile(r"'sha256-[A-Za-z0-9+/=]{44}'")
FRAME = "allow-popups allow-popups-to-escape-sandbox"  # links open in a tab of their own; nothing else may happen

View = Callable[..., HttpResponse]


class MailboxAway(Exception):
    """The mail sandbox does not answer, or not as we know it."""


@dataclass(frozen=True)
class Mail:
    """A mail as the pages show it. `code` is empty where it brings none."""

    number: int
    to: str
    sender: str
    subject: str
    received_at: datetime
    text: str
    has_html: bool
    times: int
    headers: list[tuple[str, str]]
    attachments: list[Mapping[str, Any]]

    @property
    def code(self) -> str:
        found = CODE.search(self.text)
        return found[1] if found else ""

    @property
    def preview(self) -> str:
        return " ".join(self.text.split())[:PREVIEW]


def in_development(view: View) -> View:
    """There is no such page in production, nor where mail goes to a real server."""

    @wraps(view)
    def guarded(request: HttpRequest, **named: int) -> HttpResponse:
        if settings.PRODUCTION or not settings.MAIL_SANDBOX_URL:
            raise Http404(_("There is no mailbox here."))
        try:
            return view(request, **named)
        except MailboxAway as away:
            page = render(request, "cms/dev_mail_away.html", {"reason": str(away)}, status=503)
            page["Retry-After"] = str(RETRY_SECONDS)
            return page

    return guarded


@never_cache
@require_safe
@in_development
def list_mail(request: HttpRequest) -> HttpResponse:
    """The newest first; `to` finds a part of a recipient, `before` is the number that older ones lie below."""
    to, before = request.GET.get("to", "").strip()[:254], request.GET.get("before", "")
    found = _json("/api/messages.json", to=to, before=before, limit=PAGE_SIZE + 1)["messages"]
    mails = [_mail(row) for row in found[:PAGE_SIZE]]
    older = mails[-1].number if len(found) > PAGE_SIZE else None
    return render(
        request, "cms/dev_mail_list.html", {"mails": mails, "to": to, "older": older, "is_later": bool(before)}
    )


@never_cache
@require_safe
@csp_update({"frame-src": [SELF]})
@in_development
def show_mail(request: HttpRequest, number: int) -> HttpResponse:
    mail = _mail(_json(f"/api/messages/{_known(number)}.json"))
    return render(request, "cms/dev_mail_show.html", {"mail": mail, "frame": FRAME})


@never_cache
@require_safe
@xframe_options_sameorigin
@in_development
def send_letter(request: HttpRequest, number: int) -> HttpResponse:
    """The HTML of a mail for the frame on its page, under a policy in which its own style sheet works and nothing else.

    The sandbox has moved the mail's styles into one sheet and names its hash; the rest of the policy is ours.
    """
    answer = _asked(f"/messages/{_known(number)}/html")
    sheet = SHEET.search(answer.headers.get("Content-Security-Policy", ""))
    styles = sheet[0] if sheet else "'none'"
    letter = HttpResponse(answer.text)
    letter["Content-Security-Policy"] = (
        f"sandbox {FRAME}; default-src 'none'; style-src {styles}; "
        "img-src data: http: https:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    )
    return letter


def _known(number: int) -> int:
    if number > BIGGEST:
        raise Http404(_no_such_mail())
    return number


def _mail(row: Mapping[str, Any]) -> Mail:
    try:
        return Mail(
            number=row["id"],
            to="、".join(row["rcpt_to"]),
            sender=next((value for name, value in row["headers"] if name.lower() == "from"), row["mail_from"]),
            subject=row["subject"] or _("(no subject)"),
            received_at=datetime.fromisoformat(row["received_at"]),
            text=row["text"],
            has_html=bool(row["html"]),
            times=row["arrived"],
            headers=[(name, value) for name, value in row["headers"]],
            attachments=row["attachments"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise MailboxAway(_("What answers there is no mail sandbox.")) from error


def _json(path: str, **parameters: str | int) -> Any:
    try:
        return _asked(path, **parameters).json()
    except requests.JSONDecodeError as error:
        raise MailboxAway(_("What answers there is no mail sandbox.")) from error


def _asked(path: str, **parameters: str | int) -> requests.Response:
    """The answer of the sandbox. Raises Http404 where it knows no such mail, MailboxAway where it is not there."""
    address = f"{settings.MAIL_SANDBOX_URL.rstrip('/')}{path}"
    with Session() as session:
        session.trust_env = False  # a proxy of the machine has no business between two of its own processes
        try:
            answer = session.get(address, params=parameters, timeout=SECONDS)
        except requests.RequestException as error:
            raise MailboxAway(_("Nothing answers at %(address)s.") % {"address": settings.MAIL_SANDBOX_URL}) from error
    if answer.status_code == 404:
        raise Http404(_no_such_mail())
    if not answer.ok:
        sentence = _("The mail sandbox answered with status %(status)s.") % {"status": answer.status_code}
        raise MailboxAway(sentence)
    return answer


def _no_such_mail() -> str:
    return _("There is no such mail; the sandbox keeps the newest 5,000.")
