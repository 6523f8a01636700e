"""Contracts run over every provider that is found: the fakes in memory, and the real ones against their sandboxes."""

import pytest

from orders import backoffices, payments, warehouses
from tests.sandboxes.standin import StandIn


def _clear() -> None:
    for made in (payments._made, warehouses._made, backoffices._made):
        made.cache_clear()


@pytest.fixture
def fresh_ports():
    """Adapters are made once a process; here each test makes its own."""
    _clear()
    yield
    _clear()


@pytest.fixture(scope="session")
def sandboxes(tmp_path_factory):
    """The stand-ins, started when first asked for."""
    running: dict[str, StandIn] = {}

    def start(name: str) -> StandIn:
        if name not in running:
            running[name] = StandIn(name, tmp_path_factory.mktemp(name) / "ledger.sqlite3")
        return running[name]

    yield start
    for one in running.values():
        one.close()
