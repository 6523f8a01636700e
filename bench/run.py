"""`make bench`: run every benchmark, print one table, keep each result in `var/bench/NAME.json`.

A benchmark is a module of this folder that prints one JSON object as its last line. Names on the command line choose
some. Figures hold for one machine and one moment: compare within a run.
"""

import json
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "var" / "bench"

Figures = dict[str, Any]


def main() -> int:
    chosen = sys.argv[1:] or names()
    if unknown := set(chosen) - set(names()):
        print(f"There is no benchmark {', '.join(sorted(unknown))}; choose from {', '.join(names())}.", file=sys.stderr)
        return 2
    results = {name: measured(name) for name in chosen}
    print(table({name: figures for name, figures in results.items() if figures is not None}))
    return 0 if all(figures is not None for figures in results.values()) else 1


def names() -> list[str]:
    return sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem not in ("run", "__init__"))


def measured(name: str) -> Figures | None:
    """Run one benchmark in a process of its own and keep its figures; None, and its words, when it fails."""
    began = time.monotonic()
    command = [sys.executable, "-m", f"bench.{name}"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    figures = parsed(done.stdout)
    if done.returncode or figures is None:
        print(f"{name} failed with status {done.returncode}: {done.stdout[-2000:]}", file=sys.stderr)
        return None
    RESULTS.mkdir(parents=True, exist_ok=True)
    kept = {
        "name": name,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "seconds": round(time.monotonic() - began, 1),
        "figures": figures,
    }
    (RESULTS / f"{name}.json").write_text(json.dumps(kept, ensure_ascii=False, indent=2) + "\n")
    return figures


def parsed(output: str) -> Figures | None:
    """The JSON object of the last line that is not empty, if it is one."""
    lines = [line for line in output.splitlines() if line.strip()]
    try:
        figures = json.loads(lines[-1]) if lines else None
    except ValueError:
        return None
    return figures if isinstance(figures, dict) else None


def table(results: dict[str, Figures]) -> str:
    """Benchmark, figure and value in three columns."""
    rows = [(name, key, shown(value)) for name, figures in results.items() for key, value in figures.items()]
    if not rows:
        return "Nothing was measured."
    first, second = (max(len(row[column]) for row in rows) for column in (0, 1))
    return "\n".join(f"{name:<{first}}  {key:<{second}}  {value}" for name, key, value in rows)


def shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.3f}".rstrip("0").rstrip(".")
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


if __name__ == "__main__":
    sys.exit(main())
