"""What a back office offers us: it keeps one record for each placement, found by the placement's reference."""

from typing import Any, Protocol

Json = dict[str, Any]


class BackOffice(Protocol):
    def upsert(self, record: Json, key: str) -> Json:
        """Write the record of `record["placement_reference"]`, new or again; the answer holds `id`."""
