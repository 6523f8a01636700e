"""`manage.py purchase_graph`: the purchase pipeline as a picture in text."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from orders.pipeline.engine import graph
from orders.pipeline.engine.drawing import drawing


class Command(BaseCommand):
    help = "Prints the purchase pipeline as a picture in text, drawn from the graph that the workers run."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        # Django's own --version gives way: here it asks for a version of the pipeline.
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("pipeline", nargs="?", default="purchase", help="another pipeline by its name")
        parser.add_argument("--version", type=int, metavar="N", help="an older version; the newest where left out")

    def handle(self, *, pipeline: str, version: int | None, **options: Any) -> None:
        try:
            found = graph.newest(pipeline) if version is None else graph.find(pipeline, version)
        except graph.GraphError as refusal:
            raise CommandError(f"{refusal}.", returncode=2) from refusal
        self.stdout.write(drawing(found))
