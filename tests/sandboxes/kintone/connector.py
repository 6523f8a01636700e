"""What a connector says to kintone."""

import uuid
from typing import Any

import requests

from tests.sandboxes.standin import StandIn

TOKEN = {"X-Cybozu-API-Token": "kintone-token"}
PATH = "/k/v1/records.json"


def key() -> str:
    return f"placement-{uuid.uuid4()}"


def record(reference: str, **values: Any) -> dict[str, Any]:
    """One record of an upsert, named by its placement reference; `values` are its fields."""
    cells = {code: {"value": value} for code, value in values.items()}
    return {"updateKey": {"field": "placement_reference", "value": reference}, "record": cells}


class Connector:
    """The calls of a connector with its token, to a kintone that runs as a process."""

    def __init__(self, standin: StandIn) -> None:
        self.standin = standin

    def put(self, *records: dict[str, Any], **options: Any) -> requests.Response:
        body = {"app": 1, "upsert": True, "records": list(records)} | options
        return self.standin.put(PATH, json=body, headers=TOKEN)

    def get(self, query: str = "", **parameters: Any) -> requests.Response:
        return self.standin.get(PATH, params={"app": 1, "query": query} | parameters, headers=TOKEN)

    def found(self, reference: str) -> list[dict[str, Any]]:
        return self.get(f'placement_reference = "{reference}"').json()["records"]

    def counts(self, reference: str) -> dict[str, int]:
        return self.standin.book()["keys"].get(reference, {"INSERT": 0, "UPDATE": 0})


def errors_of(answer: requests.Response) -> dict[str, list[str]]:
    """The errors of a CB_VA01 answer, whose form is checked on the way."""
    body = answer.json()
    assert (answer.status_code, body["code"]) == (400, "CB_VA01")
    assert body["id"]
    assert body["message"] == "入力内容が正しくありません。"
    return {field: entry["messages"] for field, entry in body["errors"].items()}
