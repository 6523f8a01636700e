"""Sweeps: small functions that look for work which no message announces any more.

An app registers its own at start-up; the sweeper in each worker calls those that are due. A sweep is idempotent, runs
in several processes at once, and takes the moment it is called at.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

Sweep = Callable[[datetime], object]


@dataclass(frozen=True, kw_only=True)
class Registered:
    """One sweep, and the seconds between two of its runs.

    A slow one calls others or works for long, and so in a thread apart.
    """

    name: str
    run: Sweep
    every_seconds: float
    is_slow: bool = False


_registered: dict[str, Registered] = {}


def register(name: str, run: Sweep, every_seconds: float, *, is_slow: bool = False) -> None:
    """Have `run(now)` called about every `every_seconds` in each worker; a second sweep of that name is refused."""
    known = _registered.get(name)
    if known and known.run is not run:
        raise ValueError(f"There are two sweeps named {name}: {known.run} and {run}")
    _registered[name] = Registered(name=name, run=run, every_seconds=every_seconds, is_slow=is_slow)


def sweeps() -> tuple[Registered, ...]:
    """All sweeps of this process, in the order of their names."""
    return tuple(_registered[name] for name in sorted(_registered))
