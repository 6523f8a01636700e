"""One stack a folder: a lock that the kernel lets go of when its holder ends, however it ends."""

import fcntl
from pathlib import Path
from typing import IO


class Locked(Exception):
    """The folder's stack runs already; `holder` is what it wrote about itself."""

    def __init__(self, holder: str) -> None:
        super().__init__(holder)
        self.holder = holder


def take(path: Path, *, says: str) -> IO[str]:
    """Hold the lock until the returned file is closed, and write into it who holds it. Raises Locked."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.seek(0)
        holder = file.read().strip()
        file.close()
        raise Locked(holder) from error
    file.truncate(0)
    file.write(says)
    file.flush()
    return file
