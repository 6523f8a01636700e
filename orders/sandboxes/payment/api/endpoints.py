"""How a resource describes its endpoints to the dispatcher."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from orders.sandboxes.payment.ledger import Book
from orders.sandboxes.payment.options import Options
from orders.sandboxes.payment.parameters.checking import Accepted


@dataclass(frozen=True, kw_only=True)
class Call:
    """One checked request: typed parameters, the id from the address, an open transaction on the ledger."""

    book: Book
    house: Options
    params: dict[str, Any]
    identifier: str = ""
    from_browser: bool = False


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """``path`` holds ``{id}`` where the object's id stands; ``for_browsers`` lets the publishable key in."""

    method: str
    path: str
    accepted: Accepted
    handle: Callable[[Call], dict[str, Any]]
    for_browsers: bool = False

    def identifier_in(self, path: str) -> str | None:
        """Return the id in a matching address ('' where there is none to give), or None."""
        found = re.fullmatch(self.path.replace("{id}", "([A-Za-z0-9_]+)"), path)
        return None if found is None else "".join(found.groups())
