"""While the broker is down a sweep loses no time with it: after the first message not taken it sends no more."""

import socket
import threading
from datetime import timedelta

import pytest
from celery import current_app
from kombu import pools

from config.celery import app  # noqa: F401 becomes the current one
from orders.models import StageRun
from orders.pipeline.engine.sweep import sweep

pytestmark = pytest.mark.django_db


@pytest.fixture
def hanging_up():
    """A broker that hangs up on everybody; gives the list of those who called."""
    called = []
    with socket.create_server(("127.0.0.1", 0)) as door:

        def answer() -> None:
            while True:
                try:
                    caller, _ = door.accept()
                except OSError:
                    return
                called.append(caller)
                caller.close()

        thread = threading.Thread(target=answer)
        thread.start()
        yield door.getsockname()[1], called
        door.shutdown(socket.SHUT_RDWR)
    thread.join()


@pytest.fixture
def broker_down(hanging_up):
    port, called = hanging_up
    before = current_app.conf.broker_url
    current_app.conf.broker_url = f"redis://127.0.0.1:{port}/0"
    current_app.set_current()
    _forget_connections()
    yield called
    current_app.conf.broker_url = before
    _forget_connections()


def _forget_connections() -> None:
    pools.reset()
    current_app.amqp._producer_pool = current_app._pool = None


def test_a_sweep_sends_no_more_after_the_first_message_that_is_not_taken(
    world, alice, film, mug, broker_down, caplog, django_capture_on_commit_callbacks
):
    runs = [world.order(alice, thing).runs.get().pk for thing in (film, mug, mug, mug)]
    stages = StageRun.objects.filter(run__in=runs, state=StageRun.State.READY)
    assert stages.count() == 4
    caplog.clear()
    with django_capture_on_commit_callbacks(execute=True):
        sweep(now=world.later(seconds=10))
    assert broker_down
    assert sum("broker did not take" in record.message for record in caplog.records) == 1
    # None was lost by that: each has its turn again when as long again has passed.
    with django_capture_on_commit_callbacks(execute=True):
        assert sweep(now=world.now + timedelta(seconds=3)) == 4
