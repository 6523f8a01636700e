"""The verbs of the address book."""

from django.db import transaction

from accounts.models import Address, User
from config.lib.locks import lock


@transaction.atomic
def save_address(*, user: User, address: Address, make_default: bool) -> Address:
    """Keep `address` in the book of `user`; the first one, or one asked to be, becomes the default."""
    address.user = user
    address.normalise()
    others = lock(Address.objects.visible_to(user).exclude(pk=address.pk))
    address.is_default = make_default or not any(other.is_default for other in others)
    if address.is_default:
        Address.objects.visible_to(user).filter(is_default=True).exclude(pk=address.pk).update(is_default=False)
    address.full_clean(exclude=["user"], validate_constraints=False)
    address.save()
    return address


@transaction.atomic
def delete_address(*, user: User, address: Address) -> None:
    """Take the address out of the book; the oldest of the others becomes the default where it was that."""
    was_default = address.is_default
    address.delete()
    heir = Address.objects.visible_to(user).order_by("pk").first()
    if was_default and heir:
        heir.is_default = True
        heir.save(update_fields=["is_default"])
