import pytest

from tests.sandboxes.mail.sender import Sender
from tests.sandboxes.standin import StandIn


@pytest.fixture(autouse=True)
def _an_own_world():
    """No part of the shop takes part here: neither its files nor its cache."""


@pytest.fixture(scope="module")
def _running(tmp_path_factory):
    standin = StandIn("mail", tmp_path_factory.mktemp("mail") / "ledger.sqlite3")
    yield standin
    standin.close()


@pytest.fixture
def mail(_running):
    yield Sender(_running)
    _running.heal()
