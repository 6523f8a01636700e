"""HTTP to outside systems: bounded in time, sorted by kind of failure, and never while a transaction is open."""

from typing import Any

import requests
from django.db import connections

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
    """A slow receiver must not hold our locks. Tests wrap each case in one transaction, which is not meant here."""
    for connection in connections.all(initialized_only=True):
        blocks = [block for block in connection.atomic_blocks if not getattr(block, "_from_testcase", False)]
        if connection.in_atomic_block and blocks:
            raise CalledUnderLock(f"{target} was about to be called inside a database transaction")
