"""Each task has its queue, and a worker lives longer than the connections it has."""

import pytest
from django.db import connection

from config.celery import app
from orders.models import StageRun
from tests import builders


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_worker_goes_on_after_the_database_was_restarted(world, alice):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no server that could be restarted")
    builders.video_handler()
    order = world.order(alice, builders.rental(builders.title()))
    run = order.runs.get()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (backend,) = cursor.fetchone()
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])
    other.close()

    app.loader.import_default_modules()  # as a worker does
    app.tasks["orders.advance_run"].apply(kwargs={"run_id": str(run.pk)}).get()
    assert world.stage(order, "charge").state == StageRun.State.WAITING


def test_each_task_goes_to_a_queue_that_workers_take():
    app.loader.import_default_modules()
    ours = [name for name in app.tasks if not name.startswith("celery.")]
    queues = {name: app.amqp.router.route({}, name)["queue"].name for name in ours}
    assert queues == {
        "orders.advance_run": "purchase",
        "orders.process_event": "default",
        "orders.reconcile": "default",
        "orders.sweep": "default",
        "vod.transcode": "media",
    }
    assert set(queues.values()) <= {queue.name for queue in app.conf.task_queues}
    assert not [name for name in ours if getattr(app.tasks[name], "queue", None)]  # which Celery 6 will not read
