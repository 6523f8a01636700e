from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.sandboxes.standin import StandIn, eventually
from tests.sandboxes.warehouse.shop import Shop, instruction


def test_goods_leave_in_parts_until_all_is_shipped(warehouse):
    taken = warehouse.instructed()
    first = warehouse.ship(
        taken["id"], lines=[{"line_reference": "L1", "quantity": 1}], carrier="佐川急便", tracking_number="111122223333"
    ).json()
    assert first["instruction"]["state"] == "partially_shipped"
    assert first["shipment"]["carrier"] == "佐川急便"
    assert first["shipment"]["tracking_number"] == "111122223333"
    second = warehouse.ship(taken["id"]).json()
    assert second["instruction"]["state"] == "shipped"
    assert [(line["sku"], line["quantity"]) for line in second["shipment"]["lines"]] == [
        ("MUG-WHITE", 1),
        ("TOTE-NAVY", 1),
    ]
    assert len(second["instruction"]["shipments"]) == 2


def test_more_than_remains_is_refused_and_nothing_of_it_leaves(warehouse):
    taken = warehouse.instructed()
    answer = warehouse.ship(
        taken["id"], lines=[{"line_reference": "L2", "quantity": 1}, {"line_reference": "L1", "quantity": 3}]
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "over_shipped")
    assert answer.json()["errors"] == {"lines[1].quantity": ["2 of MUG-WHITE remain, 3 were asked for"]}
    assert warehouse.get(f"/v1/instructions/{taken['id']}").json() == taken


def test_what_was_shipped_cannot_be_shipped_again(warehouse):
    taken = warehouse.instructed()
    warehouse.ship(taken["id"])
    assert warehouse.ship(taken["id"]).json()["code"] == "over_shipped"
    again = warehouse.ship(taken["id"], lines=[{"line_reference": "L2", "quantity": 1}])
    assert again.json()["code"] == "over_shipped"


def test_hands_in_many_threads_ship_each_piece_once(warehouse):
    body = instruction()
    body["lines"][0]["quantity"] = 5
    taken = warehouse.instruct(body).json()
    address = f"{warehouse.standin.url}/sandbox/instructions/{taken['id']}/ship"

    def ship_one(_: int) -> int:
        one = {"lines": [{"line_reference": "L1", "quantity": 1}]}
        return requests.post(address, json=one, timeout=20).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(ship_one, range(12)))
    assert sorted(statuses) == [201] * 5 + [409] * 7
    shipped = warehouse.get(f"/v1/instructions/{taken['id']}").json()
    assert [line["shipped"] for line in shipped["lines"]] == [5, 0]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"lines": [{"line_reference": "L9", "quantity": 1}]}, 422, "unknown_line"),
        ({"lines": [{"line_reference": "L1", "quantity": 0}]}, 422, "invalid"),
        ({"lines": []}, 422, "invalid"),
        ({"carrier": "鳩"}, 422, "unknown_carrier"),
        ({"speed": "fast"}, 422, "invalid"),
    ],
)
def test_a_ship_request_that_makes_no_sense_is_refused(warehouse, body, status, code):
    answer = warehouse.ship(warehouse.instructed()["id"], **body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_tracking_number_belongs_to_one_shipment(warehouse):
    one, other = warehouse.instructed(), warehouse.instructed()
    assert warehouse.ship(one["id"], tracking_number="444455556666").status_code == 201
    assert warehouse.ship(other["id"], tracking_number="444455556666").json()["code"] == "tracking_number_used"


def test_a_made_up_tracking_number_has_the_carriers_check_digit(warehouse):
    number = warehouse.ship(warehouse.instructed()["id"]).json()["shipment"]["tracking_number"]
    assert len(number) == 12
    assert int(number[:11]) % 7 == int(number[11])


def test_the_demo_ships_by_itself_in_two_parts(tmp_path):
    standin = StandIn("warehouse", tmp_path / "ledger.sqlite3", "--auto-ship", "0.2")
    shop = Shop(standin)
    taken = shop.instructed()
    shipped = eventually(lambda: _when_shipped(shop, taken["id"]))
    quantities = [[line["quantity"] for line in shipment["lines"]] for shipment in shipped["shipments"]]
    assert quantities == [[2], [1]]
    standin.close()


def _when_shipped(shop, instruction_id):
    found = shop.get(f"/v1/instructions/{instruction_id}").json()
    return found if found["state"] == "shipped" else None
