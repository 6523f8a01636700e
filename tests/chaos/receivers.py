"""Receivers with books of their own: a file for each case, to which every process appends.

They share nothing with the engine and nothing with our tables. What each offers is what its technique relies on: one
knows our key, one our reference, one can be asked, one offers nothing.
"""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Book:
    """Lines of JSON, only ever added to; one process at a time."""

    path: Path

    @contextmanager
    def opened(self) -> Iterator[list[Json]]:
        """The lines so far; those added to the list are appended in the end."""
        with self.path.open("a+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            lines = [json.loads(line) for line in file]
            known = len(lines)
            yield lines
            file.write("".join(json.dumps(line) + "\n" for line in lines[known:]))

    def lines(self, receiver: str = "") -> list[Json]:
        with self.opened() as lines:
            return [line for line in lines if receiver in ("", line["receiver"])]


class Receivers:
    """The four kinds. A request names the folder's book, the case, and the receiver: it stands for their address."""

    def by_key(self, request: Json, key: str) -> Json:
        """Gives its first answer again for the same key."""
        return self._once(request, "key", key)

    def by_reference(self, request: Json, key: str) -> Json:
        """Keeps our reference unique, whatever the key."""
        return self._once(request, "reference", request["reference"])

    def blindly(self, request: Json, key: str) -> Json:
        """Does it as often as it is told to."""
        with Book(Path(request["book"])).opened() as lines:
            return self._add(lines, request, key=key)

    def ask(self, request: Json, key: str) -> Json | None:
        """What it did under our reference, if anything."""
        found = [
            line for line in Book(Path(request["book"])).lines(request["to"]) if line["of"] == request["reference"]
        ]
        return {"id": found[0]["id"]} if found else None

    def _once(self, request: Json, by: str, value: str) -> Json:
        with Book(Path(request["book"])).opened() as lines:
            known = [line for line in lines if line["receiver"] == request["to"] and line.get(by) == value]
            return {"id": known[0]["id"]} if known else self._add(lines, request, **{by: value})

    def _add(self, lines: list[Json], request: Json, **known_by: str) -> Json:
        number = f"{request['to']}-{len(lines) + 1}"
        lines.append({"receiver": request["to"], "of": request["reference"], "id": number, **known_by})
        return {"id": number}


RECEIVERS = Receivers()
CALLS = tuple((Receivers, name, name) for name in ("by_key", "by_reference", "blindly", "ask"))
