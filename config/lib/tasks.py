"""Sending a task by its name once the transaction is committed: the only way our code talks to the broker.

A message is a wake-up and carries ids alone. When the broker is down the message is lost and a sweeper finds the row,
so a failure to send is logged and never reaches the person who is waiting for a page.
"""

import functools
import logging
from collections.abc import Iterable
from functools import partial
from typing import Any

import redis
from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu.transport.redis import Channel

PRIORITY_STEPS = (0, 3, 6, 9)  # each is a list of its own in Redis
log = logging.getLogger(__name__)


def send_after_commit(name: str, *, queue: str, priority: int | None = None, **kwargs: Any) -> None:
    """Send task `name` with `kwargs` (JSON values) to `queue` after the surrounding transaction has committed.

    Of the priorities 0 to 9, nought goes first (so it is with Redis).
    """
    urgent = {} if priority is None else {"priority": priority}
    transaction.on_commit(partial(send, name, queue=queue, **urgent, **kwargs), robust=True)


def send_each_after_commit(name: str, *, queue: str, each: Iterable[dict[str, Any]]) -> None:
    """Send task `name` once for each of the arguments, up to the first that the broker does not take.

    A broker that is down costs each message its wait; whoever sends many finds the rest again at the next round.
    """
    given = list(each)
    transaction.on_commit(lambda: all(send(name, queue=queue, **kwargs) for kwargs in given), robust=True)


def are_waiting(queue: str) -> bool:
    """Whether messages wait in `queue`, of whatever priority; False when Redis cannot be asked."""
    try:
        with _redis(settings.REDIS_URL).pipeline(transaction=False) as asked:
            for step in PRIORITY_STEPS:
                asked.llen(f"{queue}{Channel.sep}{step}" if step else queue)
            return any(asked.execute())
    except redis.RedisError as error:
        log.debug("The queue %s could not be looked at: %s", queue, error)
        return False


@functools.lru_cache(maxsize=4)
def _redis(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_connect_timeout=1, socket_timeout=1)


def send(name: str, *, queue: str, priority: int | None = None, **kwargs: Any) -> bool:
    """Send now; False when the broker did not take it, which is logged."""
    try:
        current_app.send_task(name, kwargs=kwargs, queue=queue, priority=priority)
        return True
    except Exception as error:  # any of kombu's, redis-py's and the socket's own: all mean "no broker just now"
        log.warning("The broker did not take %s %s (%s); a sweep will find it", name, kwargs, error)
        return False
