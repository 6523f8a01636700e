"""`make lock`: compile the locks from `pyproject.toml`, with hashes.

One lock serves Python 3.11 to 3.13: the resolution is universal and made for the oldest. Versions that are locked stay
unless pyproject.toml forbids them; `make lock ARGS=--upgrade` takes the newest.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts import install  # noqa: E402 - the folder must be known first

COMMON = ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url", "--quiet"]
LOCKS = {
    "requirements.txt": ["pyproject.toml"],
    "requirements-dev.txt": ["pyproject.toml", "--group", "dev", "-c", "requirements.txt"],
    "bench/requirements.txt": ["--group", "bench"],
}


def main() -> int:
    uv = install.uv_path()
    if uv is None:
        install.say("uv could not be installed, and only uv compiles a lock for several Pythons at once.")
        return 1
    env = {**os.environ, "UV_CUSTOM_COMPILE_COMMAND": "make lock"}
    for lock, extra in LOCKS.items():
        command = [str(uv), "pip", "compile", *COMMON, *extra, "-o", lock, *sys.argv[1:]]
        if subprocess.run(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, check=False).returncode:
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
