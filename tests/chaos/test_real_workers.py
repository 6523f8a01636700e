"""The real thing under attack: Celery workers get SIGKILL, Redis loses everything, buyers go on buying."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
import redis

from tests.service import Service, until
from tests.sizes import IS_FULL

pytestmark = [pytest.mark.chaos, pytest.mark.stack, pytest.mark.proof]

ROOT = Path(__file__).resolve().parents[2]
ROUNDS, ORDERS = (10, 8) if IS_FULL else (2, 4)


@pytest.fixture(autouse=True)
def _an_own_world():
    """The service is looked at from outside."""


@pytest.fixture
def service(tmp_path):
    running = Service(tmp_path, films=())
    running.start()
    yield running
    running.stop()


def buy(service: Service, how_many: int) -> list[str]:
    command = [sys.executable, "-m", "tests.chaos.crowd", "--orders", str(how_many)]
    command += ["--mail-url", service.stack.urls["mail"]]
    environment = {**service.stack.process_env, "LOG_LEVEL": "ERROR"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.split()


def test_killed_workers_and_an_emptied_broker_lose_and_double_nothing(service):
    dice = random.Random(20261124)
    numbers: list[str] = []
    for _ in range(ROUNDS):
        numbers += buy(service, ORDERS)
        time.sleep(dice.uniform(0, 1))  # the attack comes at a random moment of the work
        service.stack.kill("worker")
        if dice.random() < 0.6:
            redis.Redis.from_url(service.stack.urls["redis"]).flushall()
        service.stack.restart("worker")
    returned = time.monotonic()
    for number in numbers:
        until(lambda n=number: service.ledgers.instructions(n) == 1, what=f"the instruction of {number}")
        until(lambda n=number: confirmed(service, n), what=f"the mail of {number}, or its mark as uncertain")
    assert time.monotonic() - returned < 30
    for number in numbers:
        assert service.ledgers.charges(number) == 1
        assert service.ledgers.instructions(number) == 1
        assert service.ledgers.records(number) == 2
        assert service.ledgers.mails(number, "order_confirmed") <= 1
    delivered(service, numbers)


def confirmed(service: Service, number: str) -> bool:
    if service.ledgers.mails(number, "order_confirmed"):
        return True
    uncertain = f"order__number={number!r}, kind='order_confirmed', state='uncertain'"
    ask = f"from orders.models import OutboundMail as M; print(M.objects.filter({uncertain}).count())"
    return service.shell(ask) == "1"


def delivered(service: Service, numbers: list[str]) -> None:
    """The warehouse sends each in two parts, the worker dying in between; all of them end."""
    for part in range(2):
        for number in numbers:
            instruction = service.instruction_for(number)
            service.ship(number, {line["sku"]: 1 for line in instruction["lines"]})
        if part == 0:
            service.stack.kill("worker")
            service.stack.restart("worker")
    ask = "from orders.models import Order as O; print(O.objects.exclude(fulfillment_state='fulfilled').count())"
    until(lambda: service.shell(ask) == "0", seconds=60, what="every order sent")
    for number in numbers:
        assert service.ledgers.charges(number) == service.ledgers.instructions(number) == 1
        assert service.ledgers.mails(number, "order_shipped") <= 2  # one for each parcel
        assert service.ledgers.most_of_one_mail(number) <= 1
