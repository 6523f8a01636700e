"""A back office in this process's memory: for tests of what surrounds it."""

from dataclasses import dataclass, field

from config.lib.http import refuse_inside_transaction
from orders.backoffices.base import Json


@dataclass
class MemoryBackOffice:
    records: dict[str, Json] = field(default_factory=dict)

    def upsert(self, record: Json, key: str) -> Json:
        refuse_inside_transaction("the back office in memory")
        self.records[record["placement_reference"]] = record
        return {"id": str(list(self.records).index(record["placement_reference"]) + 1)}
