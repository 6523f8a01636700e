"""The staff's site: signed in to by the same door as everybody, closed to those who are no staff."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from django.contrib.auth.views import LogoutView, redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite

Answer = Callable[..., HttpResponse]


class StaffSite(UnfoldAdminSite):
    """Django's admin in its theme, with the account's own sign-in, sign-out and change of password."""

    index_title = _("Today")
    site_title = _("Hitotsu staff")

    def admin_view(self, view: Answer, cacheable: bool = False) -> Answer:
        """Whoever is signed in but no staff is told so; asking them to sign in once more would help nobody."""
        inner = super().admin_view(view, cacheable)

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.is_authenticated and not self.has_permission(request):
                raise PermissionDenied
            return inner(request, *args, **kwargs)

        return update_wrapper(guarded, inner)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Staff sign in where members do; an address to return to is taken along if it is one of ours."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise PermissionDenied
        target = _own_address(request, request.GET.get("next", "")) or reverse("admin:index")
        if self.has_permission(request):
            return redirect(target)
        return redirect_to_login(target, reverse("account_login"))

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return LogoutView.as_view(next_page=reverse("account_login"))(request)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return redirect("account_change_password")


def _own_address(request: HttpRequest, target: str) -> str:
    is_own = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if is_own else ""
