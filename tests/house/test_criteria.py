"""The list of criteria is whole and honest: each stands there once, and what it names as proof exists."""

import re
from dataclasses import dataclass

import pytest

from tests.architecture.sources import ROOT

PAGE = ROOT / "docs" / "reference" / "criteria.md"
# How many criteria each page has; one that goes or comes is a decision, not a slip.
GROUPS = {
    "G": 14, "H": 6, "C": 6, "T": 8, "P": 12, "L": 12, "S": 5, "D": 7, "K": 5, "O": 15, "F": 4, "R": 5, "M": 6,
    "A": 8, "E": 5, "N": 5, "Q": 4, "W": 4, "X": 3,
}  # fmt: skip


@dataclass(frozen=True)
class Criterion:
    name: str
    state: str
    rest: str
    proofs: tuple[str, ...]


def criteria() -> list[Criterion]:
    rows = re.findall(r"^\| ([A-Z]\d+) \| .+ \| \*\*([a-z ]+)\*\*(.*) \| (.*)\|$", PAGE.read_text(), re.M)
    return [Criterion(name, state, rest, tuple(re.findall(r"`([^`]+)`", proof))) for name, state, rest, proof in rows]


def test_every_criterion_stands_there_once():
    wanted = [f"{letter}{number}" for letter, count in GROUPS.items() for number in range(1, count + 1)]
    assert [one.name for one in criteria()] == wanted


@pytest.mark.parametrize("one", criteria(), ids=lambda one: one.name)
def test_every_test_named_as_proof_exists(one):
    for proof in one.proofs:
        path, _, name = proof.partition("::")
        assert re.search(rf"^(async )?def {name}\(", (ROOT / path).read_text(), re.M), proof


@pytest.mark.parametrize("one", criteria(), ids=lambda one: one.name)
def test_a_criterion_says_how_far_it_is_met(one):
    assert one.state in {"met", "partly", "not yet"}
    if one.state == "met":
        assert one.proofs, "what is met is met by a test"
    else:
        assert one.rest.startswith(": "), "what is missing is said"
