"""Folders for half-done work, on a disk of this machine; one that its process left behind is removed by a sweep."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from config.lib import leases

_OWNER = "owner"
_NAMELESS_FOR_S = 60  # so long a folder may be without its owner's name before it counts as left behind


@contextmanager
def work_folder(name: str) -> Iterator[Path]:
    """A fresh folder under `VAR_DIR/work`, gone with all that is in it at the end, however it ends."""
    folder = _root() / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        (folder / _OWNER).write_text(leases.this_process())
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_left_behind() -> int:
    """Remove the folders whose process on this host is gone; returns how many there were."""
    left = [folder for folder in _root().glob("*") if folder.is_dir() and _is_left_behind(folder)]
    for folder in left:
        shutil.rmtree(folder, ignore_errors=True)
    return len(left)


def _is_left_behind(folder: Path) -> bool:
    try:
        owner = (folder / _OWNER).read_text()
    except FileNotFoundError:
        owner = ""
    return not leases.is_alive(owner) if owner else _age_s(folder) > _NAMELESS_FOR_S


def _age_s(folder: Path) -> float:
    try:
        return time.time() - folder.stat().st_mtime
    except FileNotFoundError:  # its process has just removed it
        return 0.0


def _root() -> Path:
    return Path(settings.VAR_DIR) / "work"
