from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.sandboxes.kintone.connector import PATH, TOKEN, Connector, errors_of, key, record
from tests.sandboxes.standin import StandIn


def test_an_unknown_key_is_inserted_and_a_known_one_updated(kintone):
    reference = key()
    first = kintone.put(record(reference, order_number="H-1", status="未対応")).json()["records"]
    second = kintone.put(record(reference, status="完了")).json()["records"]
    assert first == [{"id": first[0]["id"], "revision": "1", "operation": "INSERT"}]
    assert second == [{"id": first[0]["id"], "revision": "2", "operation": "UPDATE"}]
    assert kintone.counts(reference) == {"INSERT": 1, "UPDATE": 1}
    (found,) = kintone.found(reference)
    assert found["status"] == {"type": "DROP_DOWN", "value": "完了"}
    assert found["order_number"]["value"] == "H-1"
    assert found["placement_reference"]["value"] == reference


def test_one_key_from_many_threads_at_once_makes_one_record(kintone):
    reference = key()
    body = {"app": 1, "upsert": True, "records": [record(reference, order_number="H-1")]}

    def send(_: int) -> str:
        answer = requests.put(f"{kintone.standin.url}{PATH}", json=body, headers=TOKEN, timeout=20)
        return answer.json()["records"][0]["operation"]

    with ThreadPoolExecutor(16) as pool:
        operations = list(pool.map(send, range(24)))
    assert sorted(operations) == ["INSERT"] + ["UPDATE"] * 23
    assert len(kintone.found(reference)) == 1
    assert kintone.counts(reference) == {"INSERT": 1, "UPDATE": 23}


def test_a_request_changes_all_of_its_records_or_none(kintone):
    good, bad = key(), key()
    answer = kintone.put(record(good, order_number="H-1"), record(bad, status="迷子"))
    assert errors_of(answer) == {"records[1].status.value": ['"迷子"は選択肢にありません。']}
    assert kintone.found(good) == []
    assert kintone.counts(good) == {"INSERT": 0, "UPDATE": 0}


def test_values_are_kept_in_kintones_form(kintone):
    reference = key()
    kintone.put(
        record(
            reference,
            placed_at="2026-05-09T21:34:56+09:00",
            total="1.5e3",
            lines="マグカップ × 2\nトートバッグ × 1",
            customer_name="𠮷田 花子",
        )
    )
    (found,) = kintone.found(reference)
    assert found["placed_at"] == {"type": "DATETIME", "value": "2026-05-09T12:34:00Z"}
    assert found["total"] == {"type": "NUMBER", "value": "1500"}
    assert found["lines"]["value"] == "マグカップ × 2\nトートバッグ × 1"
    assert found["customer_name"]["value"] == "𠮷田 花子"
    assert found["handler"] == {"type": "SINGLE_LINE_TEXT", "value": ""}


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("total", "千円"),
        ("total", "1,000"),
        ("total", True),
        ("total", ["1"]),
        ("placed_at", "2026-05-09"),
        ("placed_at", "2026-05-09T12:00:00"),
        ("placed_at", 20260509),
        ("status", "迷子"),
        ("status", 1),
        ("order_number", 7),
        ("order_number", "a\nb"),
        ("lines", {"value": "x"}),
    ],
)
def test_a_value_of_the_wrong_type_is_refused(kintone, code, value):
    reference = key()
    assert list(errors_of(kintone.put(record(reference, **{code: value})))) == [f"records[0].{code}.value"]
    assert kintone.found(reference) == []


def test_an_unknown_field_is_refused(kintone):
    assert list(errors_of(kintone.put(record(key(), ordernumber="H-1")))) == ["records[0].ordernumber"]


def test_a_cell_without_a_value_is_refused(kintone):
    bare = {"updateKey": {"field": "placement_reference", "value": key()}, "record": {"total": "100"}}
    assert list(errors_of(kintone.put(bare))) == ["records[0].total"]


@pytest.mark.parametrize(
    ("update_key", "place"),
    [
        ({"field": "order_number", "value": "H-1"}, "records[0].updateKey.field"),
        ({"field": "nothing", "value": "x"}, "records[0].updateKey.field"),
        ({"field": "placement_reference", "value": ""}, "records[0].updateKey.value"),
        ({"field": "placement_reference", "value": "x" * 65}, "records[0].updateKey.value"),
        ({"field": "placement_reference"}, "records[0].updateKey"),
        ("placement_reference", "records[0].updateKey"),
    ],
)
def test_an_update_key_must_name_a_unique_field_and_a_value(kintone, update_key, place):
    assert list(errors_of(kintone.put({"updateKey": update_key, "record": {}}))) == [place]


def test_a_record_is_named_by_key_or_by_id_but_not_by_both(kintone):
    assert list(errors_of(kintone.put(record(key()) | {"id": 1}))) == ["records[0]"]
    assert list(errors_of(kintone.put({"record": {}}))) == ["records[0]"]


def test_a_hundred_records_fit_in_a_request_and_not_one_more(kintone):
    assert len(kintone.put(*[record(key()) for _ in range(100)]).json()["records"]) == 100
    answer = kintone.put(*[record(key()) for _ in range(101)])
    assert errors_of(answer) == {"records": ["一度に100件までのレコードを更新できます。"]}


def test_without_upsert_a_missing_record_is_not_made(kintone):
    reference = key()
    answer = kintone.put(record(reference), upsert=False)
    assert (answer.status_code, answer.json()["code"]) == (404, "GAIA_RE01")
    assert kintone.found(reference) == []


def test_a_stale_revision_changes_nothing(kintone):
    reference = key()
    kintone.put(record(reference, status="未対応"))
    assert kintone.put(record(reference, status="対応中") | {"revision": 1}).status_code == 200
    answer = kintone.put(record(reference, status="完了") | {"revision": "1"})
    assert (answer.status_code, answer.json()["code"]) == (409, "GAIA_CO02")
    assert kintone.found(reference)[0]["status"]["value"] == "対応中"


def test_a_key_that_another_record_holds_cannot_be_taken(kintone):
    mine, other = key(), key()
    kintone.put(record(mine), record(other))
    answer = kintone.put(record(mine, placement_reference=other))
    assert errors_of(answer) == {"records[0].placement_reference.value": ["値がほかのレコードと重複しています。"]}


def test_a_key_can_be_changed_and_the_old_one_is_free_again(kintone):
    old, new = key(), key()
    kintone.put(record(old))
    kintone.put(record(old, placement_reference=new))
    assert kintone.found(old) == []
    assert len(kintone.found(new)) == 1
    assert kintone.put(record(old)).json()["records"][0]["operation"] == "INSERT"


def test_a_token_is_needed_and_must_be_the_apps(kintone):
    body = {"app": 1, "upsert": True, "records": []}
    for headers, status, code in (
        ({}, 401, "CB_AU01"),
        ({"X-Cybozu-API-Token": "wrong"}, 400, "GAIA_IA02"),
    ):
        answer = kintone.standin.put(PATH, json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    several = {"X-Cybozu-API-Token": "another-app, kintone-token"}
    assert kintone.standin.put(PATH, json=body, headers=several).json() == {"records": []}


def test_another_apps_number_does_not_go_with_this_token(kintone):
    answer = kintone.put(record(key()), app=2)
    assert (answer.status_code, answer.json()["code"]) == (403, "GAIA_AP15")
    assert errors_of(kintone.put(app=None)) == {"app": ["必須です。"]}


@pytest.mark.parametrize(
    ("change", "place"),
    [({"records": None}, "records"), ({"upsert": "true"}, "upsert"), ({"colour": "red"}, "colour")],
)
def test_a_request_of_the_wrong_form_is_refused(kintone, change, place):
    assert list(errors_of(kintone.put(**change))) == [place]


def test_what_is_no_json_is_refused_in_kintones_form(kintone):
    for body in (b"{", b"[]"):
        answer = kintone.standin.put(PATH, data=body, headers=TOKEN | {"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (400, "CB_IJ01")


def test_a_killed_kintone_still_knows_its_records(tmp_path):
    standin = StandIn("kintone", tmp_path / "ledger.sqlite3")
    kintone, reference = Connector(standin), key()
    made = kintone.put(record(reference, status="未対応")).json()["records"][0]
    standin.kill()
    standin.start()
    again = kintone.put(record(reference, status="完了")).json()["records"][0]
    assert again == {"id": made["id"], "revision": "2", "operation": "UPDATE"}
    assert kintone.counts(reference) == {"INSERT": 1, "UPDATE": 1}
    standin.close()
