import json

import pytest
import requests

from tests.sandboxes.kintone.connector import Connector, errors_of, key, record
from tests.sandboxes.standin import StandIn


def test_a_locked_database_is_answered_as_kintone_does(kintone):
    reference = key()
    kintone.standin.fault("GAIA_DA02")
    answer = kintone.put(record(reference))
    assert (answer.status_code, answer.json()["code"]) == (400, "GAIA_DA02")
    assert answer.json()["id"]
    assert kintone.put(record(reference)).json()["records"][0]["operation"] == "INSERT"


def test_a_dropped_connection_hides_that_the_record_was_made(kintone):
    reference = key()
    kintone.standin.fault("drop")
    with pytest.raises(requests.ConnectionError):
        kintone.put(record(reference))
    assert kintone.counts(reference) == {"INSERT": 1, "UPDATE": 0}


@pytest.mark.parametrize(("kind", "status"), [("500", 500), ("429", 429)])
def test_a_refusal_at_the_door_leaves_nothing(kintone, kind, status):
    reference = key()
    kintone.standin.fault(kind)
    assert kintone.put(record(reference)).status_code == status
    assert kintone.found(reference) == []


def test_the_page_shows_each_record_with_its_counts(kintone):
    reference = key()
    kintone.put(record(reference, customer_name="<b>青木</b>", total=123456, lines="マグ × 2"))
    kintone.put(record(reference, status="完了"))
    page = kintone.standin.get("/", params={"q": reference}).text
    assert "INSERT 1" in page
    assert "UPDATE 1" in page
    assert "123,456" in page
    assert "&lt;b&gt;青木&lt;/b&gt;" in page
    assert "発注管理" in page


def test_another_app_is_described_by_a_file(tmp_path):
    definition = tmp_path / "app.json"
    fields = {"code": {"type": "NUMBER", "label": "番号", "unique": True, "required": True}}
    definition.write_text(json.dumps({"app": 7, "name": "在庫", "fields": fields}))
    standin = StandIn("kintone", tmp_path / "ledger.sqlite3", "--app", str(definition), "--token", "mine")
    kintone = Connector(standin)
    body = {"app": 7, "upsert": True, "records": [{"updateKey": {"field": "code", "value": "7.0"}, "record": {}}]}
    answers = [
        standin.put("/k/v1/records.json", json=body, headers={"X-Cybozu-API-Token": "mine"}).json() for _ in range(2)
    ]
    assert [answer["records"][0]["operation"] for answer in answers] == ["INSERT", "UPDATE"]
    assert kintone.counts("7") == {"INSERT": 1, "UPDATE": 1}
    standin.close()


@pytest.mark.parametrize(
    "text",
    [
        "no json",
        "[]",
        '{"app": 1}',
        '{"app": 1, "name": "x", "fields": {"a": {"type": "SUBTABLE", "label": "a"}}}',
        '{"app": 1, "name": "x", "fields": {"a": {"type": "DATETIME", "label": "a", "unique": true}}}',
        '{"app": 1, "name": "x", "fields": {"a": {"type": "NUMBER", "label": "a", "colour": "red"}}}',
    ],
)
def test_a_definition_that_cannot_be_used_is_one_sentence(tmp_path, text):
    definition = tmp_path / "app.json"
    definition.write_text(text)
    with pytest.raises(AssertionError, match=r"kintone_sandbox: .*no app definition"):
        StandIn("kintone", tmp_path / "ledger.sqlite3", "--app", str(definition))


def test_a_required_field_must_be_there(tmp_path):
    definition = tmp_path / "app.json"
    fields = {
        "code": {"type": "SINGLE_LINE_TEXT", "label": "番号", "unique": True},
        "name": {"type": "SINGLE_LINE_TEXT", "label": "名前", "required": True},
    }
    definition.write_text(json.dumps({"app": 1, "name": "在庫", "fields": fields}))
    standin = StandIn("kintone", tmp_path / "ledger.sqlite3", "--app", str(definition))
    by_code = {"updateKey": {"field": "code", "value": "A"}, "record": {}}
    assert errors_of(Connector(standin).put(by_code)) == {"records[0].name.value": ["必須です。"]}
    standin.close()
