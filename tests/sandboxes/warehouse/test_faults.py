import time

import pytest
import requests

from tests.sandboxes.warehouse.shop import instruction


def test_a_server_error_before_the_work_leaves_nothing(warehouse):
    body = instruction()
    warehouse.standin.fault("500", next=2)
    assert [warehouse.instruct(body).status_code for _ in range(3)] == [500, 500, 201]
    assert warehouse.received(body["reference"])["times"] == 1


def test_a_server_error_after_the_work_hides_that_it_was_done(warehouse):
    body = instruction()
    warehouse.standin.fault("500", when="after")
    assert [warehouse.instruct(body).status_code for _ in range(2)] == [500, 200]
    assert warehouse.received(body["reference"])["outcomes"] == {"created": 1, "repeated": 1}


def test_too_many_requests_say_when_to_come_back(warehouse):
    warehouse.standin.fault("429", seconds=7)
    answer = warehouse.instruct()
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")


def test_a_dropped_connection_hides_that_the_work_was_done(warehouse):
    body = instruction()
    warehouse.standin.fault("drop")
    with pytest.raises(requests.ConnectionError):
        warehouse.instruct(body)
    assert warehouse.instruct(body).status_code == 200
    assert warehouse.received(body["reference"])["outcomes"] == {"created": 1, "repeated": 1}


def test_a_connection_dropped_before_the_work_leaves_nothing(warehouse):
    body = instruction()
    warehouse.standin.fault("drop", when="before")
    with pytest.raises(requests.ConnectionError):
        warehouse.instruct(body)
    assert warehouse.received(body["reference"])["times"] == 0


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_hanging_warehouse_does_the_work_though_nobody_waits(warehouse, when):
    body = instruction()
    warehouse.standin.fault("hang", seconds=0.4, when=when)
    with pytest.raises(requests.ReadTimeout):
        requests.post(
            f"{warehouse.standin.url}/v1/instructions",
            json=body,
            headers={"Authorization": "Bearer warehouse-key"},
            timeout=(5, 0.1),
        )
    deadline = time.monotonic() + 10
    while warehouse.received(body["reference"])["times"] == 0:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert warehouse.instruct(body).status_code == 200


def test_a_hang_answers_in_the_end(warehouse):
    warehouse.standin.fault("hang", seconds=0.2, when="after")
    started = time.monotonic()
    assert warehouse.instruct().status_code == 201
    assert time.monotonic() - started >= 0.2


def test_a_fault_for_one_method_lets_the_others_through(warehouse):
    warehouse.standin.fault("500", method="post")
    assert warehouse.get("/v1/instructions").status_code == 200
    assert warehouse.instruct().status_code == 500


def test_pages_health_and_the_ledger_meet_no_fault(warehouse):
    warehouse.standin.fault("500", next=5)
    for path in ("/healthz", "/", "/sandbox/ledger.json", "/events/"):
        assert warehouse.standin.get(path).status_code == 200


@pytest.mark.parametrize(
    "asked",
    [
        {"kind": "earthquake"},
        {"kind": "500", "next": 0},
        {"kind": "500", "next": "many"},
        {"kind": "500", "when": "later"},
        {"kind": "hang", "seconds": -1},
        {"kind": "500", "colour": "red"},
        ["500"],
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(warehouse, asked):
    answer = warehouse.standin.post("/sandbox/faults", json=asked)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_fault")
    assert warehouse.instruct().status_code == 201


def test_faults_are_listed_and_cleared(warehouse):
    warehouse.standin.fault("500", next=3)
    listed = warehouse.standin.get("/sandbox/faults").json()["faults"]
    assert [(fault["kind"], fault["remaining"]) for fault in listed] == [("500", 3)]
    warehouse.standin.heal()
    assert warehouse.instruct().status_code == 201
