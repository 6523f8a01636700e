"""Which graphs were released: the shape of each pipeline in each version, kept in `orders/pipeline/released.json`.

A run ends by the version it began with, so the shape of a version that any run may have must not change under it.
"""

import json
from pathlib import Path
from typing import Any

from orders.pipeline.engine.graph import Pipeline, registered

FILE = Path(__file__).resolve().parent.parent / "released.json"


def name_of(pipeline: Pipeline) -> str:
    return f"{pipeline.name} {pipeline.version}"


def shapes(file: Path = FILE) -> dict[str, Any]:
    """The released shapes by name and version, as in `purchase 1`."""
    return dict(json.loads(file.read_text())) if file.exists() else {}


def unreleased(file: Path = FILE) -> list[Pipeline]:
    """Those of this code that no release knows."""
    known = shapes(file)
    return [one for one in registered() if name_of(one) not in known]


def changed(file: Path = FILE) -> list[Pipeline]:
    """Those whose shape is no longer the released one."""
    known = shapes(file)
    return [one for one in registered() if name_of(one) in known and known[name_of(one)] != _plain(one)]


def release(file: Path = FILE) -> list[Pipeline]:
    """Add what is new to the file; what stands in it stays as it is. Returns what was added."""
    new = unreleased(file)
    all_shapes = shapes(file) | {name_of(one): _plain(one) for one in new}
    file.write_text(json.dumps(all_shapes, indent=1, sort_keys=True) + "\n")
    return new


def _plain(pipeline: Pipeline) -> Any:
    """The shape as it comes back from the file."""
    return json.loads(json.dumps(pipeline.shape()))
