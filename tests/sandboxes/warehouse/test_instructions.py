from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.sandboxes.standin import StandIn
from tests.sandboxes.warehouse.shop import KEY, Shop, instruction


def test_an_instruction_is_accepted_and_can_be_read_again(warehouse):
    body = instruction()
    answer = warehouse.instruct(body)
    taken = answer.json()
    assert (answer.status_code, taken["state"], taken["reference"]) == (201, "accepted", body["reference"])
    assert warehouse.get(f"/v1/instructions/{taken['id']}").json() == taken
    found = warehouse.get("/v1/instructions", params={"reference": body["reference"]}).json()
    assert found == {"instructions": [taken]}
    assert taken["ship_to"] == body["ship_to"]


def test_the_same_instruction_again_is_answered_with_the_first_one(warehouse):
    body = instruction()
    first, second = warehouse.instruct(body), warehouse.instruct(dict(reversed(body.items())))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert warehouse.received(body["reference"]) == {"times": 2, "outcomes": {"created": 1, "repeated": 1}}


def test_a_known_reference_with_another_body_is_a_conflict(warehouse):
    body = instruction()
    warehouse.instruct(body)
    answer = warehouse.instruct(body | {"note": "時間指定"})
    assert (answer.status_code, answer.json()["code"]) == (409, "reference_conflict")
    assert warehouse.received(body["reference"])["outcomes"] == {"created": 1, "reference_conflict": 1}


def test_one_reference_from_many_threads_at_once_makes_one_instruction(warehouse):
    body = instruction()

    def send(_: int) -> tuple[int, str]:
        answer = requests.post(f"{warehouse.standin.url}/v1/instructions", json=body, headers=KEY, timeout=20)
        return answer.status_code, answer.json()["id"]

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(send, range(32)))
    assert sorted(status for status, _ in answers) == [200] * 31 + [201]
    assert len({instruction_id for _, instruction_id in answers}) == 1
    assert warehouse.received(body["reference"])["times"] == 32


def test_a_caller_without_the_key_is_refused(warehouse):
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic warehouse-key"}):
        answer = warehouse.standin.post("/v1/instructions", json=instruction(), headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"colour": "red"}, "colour"),
        ({"reference": ""}, "reference"),
        ({"reference": 7}, "reference"),
        ({"temperature": "hot"}, "temperature"),
        ({"lines": []}, "lines"),
        ({"lines": "two"}, "lines"),
        ({"ship_to": None}, "ship_to"),
        ({"note": ["x"]}, "note"),
    ],
)
def test_a_wrong_field_is_named(warehouse, change, field):
    body = instruction(**change)
    answer = warehouse.instruct(body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert list(answer.json()["errors"]) == [field]


@pytest.mark.parametrize("quantity", [0, -1, 1.5, 2.0, "2", True, None, 10_000])
def test_a_quantity_is_a_whole_number_of_at_least_one(warehouse, quantity):
    body = instruction()
    body["lines"][1]["quantity"] = quantity
    answer = warehouse.instruct(body)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["lines[1].quantity"])


def test_every_wrong_field_is_named_at_once(warehouse):
    body = instruction(order_number="")
    del body["temperature"]
    body["ship_to"] |= {"postal_code": "12345", "planet": "Mars"}
    del body["lines"][0]["sku"]
    errors = warehouse.instruct(body).json()["errors"]
    assert set(errors) == {"order_number", "temperature", "ship_to.postal_code", "ship_to.planet", "lines[0].sku"}


def test_a_line_reference_comes_once(warehouse):
    body = instruction()
    body["lines"][1]["line_reference"] = "L1"
    assert warehouse.instruct(body).json()["errors"] == {
        "lines": ["a line_reference must not come twice in one request"]
    }


def test_what_is_no_json_is_refused_with_a_sentence(warehouse):
    answer = warehouse.standin.post("/v1/instructions", data=b"{", headers=KEY | {"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
    assert "not valid JSON" in answer.json()["message"]


def test_an_item_out_of_stock_is_refused_until_it_is_back(warehouse):
    body = instruction()
    body["lines"][1]["sku"] = "GONE"
    answer = warehouse.instruct(body)
    assert (answer.status_code, answer.json()["code"]) == (422, "out_of_stock")
    assert list(answer.json()["errors"]) == ["lines[1].sku"]
    warehouse.standin.put("/sandbox/out-of-stock", json={"skus": []})
    assert warehouse.instruct(body).status_code == 201
    warehouse.standin.put("/sandbox/out-of-stock", json={"skus": ["GONE"]})
    assert warehouse.received(body["reference"])["outcomes"] == {"out_of_stock": 1, "created": 1}


def test_an_instruction_is_cancelled_once_and_for_all(warehouse):
    taken = warehouse.instructed()
    first, second = warehouse.cancel(taken["id"]), warehouse.cancel(taken["id"])
    assert (first.status_code, first.json()["state"]) == (200, "cancelled")
    assert second.json() == first.json()
    assert warehouse.ship(taken["id"]).json()["code"] == "cancelled"


def test_what_has_left_in_part_cannot_be_cancelled(warehouse):
    taken = warehouse.instructed()
    warehouse.ship(taken["id"], lines=[{"line_reference": "L1", "quantity": 1}])
    answer = warehouse.cancel(taken["id"])
    assert (answer.status_code, answer.json()["code"]) == (409, "already_shipped")


def test_an_unknown_instruction_is_not_found(warehouse):
    assert warehouse.get("/v1/instructions/ins_none").status_code == 404
    assert warehouse.cancel("ins_none").status_code == 404
    assert warehouse.ship("ins_none").status_code == 404
    assert warehouse.get("/v1/instructions", params={"reference": "none"}).json() == {"instructions": []}


def test_a_killed_warehouse_still_knows_what_it_took(tmp_path):
    standin = StandIn("warehouse", tmp_path / "ledger.sqlite3")
    body = instruction()
    taken = Shop(standin).instruct(body).json()
    standin.kill()
    standin.start()
    again = Shop(standin).instruct(body)
    assert (again.status_code, again.json()) == (200, taken)
    assert standin.book()["instructions"][0]["received"] == 2
    standin.close()
