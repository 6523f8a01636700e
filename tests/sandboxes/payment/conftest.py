"""A payment sandbox as its own process, and the official SDK pointed at it."""

import pytest
import stripe

from tests.sandboxes.payment.shopper import SECRET_KEY, Shopper
from tests.sandboxes.receiver import Receiver
from tests.sandboxes.standin import StandIn


@pytest.fixture(autouse=True)
def _an_own_world():
    """No part of the shop takes part here: neither its files nor its cache."""


def client_for(sandbox: StandIn):
    """The SDK as the shop uses it: no retries of its own, so that a test sees every answer."""
    return stripe.StripeClient(SECRET_KEY, base_addresses={"api": sandbox.url}, max_network_retries=0).v1


@pytest.fixture(scope="session")
def shared_sandbox(tmp_path_factory):
    """One process for all tests that only add to its ledger."""
    running = StandIn("payment", tmp_path_factory.mktemp("payment") / "ledger.sqlite3")
    yield running
    running.close()


@pytest.fixture
def sandbox(shared_sandbox):
    shared_sandbox.session.headers["Authorization"] = f"Bearer {SECRET_KEY}"
    yield shared_sandbox
    shared_sandbox.heal()


@pytest.fixture
def own_sandbox(tmp_path):
    """A process of this test's own, to be killed, restarted or set to another time."""
    running = StandIn("payment", tmp_path / "ledger.sqlite3")
    running.session.headers["Authorization"] = f"Bearer {SECRET_KEY}"
    yield running
    running.close()


@pytest.fixture
def shop():
    """The shop's webhook address."""
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def telling_sandbox(tmp_path, shop):
    """A sandbox that sends its events to `shop`, with the waits between two tries cut to milliseconds."""
    options = ("--webhook-url", shop.url, "--webhook-secret", "whsec_test", "--clock-scale", "0.004")
    running = StandIn("payment", tmp_path / "ledger.sqlite3", *options)
    running.session.headers["Authorization"] = f"Bearer {SECRET_KEY}"
    yield running
    running.close()


@pytest.fixture
def api(sandbox):
    return client_for(sandbox)


@pytest.fixture
def alice(sandbox):
    """A customer with her browser."""
    return Shopper(sandbox)
