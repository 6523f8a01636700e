"""System checks of the pipelines: a graph does not change under the runs that began with it."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError

from orders.pipeline.engine import released, unfinished

RELEASE = "manage.py pipeline_versions --release"


@register("pipelines")
def graphs_are_as_they_were_released(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """The shape of a released version stays; a new one is released before it runs."""
    changed = [
        Error(
            f"The graph of {released.name_of(one)} is not the one that was released.",
            "Raise its version, since runs may be under way by it. If it never ran anywhere, take its entry out of "
            f"{released.FILE.name} and run `{RELEASE}`.",
            id="orders.E001",
        )
        for one in released.changed(released.FILE)
    ]
    new = [
        Error(
            f"{released.name_of(one)} is not released.",
            f"Run `{RELEASE}` and commit {released.FILE.name}.",
            id="orders.E002",
        )
        for one in released.unreleased(released.FILE)
    ]
    return [*changed, *new]


@register(Tags.database)
def unfinished_runs_are_known(
    app_configs: Sequence[Any] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Every unfinished run can be brought to its end by this code; asked where the database may be asked."""
    if not databases or settings.PIPELINE_LEAVE_UNKNOWN:
        return []
    try:
        unknown = list(unfinished.unknown())
    except DatabaseError:  # no tables yet, or away: then there is nothing to be brought on just now either
        return []
    hint = "Run code that knows it; PIPELINE_LEAVE_UNKNOWN=1 lets this one leave such runs alone, as after a roll-back."
    return [Error(f"{what}, which this code does not know.", hint, id="orders.E003") for what in unknown]
