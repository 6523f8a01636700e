import pytest

from tests.sandboxes.standin import StandIn
from tests.sandboxes.warehouse.shop import Shop


@pytest.fixture(autouse=True)
def _an_own_world():
    """No part of the shop takes part here: neither its files nor its cache."""


@pytest.fixture(scope="module")
def _running(tmp_path_factory):
    standin = StandIn("warehouse", tmp_path_factory.mktemp("warehouse") / "ledger.sqlite3", "--out-of-stock", "GONE")
    yield standin
    standin.close()


@pytest.fixture
def warehouse(_running):
    yield Shop(_running)
    _running.heal()
