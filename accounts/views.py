"""The pages of the account that are ours: the address book and the profile. Signing in and up is allauth's."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import services
from accounts.forms import AddressBookForm, ProfileForm
from accounts.models import Address, User


def _next(request: HttpRequest) -> str:
    """Where the person came from, if that is a page of this site; else nothing."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    hosts = {request.get_host()}
    return target if url_has_allowed_host_and_scheme(target, hosts, require_https=request.is_secure()) else ""


@never_cache
@login_required
@require_safe
def addresses(request: HttpRequest) -> HttpResponse:
    book = Address.objects.visible_to(request.user)
    return render(request, "accounts/address_list.html", {"addresses": book})


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def add_address(request: HttpRequest) -> HttpResponse:
    return _edit(request, Address())


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_address(request: HttpRequest, pk: int) -> HttpResponse:
    return _edit(request, get_object_or_404(Address.objects.visible_to(request.user), pk=pk))


def _edit(request: HttpRequest, address: Address) -> HttpResponse:
    initial = {"make_default": address.is_default}
    form = AddressBookForm(request.POST or None, instance=address, initial=initial)
    if form.is_valid():
        services.save_address(user=request.user, address=form.instance, make_default=form.cleaned_data["make_default"])
        messages.success(request, _("The address was saved."))
        return redirect(_next(request) or "accounts:addresses")
    context = {"form": form, "is_new": address.pk is None, "next": _next(request)}
    return render(request, "accounts/address_edit.html", context)


@never_cache
@login_required
@require_POST
def make_default_address(request: HttpRequest, pk: int) -> HttpResponse:
    address = get_object_or_404(Address.objects.visible_to(request.user), pk=pk)
    services.make_default(user=request.user, address=address)
    messages.success(request, _("This address is now offered first at checkout."))
    return redirect("accounts:addresses")


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete_address(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask first, then delete; the question is a page of its own, so that it needs no JavaScript."""
    address = get_object_or_404(Address.objects.visible_to(request.user), pk=pk)
    if request.method != "POST":
        return render(request, "accounts/address_delete.html", {"address": address})
    services.delete_address(user=request.user, address=address)
    messages.success(request, _("The address was deleted."))
    return redirect("accounts:addresses")


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_profile(request: HttpRequest) -> HttpResponse:
    member = get_object_or_404(User, pk=request.user.pk)  # a second copy: a refused name must not reach the page's head
    form = ProfileForm(request.POST or None, instance=member)
    if not form.is_valid():
        return render(request, "accounts/profile_edit.html", {"form": form})
    form.save()
    translation.activate(member.language)
    messages.success(request, _("The profile was saved."))
    response = redirect(settings.LOGIN_REDIRECT_URL)
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        member.language,
        max_age=31_536_000,
        samesite=settings.LANGUAGE_COOKIE_SAMESITE,
        secure=settings.PRODUCTION,
    )
    return response
