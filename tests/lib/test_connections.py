"""The web server leaves no connection to the database open behind a request."""

import json

import pytest

from tests.vod.conftest import migrated, station

__all__ = ["migrated", "station"]

# A visitor of the web server in its own process, who counts the connections that are open.
PROGRAM = """
import asyncio, gc, json, uuid, weakref
from django.db import connection
from django.db.backends.signals import connection_created
from django.test import Client
from accounts.models import User
from orders.models import Order

alice = User.objects.create_user("alice@example.com")
bought = {"checkout_key": uuid.uuid4(), "email": alice.email, "subtotal": 0, "total": 0}
Order.objects.create(number="HABC-DEF-GHJ", user=alice, **bought)
client = Client()
client.force_login(alice, "django.contrib.auth.backends.ModelBackend")
cookie = f"sessionid={client.cookies['sessionid'].value}".encode()
connection.close()
made = []
connection_created.connect(lambda connection, **more: made.append(weakref.ref(connection)), weak=False)
from config.asgi import application


def still_open():
    return sum(1 for one in made if one() is not None and one().connection is not None)


async def ask(path, *, until_body=False):
    scope = {"type": "http", "http_version": "1.1", "method": "GET", "path": path, "query_string": b"",
             "headers": [(b"host", b"localhost"), (b"cookie", cookie)], "client": ("127.0.0.1", 1),
             "server": ("127.0.0.1", 80), "scheme": "http"}
    asked, said, went = [{"type": "http.request", "body": b""}], asyncio.Queue(), asyncio.Event()

    async def receive():
        if asked:
            return asked.pop()
        await went.wait()
        return {"type": "http.disconnect"}

    answering = asyncio.create_task(application(scope, receive, said.put))
    status = (await said.get())["status"]
    while not (await said.get()).get("body") and until_body:
        pass
    meanwhile = still_open()
    went.set() if until_body else None
    await asyncio.wait([answering])
    return status, meanwhile


async def visit():
    pages = [(await ask("/vod/"))[0] for _ in range(3)]
    after_pages = still_open()
    status, while_listening = await ask("/events/orders/HABC-DEF-GHJ/", until_body=True)
    return {"made": len(made) > 3, "pages": pages, "after_pages": after_pages, "events": status,
            "while_listening": while_listening}


gc.disable()
print(json.dumps(asyncio.run(visit())))
"""


@pytest.fixture
def counted(station) -> dict[str, object]:
    return json.loads(station.run(PROGRAM))


@pytest.mark.stack
def test_neither_a_page_nor_a_stream_of_events_holds_a_connection(counted):
    assert counted == {"made": True, "pages": [200] * 3, "after_pages": 0, "events": 200, "while_listening": 0}
