"""The picture of the pipeline: drawn from the graph that workers run, so that it cannot say anything else."""

import re

import pytest
from django.core.management import CommandError, call_command

from orders.models import Effect, StageRun
from orders.pipeline.engine import graph
from orders.pipeline.engine.drawing import drawing
from orders.pipeline.engine.graph import Pipeline, takes_back
from tests.orders.stages import external, transactional, wait


def _nothing(*args):
    return {}


def handlers(order):
    return ["1"]


def was_paid(order):
    return True


def _pipeline(*stages, **more) -> Pipeline:
    return Pipeline(
        name="trial", version=1, stages=stages, finished=lambda *a: None, taken_back=lambda *a: None, **more
    )


def _asked(capsys, *arguments: str) -> str:
    call_command("purchase_graph", *arguments)
    return capsys.readouterr().out


def _row(picture: str, stage: str) -> str:
    return next(line for line in picture.splitlines() if re.search(rf"(^|[► ↓]){stage}\b", line))


def test_the_command_draws_every_stage_of_the_purchase_with_its_kind(capsys):
    picture = _asked(capsys)
    purchase = graph.newest("purchase")
    assert picture.startswith(f"purchase, version {purchase.version}\n")
    for stage in (*purchase.stages, *purchase.undoings):
        assert f" {stage.kind.value}" in _row(picture, stage.name), stage.name


def test_each_stage_hangs_below_the_one_it_waits_for(capsys):
    lines = _asked(capsys).splitlines()
    column = {
        name: line.index(name) for name in ("charge", "grant", "place", "instruct") for line in [_first(lines, name)]
    }
    assert column["charge"] < column["grant"] < column["place"] < column["instruct"]
    for stage in graph.newest("purchase").stages:
        assert all(_index(lines, name) < _index(lines, stage.name) for name in stage.after)


def _index(lines: list[str], name: str) -> int:
    return next(number for number, line in enumerate(lines) if re.search(rf"(^|► ){name}\b", line))


def _first(lines: list[str], name: str) -> str:
    return lines[_index(lines, name)]


def test_columns_stand_below_their_headings_within_a_hundred_columns(capsys):
    lines = _asked(capsys).splitlines()
    assert max(map(len, lines)) <= 100
    heading = next(line for line in lines if line.startswith("stage"))
    for stage in graph.newest("purchase").stages:
        line = _first(lines, stage.name)
        assert line.index(stage.kind.value, line.index(stage.name) + len(stage.name)) == heading.index("kind")


def test_what_is_declared_of_a_stage_stands_in_its_row():
    undo = external("give_back", _nothing, technique=Effect.Technique.QUERY)
    call = external(
        "call", _nothing, over=handlers, technique=Effect.Technique.KEY, failure=takes_back("support"), undo=undo
    )
    picture = drawing(_pipeline(call, wait("listen", _nothing, "call", when=was_paid)))
    assert re.search(r"^call ↩ +external +× handlers +key +give_back$", picture, re.M)
    assert re.search(r"^└─► listen +wait +if it was paid$", picture, re.M)
    assert re.search(r"^  give_back +external +× handlers +query$", picture, re.M), "undone for each it was done for"


def test_a_stage_that_waits_for_several_is_drawn_below_the_farthest_and_says_so():
    picture = drawing(
        _pipeline(
            transactional("first", _nothing),
            transactional("second", _nothing, "first"),
            transactional("join", _nothing, "first", "second"),
            transactional("other", _nothing, "first"),
        )
    )
    tree = [re.split(r" {3,}(?=transactional)", line)[0] for line in picture.splitlines() if line.endswith("actional")]
    assert tree == ["first", "├─► second", "│   └─► join (after first and second)", "└─► other"]


def test_the_way_back_is_drawn_last_things_first_and_ends_with_what_closes_it():
    picture = drawing(
        _pipeline(
            transactional("pay", _nothing, undo=transactional("refund", _nothing)),
            transactional("give", _nothing, "pay", undo=transactional("revoke", _nothing)),
            after_undoing=(external("say_so", _nothing, technique=Effect.Technique.NONE),),
        )
    )
    back = picture.split("last things first:\n")[1].split("\n\n")[0].splitlines()
    assert [line.split()[:2] for line in back] == [
        ["revoke", "transactional"],
        ["↓", "refund"],
        ["↓", "say_so"],
    ]


def test_only_marks_that_occur_are_explained():
    picture = drawing(_pipeline(transactional("only", _nothing)))
    assert picture.splitlines()[-1].startswith("transactional ")
    assert not any(mark in picture for mark in ("×", "↩", "external", "last things first"))
    kinds = {line.split()[0] for line in drawing(graph.newest("purchase")).split("\n\n")[-1].splitlines()}
    assert kinds == {*StageRun.Kind.values, *Effect.Technique.values, "×", "↩"}


def test_an_older_version_can_be_asked_for(capsys, monkeypatch):
    newer = Pipeline("purchase", 99, (transactional("brief", _nothing),), lambda *a: None, lambda *a: None)
    monkeypatch.setitem(graph._registry, ("purchase", 99), newer)
    assert _asked(capsys).startswith("purchase, version 99\n")
    assert _asked(capsys, "--version", "1").startswith("purchase, version 1\n")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--version", "7000"], "No pipeline purchase in version 7000 is known to this code."),
        (["lottery"], "No pipeline lottery is known."),
    ],
)
def test_what_is_not_there_is_said_in_one_sentence_with_status_2(arguments, sentence):
    with pytest.raises(CommandError) as refused:
        call_command("purchase_graph", *arguments)
    assert str(refused.value) == sentence
    assert refused.value.returncode == 2
