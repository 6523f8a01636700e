"""Look at the machine's processes, as somebody outside the code under test would."""

import os
import time
from collections.abc import Callable
from pathlib import Path


def at_work_in(folder: Path) -> list[str]:
    """Return the processes whose working folder lies in a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if Path(os.readlink(process / "cwd")).is_relative_to(folder):
                found.append(process.name)
        except OSError:
            continue  # It ended between the two looks.
    return found


def within(seconds: float, is_so: Callable[[], bool]) -> bool:
    """Wait until something is so, at most for some seconds; return whether it came to be."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
