"""Journeys look at the service from outside, through HTTP alone."""

import pytest

from tests.journeys.visitor import Visitor


@pytest.fixture(autouse=True)
def _an_own_world():
    """No part of this process's settings takes part."""


@pytest.fixture
def visitor(service) -> Visitor:
    return Visitor(service)
