"""What a shop says to the warehouse."""

import uuid
from typing import Any

import requests

from tests.sandboxes.standin import StandIn

KEY = {"Authorization": "Bearer warehouse-key"}


def instruction(**changes: Any) -> dict[str, Any]:
    """A right instruction of two mugs and a tote bag, under a reference of its own."""
    ship_to = {
        "name": "青木 アリス",
        "name_kana": "アオキ アリス",
        "postal_code": "100-0001",
        "prefecture": "東京都",
        "city": "千代田区",
        "line1": "千代田1-1",
        "line2": "みなとマンション302",
        "phone": "03-1234-5678",
    }
    lines = [
        {"line_reference": "L1", "sku": "MUG-WHITE", "name": "マグカップ 白", "quantity": 2},
        {"line_reference": "L2", "sku": "TOTE-NAVY", "name": "トートバッグ 紺", "quantity": 1},
    ]
    body = {"reference": f"ref-{uuid.uuid4()}", "order_number": "H-1", "ship_to": ship_to, "temperature": "ambient"}
    return body | {"lines": lines, "note": "置き配希望"} | changes


class Shop:
    """The calls of a shop with its key, to a warehouse that runs as a process."""

    def __init__(self, standin: StandIn) -> None:
        self.standin = standin

    def instruct(self, body: Any = None, **options: Any) -> requests.Response:
        return self.standin.post("/v1/instructions", json=body or instruction(), headers=KEY, **options)

    def instructed(self) -> dict[str, Any]:
        answer = self.instruct()
        assert answer.status_code == 201
        return answer.json()

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.standin.get(path, headers=KEY, **options)

    def cancel(self, instruction_id: str) -> requests.Response:
        return self.standin.post(f"/v1/instructions/{instruction_id}/cancel", headers=KEY)

    def ship(self, instruction_id: str, **body: Any) -> requests.Response:
        return self.standin.post(f"/sandbox/instructions/{instruction_id}/ship", json=body)

    def received(self, reference: str) -> dict[str, Any]:
        return self.standin.book()["received"].get(reference, {"times": 0, "outcomes": {}})
