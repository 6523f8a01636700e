"""`make lint`: every check that reads the code without running the service; all of them, then one line for each.

On SQLite, beside a running demo or not; migrations are read as PostgreSQL would run them. A check that fails shows what
it said; the status is then not 0.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts import production  # noqa: E402 - the folder must be known first
from tests.postgres import database_url  # noqa: E402

BIN = Path(sys.executable).parent
MANAGE = [sys.executable, "manage.py"]
LINT_SETTINGS = "--settings=scripts.lint_settings"
APPS = ("accounts", "vod", "shop", "orders", "cms")
# The first migration of an app makes its tables; no running code can know them yet. Nor does it write the columns that
# are made unique by the second: what it writes leaves them empty.
PRODUCTION, SURVIVES = "production settings", "migrations that the running code survives"
KNOWN = ["--ignore-name", "0001_initial", "--ignore-name-contains", "refunds_are_unique"]
LINTER_OPTIONS = ["--no-cache", "--include-apps", *APPS, *KNOWN, "--quiet", "ok", "ignore"]


def main() -> int:
    checks: dict[str, list[str | Path]] = {
        "style (ruff)": [BIN / "ruff", "check", "."],
        "format (ruff)": [BIN / "ruff", "format", "--check", "."],
        "templates (djade)": [BIN / "djade", "--check", "--target-version", "5.2", *tracked("templates/*.html")],
        "Django's idioms (django-upgrade)": [
            BIN / "django-upgrade", "--check", "--target-version", "5.2", *tracked("*.py")
        ],
        "types (mypy)": [BIN / "mypy"],
        "layers (import-linter)": [BIN / "lint-imports", "--no-logo"],
        "no missing migration": [*MANAGE, "makemigrations", "--check", "--dry-run"],
        SURVIVES: [*MANAGE, "lintmigrations", LINT_SETTINGS, *LINTER_OPTIONS],
        "development settings": [*MANAGE, "check", "--fail-level", "WARNING"],
        PRODUCTION: [*MANAGE, "check", "--deploy", "--fail-level", "WARNING"],
        "message catalogue": [sys.executable, "scripts/messages.py", "check"],
    }  # fmt: skip
    with database_url() as url:
        own = {PRODUCTION: production.example(), SURVIVES: {"DATABASE_URL": url}}
        results = {name: passes(name, command, own.get(name, {})) for name, command in checks.items()}
    failed = [name for name, good in results.items() if not good]
    print(f"\n{len(results) - len(failed)} checks good, {len(failed)} bad: {', '.join(failed) or 'none'}")
    return 1 if failed else 0


def passes(name: str, command: list[str | Path], own: dict[str, str]) -> bool:
    """Run one check in an environment with `own` variables; say how it went."""
    began = time.monotonic()
    env = environment(own)
    done = subprocess.run(
        [str(part) for part in command], cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, check=False,
    )  # fmt: skip
    print(f"{'ok  ' if done.returncode == 0 else 'FAIL'} {time.monotonic() - began:5.1f} s  {name}", flush=True)
    if done.returncode:
        print(done.stdout, flush=True)
    return done.returncode == 0


def environment(own: dict[str, str]) -> dict[str, str]:
    """SQLite and no demo unless `own` says so, whatever the person's environment says."""
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return {**kept, "DJANGO_ENV": "development", "RUN_ENV_FILE": os.devnull, "PYTHONPATH": str(ROOT), **own}


def tracked(pattern: str) -> list[str]:
    """The files that belong to the repository, and those that are about to."""
    known = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", pattern],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [line for line in known.stdout.splitlines() if (ROOT / line).exists()]


if __name__ == "__main__":
    sys.exit(main())
