"""HTTP to outside systems: bounded in time, sorted by kind of failure, and never while a transaction is open."""

from typing import Any

import requests
from django.db import connections

from config.lib.locks import is_in_transaction

TIMEOUT = (3.05, 10)  # seconds to connect, seconds between bytes; their sum stays far below a lease


class CalledUnderLock(RuntimeError):
    """A call over the network was about to be made inside a database transaction."""


class Session(requests.Session):
    """A session that refuses to call out while this thread holds a transaction, and always has a timeout."""

    def request(self, method: str, url: str, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        refuse_inside_transaction(url)
        kwargs.setdefault("timeout", TIMEOUT)
        return super().request(method, url, **kwargs)


def refuse_inside_transaction(target: str) -> None:
    """A slow receiver must not hold our locks."""
    for connection in connections.all(initialized_only=True):
        if is_in_transaction(connection):
            raise CalledUnderLock(f"{target} was about to be called inside a database transaction")
