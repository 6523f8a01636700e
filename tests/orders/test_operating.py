"""What a member of staff may do to a stage, beside everything else that happens to it."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction

from orders.models import StageRun
from orders.pipeline.engine import execute, operate
from orders.pipeline.engine.operate import NotPossible
from tests import builders

pytestmark = pytest.mark.django_db
State = StageRun.State


@pytest.mark.parametrize("name", ["charge", "grant", "place", "ship_list"])
def test_what_everything_else_relies_on_is_not_skipped(world, alice, mug, sam, name):
    """To skip the charge would give the goods away; without the others what follows could not be done at all."""
    order = world.order(alice, mug)
    StageRun.objects.filter(run__order=order, name=name).update(state=State.PARKED, available_at=world.now)
    with pytest.raises(NotPossible, match="cannot be skipped"):
        operate.skip(stage=world.stage(order, name), actor=sam, reason="paid in cash", now=world.now)
    assert world.stage(order, name).state == State.PARKED


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_person_and_a_worker_do_not_wait_for_each_other(world, alice, sam):
    if connection.vendor != "postgresql":
        pytest.skip("row locks exist only on PostgreSQL")
    builders.video_handler()
    order = world.order(alice, builders.rental(builders.title()))
    stage = execute.Worker(order.runs.get(), world.clock).claim()
    told = []

    def press_retry() -> None:
        try:
            operate.retry(stage=stage, actor=sam, reason="", now=world.now)
        except NotPossible as refusal:
            told.append(str(refusal))
        finally:
            connections.close_all()

    person = threading.Thread(target=press_retry)
    with transaction.atomic():  # as a worker that writes its result, before it locks the run
        StageRun.objects.filter(pk=stage.pk).update(lease_until=world.now + timedelta(minutes=1))
        person.start()
        person.join(timeout=2)
        is_answered = not person.is_alive()
    person.join()
    assert is_answered
    assert told
