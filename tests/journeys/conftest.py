"""One service for all journeys; each person is a new one, so that no story disturbs another."""

import itertools

import pytest

from tests.journeys.visitor import Visitor
from tests.service import Service

_numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def _an_own_world():
    """The journeys look from outside: no part of this process's settings takes part."""


@pytest.fixture(scope="session")
def service(tmp_path_factory):
    running = Service(tmp_path_factory.mktemp("service"))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def visitor(service) -> Visitor:
    return Visitor(service)


@pytest.fixture
def address() -> str:
    """An e-mail address nobody has used."""
    return f"visitor{next(_numbers)}@example.com"
