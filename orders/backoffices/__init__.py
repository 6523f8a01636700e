"""The port to the back office; which one is used is a setting."""

from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from orders.backoffices.base import BackOffice

BACKOFFICES = {"kintone": "orders.backoffices.kintone.Kintone", "memory": "orders.backoffices.memory.MemoryBackOffice"}


def backoffice() -> BackOffice:
    return _made(settings.BACKOFFICE)


@cache
def _made(code: str) -> BackOffice:
    made: BackOffice = import_string(BACKOFFICES[code])()
    return made
