"""What the purchase relies on, held by every warehouse system and every back office."""

import uuid

import pytest
import requests

from orders import backoffices, warehouses
from orders.backoffices import BACKOFFICES
from orders.pipeline.engine.errors import Refused, Transient
from orders.warehouses import SYSTEMS
from orders.warehouses.base import AlreadySent, BadSignature


@pytest.fixture(params=sorted(SYSTEMS))
def warehouse(request, settings, fresh_ports, sandboxes):
    settings.WAREHOUSE_SYSTEM = request.param
    if request.param == "http":
        settings.WAREHOUSE_API_URL = sandboxes("warehouse").url
    return warehouses.warehouse_system()


def instruction(**changes) -> dict:
    ship_to = {
        "name": "髙橋 𠮷乃",
        "name_kana": "タカハシ ヨシノ",
        "postal_code": "0600042",
        "prefecture": "北海道",
        "city": "札幌市中央区大通西",
        "line1": "1-2-3",
        "line2": "",
        "phone": "0112345678",
    }
    line = {"line_reference": str(uuid.uuid4()), "sku": "GM-MUG", "name": "マグ", "quantity": 2}
    made = {"reference": str(uuid.uuid4()), "order_number": "HAAA-BBB-CCC", "ship_to": ship_to}
    return {**made, "temperature": "ambient", "lines": [line], **changes}


def ship(warehouse, settings, given: dict, instruction_id: str, quantity: int) -> None:
    line = given["lines"][0]["line_reference"]
    if hasattr(warehouse, "ship"):
        warehouse.ship(given["reference"], {line: quantity})
        return
    url = f"{settings.WAREHOUSE_API_URL}/sandbox/instructions/{instruction_id}/ship"
    body = {"lines": [{"line_reference": line, "quantity": quantity}]}
    requests.post(url, json=body, timeout=10).raise_for_status()


def test_an_instruction_sent_twice_is_one(warehouse):
    given = instruction()
    first, second = warehouse.instruct(given, "k"), warehouse.instruct(given, "k")
    assert first["id"] == second["id"]


def test_an_instruction_can_be_found_by_our_reference(warehouse):
    given = instruction()
    assert warehouse.look_up(given, "k") is None
    made = warehouse.instruct(given, "k")
    assert warehouse.look_up(given, "k")["id"] == made["id"]


def test_another_instruction_under_a_known_reference_is_no_second_parcel(warehouse):
    given = instruction()
    made = warehouse.instruct(given, "k")
    with pytest.raises((Refused, Transient)):
        warehouse.instruct({**given, "order_number": "HZZZ-ZZZ-ZZZ"}, "k")
    assert warehouse.look_up(given, "k")["id"] == made["id"]


def test_parts_are_reported_as_they_leave(warehouse, settings):
    given = instruction()
    made = warehouse.instruct(given, "k")
    assert warehouse.shipments(given["reference"]) == []
    for number in (1, 2):
        ship(warehouse, settings, given, made["id"], 1)
        parcels = warehouse.shipments(given["reference"])
        assert len(parcels) == number
    assert len({parcel.external_id for parcel in parcels}) == 2
    assert all(parcel.lines[0].quantity == 1 and parcel.tracking_number for parcel in parcels)


def test_an_instruction_of_which_nothing_has_left_is_stopped_and_stays_so(warehouse):
    given = instruction()
    made = warehouse.instruct(given, "k")
    asked = {"reference": given["reference"], "id": made["id"]}
    assert warehouse.cancel(asked, "c") == warehouse.cancel(asked, "c") == {"id": made["id"], "state": "cancelled"}
    assert warehouse.look_up(given, "k")["state"] == "cancelled"


def test_what_has_left_is_not_stopped_any_more_and_the_warehouse_says_so(warehouse, settings):
    given = instruction()
    made = warehouse.instruct(given, "k")
    ship(warehouse, settings, given, made["id"], 1)
    with pytest.raises(AlreadySent):
        warehouse.cancel({"reference": given["reference"], "id": made["id"]}, "c")
    assert len(warehouse.shipments(given["reference"])) == 1


def test_an_instruction_that_the_warehouse_does_not_know_is_not_stopped(warehouse):
    with pytest.raises(Refused) as refused:
        warehouse.cancel({"reference": str(uuid.uuid4()), "id": "ins-1"}, "c")
    assert not isinstance(refused.value, AlreadySent)


def test_a_report_that_is_not_signed_is_not_read(warehouse):
    with pytest.raises(BadSignature):
        warehouse.read_report(b'{"id": "evt_1"}', "t=1,v1=00")


@pytest.fixture(params=sorted(BACKOFFICES))
def backoffice(request, settings, fresh_ports, sandboxes):
    settings.BACKOFFICE = request.param
    if request.param == "kintone":
        settings.KINTONE_URL = sandboxes("kintone").url
    return backoffices.backoffice()


def record(**changes) -> dict:
    made = {
        "placement_reference": str(uuid.uuid4()),
        "order_number": "HAAA-BBB-CCC",
        "handler": "物販部",
        "placed_at": "2026-11-24T09:00:00Z",
        "customer_name": "髙橋 𠮷乃",
        "lines": "GM-MUG マグ × 2",
        "total": "3960",
        "ship_to_prefecture": "北海道",
        "status": "未対応",
    }
    return made | changes


def test_a_record_written_twice_is_one(backoffice):
    given = record()
    assert backoffice.upsert(given, "k")["id"] == backoffice.upsert(given, "k")["id"]
    assert backoffice.upsert(record(), "k")["id"] != backoffice.upsert(given, "k")["id"]


def test_a_field_the_back_office_does_not_know_is_refused(settings, fresh_ports, sandboxes):
    settings.BACKOFFICE, settings.KINTONE_URL = "kintone", sandboxes("kintone").url
    with pytest.raises(Refused):
        backoffices.backoffice().upsert(record(colour="blue"), "k")
