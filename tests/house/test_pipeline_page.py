"""What the page about the pipeline says of each stage is what its graph declares."""

import re
from datetime import timedelta

from orders.models import Effect, StageRun
from orders.pipeline.engine.context import LEASE
from orders.pipeline.engine.graph import Retry
from orders.pipeline.purchase import PURCHASE
from orders.pipeline.refund import REFUND
from tests.architecture.sources import ROOT

PAGE = (ROOT / "docs" / "explanation" / "pipeline.md").read_text()
PROSE = " ".join(PAGE.split())  # however its lines are broken
STAGES = (*PURCHASE.everything, *REFUND.everything)


def named(text: str) -> set[str]:
    return set(re.findall(r"`(\w+)`", text))


def test_the_page_names_every_stage():
    mails = {stage.name for stage in STAGES if stage.name.startswith("mail")}  # told as "the mails"
    assert {stage.name for stage in STAGES} - mails <= named(PAGE)


def test_the_transactional_stages_are_those_of_the_graph():
    told = named(PROSE.partition("**Transactional** (")[2].partition(")")[0])
    assert told == {stage.name for stage in PURCHASE.stages if stage.kind == StageRun.Kind.TRANSACTIONAL}


def test_the_techniques_are_those_of_the_graph():
    for technique in Effect.Technique.values:
        told = named(re.search(rf"^\| {technique} \|.*\| ([^|]+) \|$", PAGE, re.M)[1])
        used = {stage.name for stage in STAGES if stage.technique == technique}
        assert told == {name for name in used if not name.startswith("mail")}


def test_what_takes_a_run_back_and_what_cannot_be_skipped_is_that_of_the_graph():
    back = named(PROSE.partition("- **Refused**: at ")[2].partition(" the run is taken back")[0])
    assert back == {stage.name for stage in PURCHASE.stages if stage.takes_back_when_refused}
    kept = named(PROSE.partition("cannot be skipped:")[2].partition(".")[0])
    assert kept == {stage.name for stage in PURCHASE.stages if not stage.can_be_skipped}


def test_leases_and_attempts_are_those_of_the_graph():
    attempts = {stage.name: stage.retry.attempts for stage in STAGES}
    assert f"{Retry().attempts} attempts, {attempts['instruct']} where an outage may be long" in PROSE
    assert f"{attempts['charge']} for the charge" in PROSE
    assert f"The **lease** is {LEASE.total_seconds():.0f} seconds" in PROSE
    assert {stage.longest for stage in STAGES} == {timedelta(minutes=10)}
