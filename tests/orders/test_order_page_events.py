"""The order's page moves along by itself: its stream of events, and how long a page may listen."""

import asyncio

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.test import AsyncClient

from accounts.models import User
from config.lib import realtime
from config.lib.realtime import broadcast
from tests.orders.test_order_page import address, waiting

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


def test_its_events_tell_the_page_to_look_again(alice, world, mug):
    order = waiting(world, alice, mug)
    browser = AsyncClient()
    browser.force_login(alice)

    async def first_two() -> list[bytes]:
        answer = await browser.get(address(order, "order_events"))
        assert answer.headers["Content-Type"] == "text/event-stream"
        assert answer.headers["Cache-Control"] == "no-store"
        stream = aiter(answer.streaming_content)
        opened = await anext(stream)
        broadcast._hand_out("order:H000-000-000", '{"event": "of another order"}')
        broadcast._hand_out(f"order:{order.number}", '{"event": "orders.order.paid"}')
        changed = await anext(stream)
        await stream.aclose()
        return [opened, changed]

    opened, changed = async_to_sync(first_two)()
    assert b": open" in opened
    assert changed == b'event: change\ndata: {"event": "orders.order.paid"}\n\n'


async def listening(browser, path):
    """A stream that has begun."""
    stream = aiter((await browser.get(path)).streaming_content)
    assert b": open" in await anext(stream)
    return stream


def signed_in_browser(member) -> AsyncClient:
    browser = AsyncClient()
    browser.force_login(member)
    return browser


@pytest.mark.parametrize("how", ["signed out", "new password", "account closed"])
def test_its_events_end_soon_after_the_member_has_left(alice, world, mug, monkeypatch, how):
    monkeypatch.setattr(realtime, "RECHECK_SECONDS", 0.05)
    order = waiting(world, alice, mug)
    browser = signed_in_browser(alice)

    def leave() -> None:
        if how == "signed out":
            browser.logout()
        elif how == "new password":
            alice.set_password("another password of alice")
            alice.save()
        else:
            User.objects.filter(pk=alice.pk).update(is_active=False)

    async def story() -> None:
        stream = await listening(browser, address(order, "order_events"))
        assert await anext(stream) == await anext(stream) == b": still here\n\n"  # asked twice, and stays
        await sync_to_async(leave)()
        async with asyncio.timeout(10):
            assert all(part == b": still here\n\n" for part in [one async for one in stream])

    async_to_sync(story)()


def test_of_too_many_streams_of_one_member_the_oldest_is_told_to_go(alice, bob, world, mug):
    order, of_bob = waiting(world, alice, mug), waiting(world, bob, mug)
    browser, browser_of_bob = signed_in_browser(alice), signed_in_browser(bob)

    async def story() -> list[bytes]:
        other = await listening(browser_of_bob, address(of_bob, "order_events"))
        streams = [await listening(browser, address(order, "order_events")) for _ in range(realtime.READER_STREAMS + 1)]
        broadcast._hand_out(f"order:{order.number}", "{}")
        broadcast._hand_out(f"order:{of_bob.number}", "{}")
        firsts = [await anext(stream) for stream in [*streams, other]]
        assert [part async for part in streams[0]] == []
        for stream in [*streams[1:], other]:
            await stream.aclose()
        return firsts

    change = b"event: change\ndata: {}\n\n"
    assert async_to_sync(story)() == [b"event: enough\ndata:\n\n", *[change] * (realtime.READER_STREAMS + 1)]
    assert broadcast.readers == {}


def test_its_events_end_after_a_while_so_that_who_has_signed_out_is_let_go(alice, world, mug, monkeypatch):
    monkeypatch.setattr(realtime, "LIFE_SECONDS", 0.1)
    order = waiting(world, alice, mug)
    browser = AsyncClient()
    browser.force_login(alice)

    async def until_the_end() -> list[bytes]:
        answer = await browser.get(address(order, "order_events"))
        return [part async for part in answer.streaming_content]

    assert b": open" in async_to_sync(until_the_end)()[0]
    assert f"order:{order.number}" not in broadcast.queues
