"""`make test`: the whole suite on SQLite, and what touches the database on PostgreSQL too, with a real Redis.

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
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts import install  # noqa: E402 - the folder must be known first
from scripts.environment import StackError  # noqa: E402
from scripts.redis import redis_url  # noqa: E402
from tests import postgres  # noqa: E402

REPORTS = ROOT / "var" / "test"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
AT_ONCE = 2
NO_TESTS = 5  # pytest's exit status when everything was deselected
HEAVY = "browser or media or stack or chaos"
# What looks at the repository, at drawings or at servers without a database of ours is the same on every database.
HOUSE = ("tests/architecture", "tests/house", "tests/sandboxes", "tests/cms/demo")
OPTIONAL = {
    "SAMPLE_MEDIA": "the film clips of SAMPLE_MEDIA (a folder of videos): tests use the clips they make themselves",
    "STRIPE_FIXTURES": "the comparison with Stripe's own answers (STRIPE_FIXTURES names their file)",
}

Counts = Counter[str]


@dataclass(frozen=True, kw_only=True)
class Leg:
    """One run of pytest: which tests, on which database, with what beside them."""

    name: str
    marked: str
    arguments: tuple[str, ...]
    env: dict[str, str]

    @property
    def report(self) -> Path:
        return REPORTS / f"{self.name}.xml"

    @property
    def output(self) -> Path:
        return REPORTS / f"{self.name}.log"


def main() -> int:
    options, rest = arguments()
    REPORTS.mkdir(parents=True, exist_ok=True)
    tell_what_is_missing()
    totals: Counts = Counter()
    broken = missing_browser()
    try:
        with redis_url() as redis, postgres_for(options.leg) as database:
            for leg, status in run(chosen(options, rest, redis=redis, database=database)):
                totals += counted(leg.report)
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


def chosen(options: argparse.Namespace, rest: list[str], *, redis: str, database: str) -> list[Leg]:
    """The legs, the longest first."""

    def leg(name: str, marker: str, database_url: str, *more: str) -> Leg:
        return Leg(
            name=name,
            marked=all_of(marker, options.marked, "" if has_browser() else "not browser"),
            arguments=(*more, *rest),
            env={"REDIS_URL": redis, "DATABASE_URL": database_url},
        )

    on_sqlite = [
        leg("sqlite", f"not ({HEAVY}) and not postgresql and not sandbox", ""),
        leg("browser", f"({HEAVY}) and not chaos and not postgresql", ""),
        leg("chaos", "chaos and not postgresql", ""),
        leg("sandboxes", f"sandbox and not ({HEAVY})", ""),
    ]
    on_postgresql = leg("postgresql", f"not ({HEAVY}) or postgresql", database, *(f"--ignore={name}" for name in HOUSE))
    if options.leg:
        return [on_postgresql] if options.leg == "postgresql" else on_sqlite
    return [on_sqlite[0], on_postgresql, *on_sqlite[1:]]


@contextmanager
def postgres_for(leg: str | None) -> Iterator[str]:
    if leg == "sqlite":
        yield ""
    else:
        with postgres.database_url() as url:
            yield url


def run(legs: list[Leg]) -> Iterator[tuple[Leg, int]]:
    """Two at a time, one on each core. The first one's words are shown as they come, another's when it has ended."""
    began = time.monotonic()

    def go_through(leg: Leg) -> int:
        return started(leg, shown=leg is legs[0]).wait()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        running = {pool.submit(go_through, leg): leg for leg in legs}
        for ended in as_completed(running):
            leg = running[ended]
            if leg is not legs[0]:
                print(leg.output.read_text(errors="replace"), flush=True)
            print(
                f"[{leg.name}] {sum(counted(leg.report).values())} tests, {time.monotonic() - began:.0f} s", flush=True
            )
            yield leg, ended.result()


def started(leg: Leg, *, shown: bool) -> "subprocess.Popen[bytes]":
    leg.report.unlink(missing_ok=True)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-rfEs",
        f"--junitxml={leg.report}",
        "-m",
        leg.marked,
        *leg.arguments,
    ]
    sink = None if shown else leg.output.open("wb")
    return subprocess.Popen(command, cwd=ROOT, env=environment(leg.env), stdout=sink, stderr=sink and subprocess.STDOUT)


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
