"""What the receivers hold: read from the sandboxes' own books, never from our tables."""

from dataclasses import dataclass
from typing import Any

import requests


@dataclass(frozen=True)
class Ledgers:
    """The addresses of the four receivers."""

    payment: str
    warehouse: str
    kintone: str
    mail: str

    def charges(self, order: str) -> int:
        book = self._read(self.payment)
        return book["orders"].get(order, {}).get("charges_succeeded", 0)

    def instructions(self, order: str) -> int:
        return sum(one["order_number"] == order for one in self._read(self.warehouse)["instructions"])

    def records(self, order: str) -> int:
        """Records of the order that came to be; writing one again is an update of it."""
        return sum(record["content"]["order_number"] == order for record in self._read(self.kintone)["records"])

    def mails(self, order: str, kind: str) -> int:
        """How often a mail of that kind about the order arrived, whatever its Message-ID."""
        arrivals = self._read(self.mail)["arrivals"]
        return sum(times for message_id, times in arrivals.items() if message_id.startswith(f"<{kind}.{order}"))

    def most_of_one_mail(self, order: str) -> int:
        """How often the mail about the order that arrived most often did, counted by its Message-ID."""
        arrivals = self._read(self.mail)["arrivals"]
        return max((times for message_id, times in arrivals.items() if f".{order}" in message_id), default=0)

    def _read(self, url: str) -> dict[str, Any]:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(f"{url}/sandbox/ledger.json", timeout=30)
            answer.raise_for_status()
            book: dict[str, Any] = answer.json()
            return book
