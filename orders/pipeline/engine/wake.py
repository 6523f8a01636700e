"""An outside event wakes a waiting stage; the stage itself then asks what is true."""

import uuid
from datetime import datetime

from django.db import transaction

from orders.models import StageRun
from orders.pipeline.engine.start import wake_worker

State = StageRun.State


@transaction.atomic
def wake(run_id: uuid.UUID, name: str, *, item: str = "", now: datetime, announce: bool = True) -> bool:
    """Make the stage look again now; False when it is not waiting and not at work (it has ended, or not begun).

    With `announce` off no worker is told, since the caller goes through the stage itself. An event that arrives while
    the stage is at work is remembered, and the stage looks again when it lays itself down.
    """
    rows = StageRun.objects.filter(run_id=run_id, name=name, item=item)
    if rows.filter(state=State.RUNNING).update(is_woken=True):
        return True
    is_woken = bool(rows.filter(state=State.WAITING).update(state=State.READY, available_at=now))
    if not is_woken:  # it may have laid itself down, or been picked up, between the two
        is_woken = bool(rows.filter(state=State.RUNNING).update(is_woken=True))
    if is_woken and announce:
        wake_worker(run_id)
    return is_woken
