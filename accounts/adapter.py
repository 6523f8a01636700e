"""What allauth asks of this house: how a member is made, and how our mails and messages are worded."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.services import record_signup_consents

ERRORS: Mapping[str, Any] = {
    "incorrect_code": _("This code is not right. Look at the 6 digits in the newest mail again."),
    "too_many_login_attempts": _("That failed several times in a row. Wait a little, then begin again."),
    "email_password_mismatch": _("The e-mail address or the password is not right."),
    "enter_current_password": _("The current password is not right."),
    "incorrect_password": _("The password is not right."),
    "same_as_current": _("This is the address that is registered now; type another one."),
    "duplicate_email": _("This is the address that is registered now; type another one."),
    "email_taken": _("This address belongs to another account."),
    "rate_limited": _("Too many tries in a short time. Wait a little, then try again."),
}

_CONFIRMED, _SIGNED_IN = "account/messages/email_confirmed.txt", "account/messages/logged_in.txt"


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | ERRORS

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """Make the member with the language of the page, and keep what the sign-up page said they agree to."""
        user.language = _page_language()
        super().save_user(request, user, form, commit=commit)
        if commit:
            record_signup_consents(user=user, now=timezone.now())
        return user

    def is_safe_url(self, url: str | None) -> bool:
        """Whether a page of ours is at `url`; what is no address at all, such as "http://[", is none."""
        try:
            return bool(super().is_safe_url(url))
        except ValueError:
            return False

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any, **kwargs: Any
    ) -> None:
        """One notice for one deed: that a confirmed address also signs in needs no second one."""
        if message_template == _CONFIRMED:
            request.has_confirmed_address = True  # type: ignore[attr-defined]
        elif message_template == _SIGNED_IN and getattr(request, "has_confirmed_address", False):
            return
        super().add_message(request, level, message_template, *args, **kwargs)

    def format_email_subject(self, subject: str) -> str:
        return subject

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Write to a member in the member's language; to anybody else in that of the page."""
        with _language_of(email):
            station = settings.STATION_NAME_EN if _page_language() == "en" else settings.STATION_NAME
            try:
                super().send_mail(template_prefix, email, {"station": station, "site_url": settings.SITE_URL} | context)
            except (SMTPException, OSError) as failure:
                raise ImmediateHttpResponse(_mail_is_down(self.request)) from failure


def _page_language() -> str:
    return "en" if (get_language() or "ja").startswith("en") else "ja"


def _language_of(email: str) -> AbstractContextManager[None]:
    member = User.objects.filter(email__iexact=email).only("language").first()
    return override(member.language) if member else nullcontext()


def _mail_is_down(request: HttpRequest) -> Any:
    """A page that says the mail could not be handed over; nobody is told to wait for a code that never comes."""
    response = render(request, "account/mail_unavailable.html", status=503)
    response["Retry-After"] = "60"
    return response
