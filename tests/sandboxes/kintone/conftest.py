import pytest

from tests.sandboxes.kintone.connector import Connector
from tests.sandboxes.standin import StandIn


@pytest.fixture(autouse=True)
def _an_own_world():
    """No part of the shop takes part here: neither its files nor its cache."""


@pytest.fixture(scope="module")
def _running(tmp_path_factory):
    standin = StandIn("kintone", tmp_path_factory.mktemp("kintone") / "ledger.sqlite3")
    yield standin
    standin.close()


@pytest.fixture
def kintone(_running):
    yield Connector(_running)
    _running.heal()
