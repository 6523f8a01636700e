"""Server-sent events: one Redis subscription a process, fanned out to the pages that are open.

An event only says "look again". A page that missed one is right after a reload, so nothing is kept or replayed here.
"""

import asyncio
import contextlib
import functools
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any

import redis
import redis.asyncio
from django.conf import settings
from django.db import transaction

log = logging.getLogger(__name__)

PREFIX = "events:"
HEARTBEAT_SECONDS = 20
RECHECK_SECONDS = 20  # how long a page may go on listening after its reader has signed out
LIFE_SECONDS = 600
QUEUE_SIZE = 100
READER_STREAMS = 6  # of one person in one process; as many connections as a browser opens to one site
ENOUGH = "enough"  # instead of an event: the page is to close its stream and to ask now and then


def publish_after_commit(channel: str, event: dict[str, Any]) -> None:
    """Tell the pages that listen to `channel` once the transaction has committed; a Redis that is away is no error."""
    transaction.on_commit(partial(publish, channel, event), robust=True)


def publish(channel: str, event: dict[str, Any]) -> None:
    try:
        _client(settings.REDIS_URL).publish(PREFIX + channel, json.dumps(event))
    except redis.RedisError as error:
        log.warning("No live update for %s (%s); the page is right after a reload", channel, error)


@functools.lru_cache(maxsize=4)
def _client(url: str) -> redis.Redis:
    """One for each process: its connections are kept, and made anew after a fork."""
    return redis.Redis.from_url(url, socket_connect_timeout=1, socket_timeout=1)


class Broadcast:
    """The subscriptions of one process: channel → queues of the open pages, fed by one connection to Redis."""

    def __init__(self) -> None:
        self.queues: dict[str, set[asyncio.Queue[str]]] = {}
        self.readers: dict[str, list[asyncio.Queue[str]]] = {}
        self.reader: asyncio.Task[None] | None = None
        self.loop: asyncio.AbstractEventLoop | None = None

    @contextlib.asynccontextmanager
    async def listen(self, channel: str, *, reader: str) -> AsyncIterator["asyncio.Queue[str]"]:
        """Events of `channel` for a page of `reader`; the oldest page beyond `READER_STREAMS` is told to go."""
        queue: asyncio.Queue[str] = asyncio.Queue(QUEUE_SIZE)
        self.queues.setdefault(channel, set()).add(queue)
        pages = self.readers.setdefault(reader, [])
        pages.append(queue)
        if len(pages) > READER_STREAMS:
            _put(pages.pop(0), ENOUGH)
        self._ensure_reader()
        try:
            yield queue
        finally:
            self._forget(channel, reader, queue)

    def _forget(self, channel: str, reader: str, queue: "asyncio.Queue[str]") -> None:
        self.queues[channel].discard(queue)
        if not self.queues[channel]:
            del self.queues[channel]
        # By identity: the list may hold it no more, nor be there.
        left = [one for one in self.readers.pop(reader, ()) if one is not queue]
        if left:
            self.readers[reader] = left

    def _ensure_reader(self) -> None:
        loop = asyncio.get_running_loop()
        if self.reader is None or self.reader.done() or self.loop is not loop:
            self.loop, self.reader = loop, loop.create_task(self._read())

    async def _read(self) -> None:
        pause = 0.2
        while self.queues:
            try:
                async with redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2) as client:
                    pubsub = client.pubsub()
                    await pubsub.psubscribe(PREFIX + "*")
                    pause = 0.2
                    while self.queues:
                        message = await pubsub.get_message(ignore_subscribe_messages=True, timeout=5)
                        if message:
                            self._hand_out(message["channel"].decode().removeprefix(PREFIX), message["data"].decode())
            except redis.RedisError as error:
                log.warning("Live updates pause for %.1f s: %s", pause, error)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5)

    def _hand_out(self, channel: str, data: str) -> None:
        for queue in self.queues.get(channel, ()):
            _put(queue, data)


def _put(queue: "asyncio.Queue[str]", data: str) -> None:
    if queue.full():  # a page that does not read loses the oldest: the newest says the same
        queue.get_nowait()
    queue.put_nowait(data)


broadcast = Broadcast()


async def stream(channel: str, *, reader: str, may_go_on: Callable[[], Awaitable[bool]]) -> AsyncIterator[bytes]:
    """The body of a `text/event-stream` for `channel`: a first comment, events, and a heartbeat when it is quiet.

    `reader` names whose page it is; `may_go_on` is asked every `RECHECK_SECONDS`, and the stream ends when it says no.
    It ends after `LIFE_SECONDS` in any case, and the browser then asks anew. The oldest of too many pages of one reader
    is sent the event `enough` before its stream ends.
    """
    clock = asyncio.get_running_loop().time
    ends_at, asked_at = clock() + LIFE_SECONDS, clock()
    async with broadcast.listen(channel, reader=reader) as queue:
        yield b"retry: 2000\n: open\n\n"
        while (left := ends_at - clock()) > 0:
            if clock() - asked_at >= RECHECK_SECONDS:
                if not await may_go_on():
                    return
                asked_at = clock()
            try:
                until_asked = max(0.0, asked_at + RECHECK_SECONDS - clock())
                data = await asyncio.wait_for(queue.get(), min(HEARTBEAT_SECONDS, until_asked, left))
            except TimeoutError:
                yield b": still here\n\n"
                continue
            if data == ENOUGH:
                yield b"event: enough\ndata:\n\n"
                return
            yield f"event: change\ndata: {data}\n\n".encode()
