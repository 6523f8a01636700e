"""`manage.py pipeline_versions`: which graphs this code has, which were released, and which unfinished runs need."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from orders.pipeline.engine import graph, released, unfinished


class Command(BaseCommand):
    help = "Lists the pipelines by version with their unfinished runs; --release keeps the shape of new ones."
    requires_system_checks: list[str] = []  # it mends what they would refuse

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--release", action="store_true", help="write new versions into released.json")

    def handle(self, *, release: bool, **options: Any) -> None:
        if release:
            self._release()
            return
        changed, new = released.changed(released.FILE), released.unreleased(released.FILE)
        unfinished_runs = {(name, version): number for name, version, number in unfinished.versions()}
        for one in graph.registered():
            state = "changed since its release" if one in changed else "not released" if one in new else "released"
            number = unfinished_runs.pop((one.name, one.version), 0)
            self.stdout.write(f"{released.name_of(one):<24} {number:>8} unfinished  {state}")
        for (name, version), number in unfinished_runs.items():
            self.stdout.write(f"{f'{name} {version}':<24} {number:>8} unfinished  not known to this code")

    def _release(self) -> None:
        if changed := released.changed(released.FILE):
            names = ", ".join(released.name_of(one) for one in changed)
            raise CommandError(f"{names}: the graph is not the one that was released. Raise its version.", returncode=2)
        for one in released.release(released.FILE):
            self.stdout.write(f"{released.name_of(one)} is released. Commit {released.FILE.name}.")
