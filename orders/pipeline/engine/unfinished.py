"""What unfinished runs need of the code: each pipeline, version and stage that they name."""

from collections.abc import Iterator

from django.db.models import Count

from orders.models import PipelineRun, StageRun
from orders.pipeline.engine import graph


def versions() -> list[tuple[str, int, int]]:
    """Pipeline, version and number of its unfinished runs."""
    rows = PipelineRun.objects.filter(finished_at__isnull=True).values_list("pipeline", "version").order_by()
    return sorted(rows.annotate(number=Count("pk")))


def unknown() -> Iterator[str]:
    """What unfinished runs name and this code does not know, in words."""
    known = {(one.name, one.version): {stage.name for stage in one.everything} for one in graph.registered()}
    for pipeline, version, number in versions():
        if (pipeline, version) not in known:
            yield f"{number} unfinished runs are of {pipeline} in version {version}"
    stages = StageRun.objects.filter(run__finished_at__isnull=True, state__in=StageRun.UNFINISHED).order_by()
    rows = stages.values_list("run__pipeline", "run__version", "name").annotate(number=Count("pk"))
    for pipeline, version, name, number in sorted(rows):
        if name not in known.get((pipeline, version), {name}):
            yield f"{number} unfinished runs of {pipeline} in version {version} have the stage {name}"
