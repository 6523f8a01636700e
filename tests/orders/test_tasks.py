"""A worker lives longer than the connections it has."""

import pytest
from django.db import connection

from config.celery import app
from orders.models import StageRun
from tests import builders


@pytest.mark.filterwarnings("ignore::celery.exceptions.CDeprecationWarning")  # of the queue named at each task
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
