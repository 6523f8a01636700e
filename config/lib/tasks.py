"""Sending a task by its name once the transaction is committed: the only way our code talks to the broker.

A message is a wake-up and carries ids alone. When the broker is down the message is lost and a sweeper finds the row,
so a failure to send is logged and never reaches the person who is waiting for a page.
"""

import logging
from collections.abc import Iterable
from functools import partial
from typing import Any

from celery import current_app
from django.db import transaction

log = logging.getLogger(__name__)


def send_after_commit(name: str, *, queue: str, priority: int | None = None, **kwargs: Any) -> None:
    """Send task `name` with `kwargs` (JSON values) to `queue` after the surrounding transaction has committed.

    Of the priorities 0 to 9, nought goes first (so it is with Redis).
    """
    transaction.on_commit(partial(send, name, queue=queue, priority=priority, **kwargs), robust=True)


def send_each_after_commit(name: str, *, queue: str, each: Iterable[dict[str, Any]]) -> None:
    """Send task `name` once for each of the arguments, up to the first that the broker does not take.

    A broker that is down costs each message its wait; whoever sends many finds the rest again at the next round.
    """
    given = list(each)
    transaction.on_commit(lambda: all(send(name, queue=queue, **kwargs) for kwargs in given), robust=True)


def send(name: str, *, queue: str, priority: int | None = None, **kwargs: Any) -> bool:
    """Send now; False when the broker did not take it, which is logged."""
    try:
        current_app.send_task(name, kwargs=kwargs, queue=queue, priority=priority)
        return True
    except Exception as error:  # any of kombu's, redis-py's and the socket's own: all mean "no broker just now"
        log.warning("The broker did not take %s %s (%s); a sweep will find it", name, kwargs, error)
        return False
