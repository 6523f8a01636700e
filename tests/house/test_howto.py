"""The code in the how-to guides runs, as it stands there."""

import re
import sys
from io import StringIO
from types import ModuleType

import pytest
from django.core.management import call_command

from orders.checks import graphs_are_as_they_were_released
from orders.models import OrderEvent, StageRun
from orders.pipeline import purchase, stages
from orders.pipeline.engine import graph, released
from scripts import catalogue, messages
from tests import builders
from tests.architecture.sources import ROOT
from tests.orders import conftest as purchases
from tests.sandboxes.receiver import Receiver

film, world = purchases.film, purchases.world  # fixtures: a purchase with the outside world in memory
GUIDE = ROOT / "docs" / "howto" / "add-a-stage.md"


@pytest.fixture
def add_the_stage(monkeypatch):
    """Do what the guide says: the module, then the graph. It is gone again after the test."""
    module, graph_lines = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.S)

    def add() -> None:
        points = ModuleType("orders.pipeline.stages.points")
        monkeypatch.setitem(sys.modules, points.__name__, points)
        monkeypatch.setattr(stages, "points", points, raising=False)
        exec(compile(module, "points.py", "exec"), vars(points))
        monkeypatch.setattr(graph, "_registry", dict(graph._registry))
        exec("from dataclasses import replace\n" + graph_lines, vars(purchase) | {"points": points})

    return add


def test_the_stage_of_the_guide_gives_points_once_through_an_outage(
    world, film, alice, settings, add_the_stage, monkeypatch
):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    before = world.order(alice, film)
    add_the_stage()
    with Receiver(answers=[503]) as point_system:
        settings.POINTS_URL = point_system.url
        order = world.bought(alice, builders.rental(builders.title(slug="new-one")))
        assert world.stage(order, "points").state == StageRun.State.READY, "it is tried again"
        world.later(minutes=1)
        world.work(order)
    assert world.stage(order, "points").state == StageRun.State.SUCCEEDED
    first, second = (one.event for one in point_system.received)
    assert first == second == {"reference": order.number, "member": alice.member_number, "points": order.total // 100}
    assert OrderEvent.objects.filter(order=order, kind="orders.points.given").count() == 1
    assert [world.run_of(one).version for one in (before, order)] == [1, 2]
    assert "points" not in world.stages(before)


def test_the_command_of_the_guide_releases_the_new_version(add_the_stage, tmp_path, monkeypatch):
    file = tmp_path / "released.json"
    file.write_text(released.FILE.read_text())
    monkeypatch.setattr(released, "FILE", file)
    assert not graphs_are_as_they_were_released(None)
    add_the_stage()
    (refusal,) = graphs_are_as_they_were_released(None)
    (command,) = re.findall(r"`manage\.py (pipeline_versions --release)`", GUIDE.read_text())
    assert (refusal.id, command in refusal.hint) == ("orders.E002", True)
    call_command(*command.split(), stdout=StringIO())
    assert not graphs_are_as_they_were_released(None)


@pytest.mark.parametrize("language", ["日本語", "In English"])
def test_the_guide_for_staff_names_buttons_and_headings_as_the_pages_do(language):
    text = (ROOT / "docs" / "howto" / "answer-a-parked-stage.md").read_text()
    part = text.partition(f"## {language}\n")[2].partition("\n## ")[0]
    entries = catalogue.read(messages.JAPANESE)
    known = {entry.msgid if language == "In English" else entry.translations.get(0) for entry in entries}
    named = set(re.findall(r"\*\*(.+?)\*\*", part))
    assert len(named) > 10
    assert not named - known
