"""The verbs of the account: the address book and consents."""

from datetime import datetime

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.http import HttpRequest

from accounts.models import Address, Consent, User
from config.lib.locks import lock_one


@transaction.atomic
def record_signup_consents(*, user: User, now: datetime) -> None:
    """Keep which versions of the terms and the privacy policy stood on the page on which `user` signed up."""
    Consent.objects.bulk_create(
        Consent(user=user, kind=kind, version=version, recorded_at=now)
        for kind, version in settings.CONSENT_VERSIONS.items()
    )


def still_signed_in(user: User, session: SessionBase) -> bool:
    """Whether the session signs `user` in at this moment, for what outlives its request; asks the database anew.

    It no longer does after signing out, with another password, or with the account closed.
    """
    request = HttpRequest()
    request.session = type(session)(session.session_key)
    return get_user(request) == user


@transaction.atomic
def save_address(*, user: User, address: Address, make_default: bool) -> Address:
    """Keep `address` in the book of `user`; the first one, or one asked to be, becomes the default."""
    lock_one(User.objects.all(), pk=user.pk)  # two first addresses at once must not both become the default
    address.user = user
    address.normalise()
    others = Address.objects.visible_to(user).exclude(pk=address.pk)
    address.is_default = make_default or not others.filter(is_default=True).exists()
    if address.is_default:
        others.filter(is_default=True).update(is_default=False)
    address.full_clean(exclude=["user"], validate_constraints=False)
    address.save()
    return address


@transaction.atomic
def make_default(*, user: User, address: Address) -> None:
    """Offer `address` first from now on."""
    lock_one(User.objects.all(), pk=user.pk)
    Address.objects.visible_to(user).filter(is_default=True).exclude(pk=address.pk).update(is_default=False)
    address.is_default = True
    address.save(update_fields=["is_default"])


@transaction.atomic
def delete_address(*, user: User, address: Address) -> None:
    """Take the address out of the book; the oldest of the others becomes the default where it was that."""
    lock_one(User.objects.all(), pk=user.pk)
    was_default = address.is_default
    address.delete()
    heir = Address.objects.visible_to(user).order_by("pk").first()
    if was_default and heir:
        heir.is_default = True
        heir.save(update_fields=["is_default"])
