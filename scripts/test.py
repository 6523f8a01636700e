"""`make test`: the whole suite on SQLite, then what touches the database on PostgreSQL, with a real Redis.

Ends with one line over all legs, `N passed, N failed, N skipped`, and with a status other than 0 after any failure.
Arguments go to pytest. `PROOF=full` in the environment makes every proof run at its full size (`make proof`).
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts import install  # noqa: E402 - the folder must be known first
from scripts.environment import StackError  # noqa: E402
from scripts.redis import redis_url  # noqa: E402
from tests import postgres  # noqa: E402

REPORTS = ROOT / "var" / "test"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
NO_TESTS = 5  # pytest's exit status when everything was deselected
# What looks at the repository, at files or at whole processes is the same on every database.
ON_POSTGRESQL = "not (browser or media or stack or chaos) or postgresql"
HOUSE = ("tests/architecture", "tests/house", "tests/sandboxes")
OPTIONAL = {
    "SAMPLE_MEDIA": "the film clips of SAMPLE_MEDIA (a folder of videos): tests use the clips they make themselves",
    "STRIPE_FIXTURES": "the comparison with Stripe's own answers (STRIPE_FIXTURES names their file)",
}

Counts = Counter[str]


def main() -> int:
    options, rest = arguments()
    legs = {"sqlite": on_sqlite, "postgresql": on_postgresql}
    chosen = [legs[options.leg]] if options.leg else list(legs.values())
    totals: Counts = Counter()
    broken = missing_browser()
    tell_what_is_missing()
    try:
        with redis_url() as redis:
            for leg in chosen:
                counts, status = leg(redis, options.marked, rest)
                totals += counts
                broken |= status not in (0, NO_TESTS)
    except (StackError, postgres.NoPostgres) as refusal:
        install.say(str(refusal))
        broken = True
    failed = totals["failed"] or int(broken)
    print(f"\n{totals['passed']} passed, {failed} failed, {totals['skipped']} skipped")
    return 1 if failed or not totals["passed"] else 0


def arguments() -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(description="Run the tests; other arguments go to pytest.")
    parser.add_argument("--leg", choices=["sqlite", "postgresql"], help="one database alone")
    parser.add_argument("-m", dest="marked", default="", help="only tests with these markers")
    return parser.parse_known_args()


def on_sqlite(redis: str, marked: str, rest: list[str]) -> tuple[Counts, int]:
    return pytest("sqlite", all_of("not postgresql", browser_marker(), marked), rest, REDIS_URL=redis, DATABASE_URL="")


def on_postgresql(redis: str, marked: str, rest: list[str]) -> tuple[Counts, int]:
    ignored = [f"--ignore={folder}" for folder in HOUSE]
    with postgres.database_url() as url:
        return pytest("postgresql", all_of(ON_POSTGRESQL, marked), [*ignored, *rest], REDIS_URL=redis, DATABASE_URL=url)


def pytest(leg: str, marked: str, rest: list[str], **env: str) -> tuple[Counts, int]:
    """Run pytest once and count by its own report. Returns the counts and pytest's exit status."""
    report = REPORTS / f"{leg}.xml"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    began = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-q", "-rfEs", f"--junitxml={report}", "-m", marked, *rest]
    status = subprocess.run(command, cwd=ROOT, env=environment(env), check=False).returncode
    counts = counted(report)
    print(f"[{leg}] {sum(counts.values())} tests in {time.monotonic() - began:.0f} s", flush=True)
    return counts, status


def environment(leg: dict[str, str]) -> dict[str, str]:
    """The tests' world: nothing of a demo that may be running beside them, and no database of the person's own."""
    own = {"DJANGO_ENV": "development", "RUN_ENV_FILE": os.devnull, "PYTHONPATH": str(ROOT)}
    merged = {**os.environ, **own, **leg}
    return {name: value for name, value in merged.items() if value or name not in leg}


def counted(report: Path) -> Counts:
    """passed, failed and skipped out of a JUnit report; a leg that wrote none has failed once."""
    if not report.exists():
        return Counter(failed=1)
    counts: Counts = Counter()
    for case in ET.parse(report).iter("testcase"):
        outcomes = {child.tag for child in case}
        bad = outcomes & {"failure", "error"}
        counts["failed" if bad else "skipped" if "skipped" in outcomes else "passed"] += 1
    return counts


def all_of(*markers: str) -> str:
    return " and ".join(f"({marker})" for marker in markers if marker)


def browser_marker() -> str:
    return "" if has_browser() else "not browser"


def has_browser() -> bool:
    return any(map(shutil.which, BROWSERS))


def missing_browser() -> bool:
    """On a build machine a missing browser is a failure, since nobody reads what was left out there."""
    return os.environ.get("CI") == "true" and not has_browser()


def tell_what_is_missing() -> None:
    for line in left_out():
        print(f"Left out: {line}.")


def left_out() -> Iterator[str]:
    if not has_browser():
        yield f"all stories in a browser (none of {', '.join(BROWSERS)} is installed)"
    for name, meaning in OPTIONAL.items():
        if not Path(os.environ.get(name) or ROOT / "-").exists():
            yield meaning


if __name__ == "__main__":
    sys.exit(main())
