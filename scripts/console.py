"""What of the processes' words a person at the terminal sees: warnings and failures; everything is in their logs."""

import re

_LEVEL = re.compile(r"\b(DEBUG|INFO|NOTICE|WARNING|ERROR|CRITICAL|FATAL)\b")
_LEVEL_WITHIN = 80  # characters: a level further on is part of a message
_LOUD = {"WARNING", "ERROR", "CRITICAL", "FATAL"}
# Redis marks a warning by `#`, and these too, which tell of its start and end; the last is about copies it never makes.
_REDIS_WARNING = re.compile(r"^\d+:\w .{20,30} # ")
_REDIS_LIFE = re.compile(r"oO0O|Redis version|Configuration loaded|Server initialized|shutdown|bye|overcommit_memory")


class Sieve:
    """Lets pass what must be seen. A line without a level belongs to the record above it, as a traceback's do."""

    def __init__(self, *, everything: bool = False) -> None:
        self.everything = everything
        self._loud: dict[str, bool] = {}

    def passes(self, name: str, line: str) -> bool:
        """Whether this line of this process is shown; asked for every line, in order."""
        if self.everything:
            return True
        if name == "redis":
            return bool(_REDIS_WARNING.match(line)) and not _REDIS_LIFE.search(line)
        if found := _LEVEL.search(line[:_LEVEL_WITHIN]):
            self._loud[name] = found.group() in _LOUD
        elif line.startswith("Traceback (most recent call last)"):
            self._loud[name] = True
        return bool(line.strip()) and self._loud.get(name, False)
